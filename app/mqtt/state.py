"""The merged state of one printer: full reports replace it, deltas are folded in.

Objects merge recursively, scalars and most lists are replaced whole, a few lists merge by the
``id`` of their members. AMS units and trays merge by id because real printers send parts of the
list; what is gone is told by the existence bitmaps. An unchanged report costs this merge and no
more: ``apply`` answers which parts changed.
"""

from collections.abc import Iterable
from typing import Any

from app.mqtt.values import hex_bits, integer

FULL_KEYS = 30
# Bounds against printers that invent keys without end.
_MAX_MEMBERS = 32
_MAX_KEYS = 512

_BY_ID = "by id"
_BY_INDEX = "by index"
_Rules = dict[str, Any]
_RULES: _Rules = {
    "vir_slot": _BY_ID,
    "device": {
        "extruder": {"info": _BY_ID},
        "nozzle": {"info": _BY_ID},
        "airduct": {"parts": _BY_ID},
    },
    "net": {"info": _BY_INDEX},
}
_NO_RULES: _Rules = {}
# These differ in every message and mean nothing.
_NOISE = frozenset({"sequence_id", "t_utc", "command", "msg", "mc_print_line_number"})
_BARE = frozenset({"id", "state"})
_MISSING = object()


class PrinterMemory:
    """What a printer has told so far.

    ``raw`` is the merged report. ``has_full`` is true once a full report came since the last
    ``begin_epoch``: only then can the absence of something be believed.
    """

    __slots__ = ("_bare_trays", "has_base", "has_full", "raw")

    def __init__(self) -> None:
        self.raw: dict[str, Any] = {}
        self.has_base = False
        self.has_full = False
        self._bare_trays: set[int] = set()  # by their bit

    def begin_epoch(self) -> None:
        """A new connection: what is known stays until the first full report."""
        self.has_full = False

    def apply(self, body: dict[str, Any], claim: int | None) -> set[str]:
        """Fold a report in and say what changed.

        Changed parts are named by their top-level key, within ``device`` as ``device.extruder``
        and so on. The body belongs to this object afterwards.
        """
        complete = len(body) >= FULL_KEYS and "gcode_state" in body
        if claim != 1 and complete:
            changed = self._replace(body)
            self.has_base = self.has_full = True
        else:
            changed = self._fold(body)
            # A printer that calls a short report full is believed, but nothing is forgotten.
            if claim == 0 and "gcode_state" in body:
                self.has_base = self.has_full = True
        return changed

    def _replace(self, body: dict[str, Any]) -> set[str]:
        before = self.raw.get
        changed = {key for key, value in body.items() if before(key, _MISSING) != value}
        changed |= self.raw.keys() - body.keys()
        changed -= _NOISE
        if "device" in changed:
            changed |= _changed_parts(before("device"), body.get("device"))
        self.raw = body
        if "ams" in changed:
            self._bare_trays.clear()
            ams = body.get("ams")
            if type(ams) is dict:
                self._note_trays(ams)
                self._clear_trays(ams)
        return changed

    def _fold(self, body: dict[str, Any]) -> set[str]:
        raw = self.raw
        changed = set()
        for key, value in body.items():
            before = raw.get(key, _MISSING)
            if type(value) is dict and type(before) is dict:
                if key == "ams":
                    if self._merge_ams(before, value):
                        changed.add(key)
                elif key == "device":
                    changed |= _merge_device(before, value)
                elif _merge(before, value, _RULES.get(key, _NO_RULES)):
                    changed.add(key)
            elif before != value and _put(raw, key, before, value, _RULES) and key not in _NOISE:
                changed.add(key)
                if key == "device":
                    changed |= _changed_parts(before, value)
        return changed

    def _merge_ams(self, ams: dict[str, Any], delta: dict[str, Any]) -> bool:
        units = delta.pop("ams", None)
        bits_before = hex_bits(ams.get("ams_exist_bits"))
        changed = _merge(ams, delta, _NO_RULES)
        if type(units) is list:
            self._note_trays({"ams": units})
            known = ams.get("ams")
            if type(known) is not list:
                known = ams["ams"] = []
                changed = True
            for unit in _members(units):
                changed |= _merge_member(known, unit, {"tray": _BY_ID})
        bits_now = hex_bits(ams.get("ams_exist_bits"))
        if bits_before is not None and bits_now is not None and bits_before != bits_now:
            changed |= _drop_units(ams, bits_before & ~bits_now)
        return self._clear_trays(ams) or changed

    def _note_trays(self, ams: dict[str, Any]) -> None:
        """Remember trays that were last sent without filament: they may have been emptied."""
        for bit, tray in _trays(ams):
            if tray.keys() <= _BARE:
                self._bare_trays.add(bit)
            else:
                self._bare_trays.discard(bit)

    def _clear_trays(self, ams: dict[str, Any]) -> bool:
        """Forget the filament of trays that were sent bare and do not exist by the bitmap.

        Tray and bitmap may come in either order, so both are remembered.
        """
        bits = hex_bits(ams.get("tray_exist_bits"))
        if bits is None or not self._bare_trays:
            return False
        changed = False
        for bit, tray in _trays(ams):
            if bit in self._bare_trays and not bits >> bit & 1:
                for key in tray.keys() - _BARE:
                    del tray[key]
                    changed = True
        return changed


