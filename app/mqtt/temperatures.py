"""Temperatures of nozzles, bed and chamber, each from where the printer's firmware puts them."""

from collections.abc import Mapping

from app.mqtt.values import integer, mapping, number, objects, packed
from app.printers.catalogue import PrinterModel
from app.printers.status import NozzleTemperature, Temperatures


def temperatures(raw: Mapping[str, object], model: PrinterModel) -> Temperatures:
    """All temperatures in °C, to a tenth: printers report noise below that."""
    device = mapping(raw.get("device"))
    nozzles = _nozzles(raw, device)
    active = next((nozzle for nozzle in nozzles if nozzle.is_active), None)
    bed = packed(mapping(mapping(device.get("bed")).get("info")).get("temp"))
    bed = bed or packed(device.get("bed_temp"))
    chamber, chamber_target = _chamber(raw, device, model)
    return Temperatures(
        nozzle=active.current if active else None,
        nozzle_target=active.target if active else None,
        bed=bed[0] if bed else _tenth(raw.get("bed_temper")),
        bed_target=bed[1] if bed else _tenth(raw.get("bed_target_temper")),
        chamber=chamber,
        chamber_target=chamber_target,
        nozzles=nozzles,
    )


def _tenth(value: object) -> float | None:
    parsed = number(value)
    return round(parsed, 1) if parsed is not None and -50 <= parsed <= 500 else None


def _nozzles(
    raw: Mapping[str, object], device: Mapping[str, object]
) -> tuple[NozzleTemperature, ...]:
    """One entry per nozzle, id 0 the right or only one.

    Where the extruder block is, the plain fields are not read: on machines with two nozzles they
    mirror either of them. The active one is in bits 4-7 of the block's state.
    """
    extruder = mapping(device.get("extruder"))
    state = integer(extruder.get("state"))
    active = state >> 4 & 0xF if state is not None else 0
    diameters = {
        integer(nozzle.get("id")): number(nozzle.get("diameter"))
        for nozzle in objects(mapping(device.get("nozzle")).get("info"))
    }
    found = []
    for info in objects(extruder.get("info")):
        index, temperature = integer(info.get("id")), packed(info.get("temp"))
        if index is None or not 0 <= index <= 15 or temperature is None:
            continue
        nozzle = integer(info.get("hnow"))
        diameter = diameters.get(nozzle if nozzle is not None else index) or diameters.get(index)
        found.append(NozzleTemperature(index, *temperature, index == active, diameter))
    if found:
        return tuple(sorted(found, key=lambda nozzle: nozzle.index))
    current = _tenth(raw.get("nozzle_temper"))
    if current is None:
        return ()
    diameter = number(raw.get("nozzle_diameter"))
    return (NozzleTemperature(0, current, _tenth(raw.get("nozzle_target_temper")), True, diameter),)


def _chamber(
    raw: Mapping[str, object], device: Mapping[str, object], model: PrinterModel
) -> tuple[float | None, float | None]:
    """Chamber and its target. Printers without a sensor report a constant 5, which is nothing."""
    for source in (
        mapping(mapping(device.get("ctc")).get("info")).get("temp"),
        mapping(raw.get("info")).get("temp"),
        device.get("cham_temp"),
    ):
        both = packed(source)
        if both is not None and model.chamber_sensor:
            return both[0], both[1] if model.chamber_heater else None
    if not model.chamber_sensor:
        return None, None
    target = _tenth(raw.get("ctt")) if model.chamber_heater else None
    return _tenth(raw.get("chamber_temper")), target
