"""AMS units, their trays and the external spool holders, from the merged report."""

from collections.abc import Mapping

from app.mqtt.state import tray_bit, unit_bit
from app.mqtt.values import hex_bits, integer, mapping, number, objects, percent, text
from app.printers.status import AmsTray, AmsUnit

_UNIT_KINDS = {1: "AMS", 2: "AMS lite", 3: "AMS 2 Pro", 4: "AMS HT", 5: "AMS lite"}
_NO_UNIT = 255
_EXTERNAL = {255: 0, 254: 1}


def ams_units(raw: Mapping[str, object], *, lite: bool) -> tuple[AmsUnit, ...]:
    """The AMS units that exist by the bitmap, in the order of their ids.

    ``lite`` tells that the printer's family has AMS lite units where a unit does not say its kind.
    """
    ams = mapping(raw.get("ams"))
    bits = hex_bits(ams.get("ams_exist_bits"))
    trays = hex_bits(ams.get("tray_exist_bits"))
    active = active_tray(raw)
    units = []
    for unit in objects(ams.get("ams")):
        unit_id = integer(unit.get("id"))
        bit = unit_bit(unit_id)
        if unit_id is None or bit is None or (bits is not None and not bits >> bit & 1):
            continue
        units.append(_unit(unit_id, unit, trays, active, lite=lite))
    return tuple(sorted(units, key=lambda unit: unit.id))


def _unit(
    unit_id: int,
    unit: Mapping[str, object],
    tray_bits: int | None,
    active: tuple[int | None, int] | None,
    *,
    lite: bool,
) -> AmsUnit:
    info = hex_bits(unit.get("info")) or 0
    default = "AMS HT" if unit_id >= 128 else "AMS lite" if lite or unit_id == 16 else "AMS"
    trays = {}
    for tray in objects(unit.get("tray")):
        slot = integer(tray.get("id"))
        if slot is not None and 0 <= slot <= 3:
            trays[slot] = _tray(unit_id, slot, tray, tray_bits, active)
    level, dry_time = integer(unit.get("humidity")), integer(unit.get("dry_time"))
    temperature = number(unit.get("temp"))
    return AmsUnit(
        id=unit_id,
        kind=_UNIT_KINDS.get(info & 0xF, default),
        humidity=percent(unit.get("humidity_raw")),
        humidity_level=level if level is not None and 1 <= level <= 5 else None,
        # Units without a thermometer report exactly zero.
        temperature=round(temperature, 1) if temperature else None,
        drying_time=dry_time * 60 if dry_time is not None and dry_time > 0 else None,
        trays=tuple(trays[slot] for slot in sorted(trays)),
    )


def _tray(
    unit: int,
    slot: int,
    tray: Mapping[str, object],
    bits: int | None,
    active: tuple[int | None, int] | None,
) -> AmsTray:
    bit = tray_bit(unit, slot)
    if bits is not None and bit is not None:
        present = bool(bits >> bit & 1)
    elif (state := integer(tray.get("state"))) is not None:
        present = bool(state & 1)
    else:
        present = bool(text(tray.get("tray_type")))
    if not present:
        return AmsTray(unit, slot)
    return _filament(unit, slot, tray, is_active=active == (unit, slot))


def _filament(
    unit: int | None, slot: int, tray: Mapping[str, object], *, is_active: bool
) -> AmsTray:
    uuid = _tag(tray.get("tray_uuid"))
    weight = integer(tray.get("tray_weight"))
    return AmsTray(
        unit=unit,
        slot=slot,
        present=True,
        material=text(tray.get("tray_type")) or None,
        sub_brand=text(tray.get("tray_sub_brands")) or None,
        preset=text(tray.get("tray_info_idx")) or None,
        color=_color(tray.get("tray_color")),
        # Without a tag the printer counts from an arbitrary 100 or 0 (seen on AMS lite).
        remaining=percent(tray.get("remain")) if uuid else None,
        tag_uid=_tag(tray.get("tag_uid")),
        tray_uuid=uuid,
        weight=weight if weight is not None and 0 < weight <= 100_000 else None,
        is_active=is_active,
    )


def _tag(value: object) -> str | None:
    """A tag's number; all zeros stand for no tag."""
    tag = text(value)
    return tag if tag.strip("0") else None


def _color(value: object) -> str | None:
    """``#RRGGBB`` from ``RRGGBBAA``; all zeros mean that no colour is set."""
    color = text(value).upper()
    if len(color) != 8 or hex_bits(color) in (None, 0):
        return None
    return f"#{color[:6]}"


def external_spools(raw: Mapping[str, object]) -> tuple[AmsTray, ...]:
    """The external spool holders; slot 0 feeds the right or only nozzle, slot 1 the left one.

    Newer firmware lists them in ``vir_slot``, which goes before the older ``vt_tray``.
    """
    active = active_tray(raw)
    holders = {}
    for slot in objects(raw.get("vir_slot")):
        place = _EXTERNAL.get(integer(slot.get("id")) or 0)
        if place is not None:
            holders[place] = slot
    if not holders and (single := mapping(raw.get("vt_tray"))):
        holders = {0: single}
    return tuple(_holder(place, holders[place], active) for place in sorted(holders))


def _holder(
    place: int, slot: Mapping[str, object], active: tuple[int | None, int] | None
) -> AmsTray:
    is_active = active == (None, place)
    if not text(slot.get("tray_type")) and not is_active:
        return AmsTray(None, place)
    return _filament(None, place, slot, is_active=is_active)


def active_tray(raw: Mapping[str, object]) -> tuple[int | None, int] | None:
    """Unit and slot that feed the active nozzle; unit None is an external spool.

    Machines with an extruder block tell it there; their ``tray_now`` counts within one unit and
    misleads (seen on H2D and P2S).
    """
    extruder = mapping(mapping(raw.get("device")).get("extruder"))
    state = integer(extruder.get("state"))
    if state is not None and objects(extruder.get("info")):
        current = state >> 4 & 0xF
        for info in objects(extruder["info"]):
            now = integer(info.get("snow"))
            if integer(info.get("id")) == current and now is not None:
                return _slot(now)
        return None
    now = integer(mapping(raw.get("ams")).get("tray_now"))
    if now is None or now == _NO_UNIT:
        return None
    if now == 254:
        return None, 0
    if now >= 128:
        return now, 0
    return divmod(now, 4) if 0 <= now < 16 else None


def _slot(now: int) -> tuple[int | None, int] | None:
    """``ams << 8 | slot``; 0xFF00 and 0xFE00 are external spools, slot 0xFF means none."""
    unit, slot = now >> 8 & 0xFF, now & 0xFF
    if slot == 0xFF:
        return None
    if unit in (0xFF, 0xFE):
        return None, 0xFF - unit
    return unit, slot