def unit_bit(unit: int | None) -> int | None:
    """The bit of an AMS unit in ``ams_exist_bits``: 0-3, AMS HT 128-135, A2L's AMS lite 16."""
    if unit is None:
        return None
    if 0 <= unit <= 3:
        return unit
    if 128 <= unit <= 135:
        return 4 + unit - 128
    return 12 if unit == 16 else None


def tray_bit(unit: int | None, slot: int | None) -> int | None:
    """The bit of a tray in ``tray_exist_bits``."""
    if unit is None or slot is None or not 0 <= slot <= 3:
        return None
    if 0 <= unit <= 3:
        return unit * 4 + slot
    if 128 <= unit <= 135:
        return 16 + unit - 128
    return 24 + slot if unit == 16 else None


def _trays(ams: dict[str, Any]) -> Iterable[tuple[int, dict[str, Any]]]:
    """Every tray that has a bit of its own, with it."""
    for unit in _members(ams.get("ams")):
        for tray in _members(unit.get("tray")):
            bit = tray_bit(integer(unit["id"]), integer(tray["id"]))
            if bit is not None:
                yield bit, tray


def _merge_device(device: dict[str, Any], delta: dict[str, Any]) -> set[str]:
    rules = _RULES["device"]
    changed = set()
    for key, value in delta.items():
        before = device.get(key, _MISSING)
        if type(value) is dict and type(before) is dict:
            if _merge(before, value, rules.get(key, _NO_RULES)):
                changed.add(f"device.{key}")
        elif before != value:
            device[key] = value
            changed.add(f"device.{key}")
    if changed:
        changed.add("device")
    return changed


def _changed_parts(before: object, now: object) -> set[str]:
    old = before if type(before) is dict else {}
    new = now if type(now) is dict else {}
    return {f"device.{key}" for key in old.keys() | new.keys() if old.get(key) != new.get(key)}


def _merge(old: dict[str, Any], new: dict[str, Any], rules: _Rules) -> bool:
    changed = False
    for key, value in new.items():
        before = old.get(key, _MISSING)
        if type(value) is dict and type(before) is dict:
            changed |= _merge(before, value, rules.get(key, _NO_RULES))
        elif before != value:
            changed |= _put(old, key, before, value, rules)
    return changed


def _put(old: dict[str, Any], key: str, before: object, value: Any, rules: _Rules) -> bool:
    rule = rules.get(key)
    if type(value) is list and type(before) is list:
        if rule is _BY_ID:
            changed = False
            for member in _members(value):
                changed |= _merge_member(before, member, _NO_RULES)
            return changed
        if rule is _BY_INDEX and len(value) < len(before):
            value = value + before[len(value) :]
            if value == before:
                return False
    if before is _MISSING and len(old) >= _MAX_KEYS:
        return False
    old[key] = value
    return True


def _members(value: object) -> Iterable[dict[str, Any]]:
    if type(value) is not list:
        return ()
    return (item for item in value[:_MAX_MEMBERS] if type(item) is dict and "id" in item)


def _merge_member(members: list[Any], new: dict[str, Any], rules: _Rules) -> bool:
    name = str(new["id"])
    for member in members:
        if type(member) is dict and str(member.get("id")) == name:
            new["id"] = member["id"]
            return _merge(member, new, rules)
    if len(members) >= _MAX_MEMBERS:
        return False
    members.append(new)
    return True


def _drop_units(ams: dict[str, Any], gone: int) -> bool:
    """Forget units whose bit went from one to zero. A unit told before its bit is kept."""
    if not gone or type(ams.get("ams")) is not list:
        return False
    kept = []
    for unit in ams["ams"]:
        bit = unit_bit(integer(unit.get("id"))) if type(unit) is dict else None
        if bit is None or not gone >> bit & 1:
            kept.append(unit)
    changed = len(kept) != len(ams["ams"])
    ams["ams"] = kept
    return changed
