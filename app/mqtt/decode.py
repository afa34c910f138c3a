"""The merged report of a printer to its ``PrinterStatus``; only what changed is read again."""

from collections.abc import Mapping, Set
from dataclasses import replace
from typing import Any

from app.mqtt.hms import health_of
from app.mqtt.job import ACTIVE, current_job
from app.mqtt.spools import active_tray, ams_units, external_spools
from app.mqtt.stages import stage_text
from app.mqtt.temperatures import temperatures
from app.mqtt.values import hex_bits, integer, mapping, number, objects, percent, text
from app.printers.catalogue import Family, PrinterModel
from app.printers.status import Fans, PrinterState, PrinterStatus, SpeedLevel

_STATES: Mapping[str, PrinterState] = {
    "IDLE": PrinterState.IDLE,
    "PREPARE": PrinterState.PREPARING,
    "SLICING": PrinterState.PREPARING,
    "RUNNING": PrinterState.PRINTING,
    "PAUSE": PrinterState.PAUSED,
    "FINISH": PrinterState.FINISHED,
    "FAILED": PrinterState.FAILED,
}
_SPEEDS: Mapping[int, SpeedLevel] = dict(enumerate(SpeedLevel, start=1))

_JOB_KEYS = frozenset(
    {
        "gcode_state",
        "gcode_file",
        "subtask_name",
        "subtask_id",
        "task_id",
        "plate_idx",
        "print_type",
        "mc_percent",
        "mc_remaining_time",
        "layer_num",
        "total_layer_num",
        "stg_cur",
        "percent",
        "remain_time",
    }
)
_TEMPERATURE_KEYS = frozenset(
    {
        "nozzle_temper",
        "nozzle_target_temper",
        "bed_temper",
        "bed_target_temper",
        "chamber_temper",
        "ctt",
        "info",
        "nozzle_diameter",
        "device.ctc",
        "device.cham_temp",
        "device.bed",
        "device.bed_temp",
        "device.extruder",
        "device.nozzle",
    }
)
_FAN_KEYS = frozenset(
    {"cooling_fan_speed", "big_fan1_speed", "big_fan2_speed", "heatbreak_fan_speed"}
    | {"fan_gear", "device.airduct"}
)
_SPOOL_KEYS = frozenset({"ams", "vir_slot", "vt_tray"})
_HEALTH_KEYS = frozenset({"hms", "print_error"})
_PLAIN_KEYS = frozenset({"spd_lvl", "lights_report", "home_flag", "stat", "wifi_signal"})
ALL_KEYS = _JOB_KEYS | _TEMPERATURE_KEYS | _FAN_KEYS | _SPOOL_KEYS | _HEALTH_KEYS | _PLAIN_KEYS


def decode(
    before: PrinterStatus, raw: Mapping[str, object], changed: Set[str], model: PrinterModel
) -> PrinterStatus:
    """The status after a report that changed these parts; ``before`` itself if nothing shows.

    Connection, ``seq`` and ``reported_at`` are left as they were.
    """
    news: dict[str, Any] = {}
    if changed & _JOB_KEYS:
        news |= _progress(raw)
    if changed & _TEMPERATURE_KEYS:
        news["temperatures"] = temperatures(raw, model)
    if changed & _FAN_KEYS:
        news["fans"] = _fans(raw)
    if changed & _SPOOL_KEYS or _feeds_from_elsewhere(before, raw, changed):
        news["ams"] = ams_units(raw, lite=model.family is Family.A1)
        news["external_spools"] = external_spools(raw)
    if changed & _HEALTH_KEYS:
        news["health"] = health_of(raw.get("hms"), raw.get("print_error"), model)
    if changed & _PLAIN_KEYS:
        news |= _plain(raw, model)
    for name, value in news.items():
        if getattr(before, name) != value:
            return replace(before, **news)
    return before


def _feeds_from_elsewhere(
    before: PrinterStatus, raw: Mapping[str, object], changed: Set[str]
) -> bool:
    """Whether the extruder, whose block changes with each degree, takes another spool."""
    if "device.extruder" not in changed:
        return False
    trays = [tray for unit in before.ams for tray in unit.trays if tray.is_active]
    trays += [tray for tray in before.external_spools if tray.is_active]
    shown = (trays[0].unit, trays[0].slot) if trays else None
    return shown != active_tray(raw)


def state_of(raw: Mapping[str, object]) -> PrinterState:
    """What the printer says it is doing; UNKNOWN for words nobody knows."""
    return _STATES.get(text(raw.get("gcode_state")).upper(), PrinterState.UNKNOWN)


def _progress(raw: Mapping[str, object]) -> dict[str, Any]:
    state = state_of(raw)
    if text(raw.get("gcode_state")).upper() not in ACTIVE:
        return {
            "state": state,
            "progress": None,
            "remaining_time": None,
            "current_layer": None,
            "total_layers": None,
            "stage": None,
            "job": None,
        }
    minutes = integer(raw.get("mc_remaining_time", raw.get("remain_time")))
    layer, total = integer(raw.get("layer_num")), integer(raw.get("total_layer_num"))
    done = percent(raw.get("mc_percent", raw.get("percent")))
    if state is PrinterState.PREPARING:
        done = layer = 0  # what the printer shows now is still the job before
    return {
        "state": state,
        "progress": done,
        "remaining_time": minutes * 60 if minutes is not None and minutes >= 0 else None,
        "current_layer": layer if layer is not None and layer >= 0 else None,
        "total_layers": total if total else None,
        "stage": stage_text(integer(raw.get("stg_cur")), text(raw.get("gcode_state")).upper()),
        "job": current_job(raw),
    }


def _fans(raw: Mapping[str, object]) -> Fans:
    """Fans in percent: steps of 15, replaced by the air duct's own percentages where it has them.

    The air duct's part numbers carry the kind of fan in their upper bits: 1 part, 2 auxiliary,
    3 chamber (seen in reports of H2 and P2S machines).
    """
    speeds = {
        "part": _steps(raw.get("cooling_fan_speed")),
        "auxiliary": _steps(raw.get("big_fan1_speed")),
        "chamber": _steps(raw.get("big_fan2_speed")),
        "heatbreak": _steps(raw.get("heatbreak_fan_speed")),
    }
    air = mapping(mapping(raw.get("device")).get("airduct"))
    for part in objects(air.get("parts")):
        number_, state = integer(part.get("id")), integer(part.get("state"))
        name = {1: "part", 2: "auxiliary", 3: "chamber"}.get(number_ >> 4) if number_ else None
        if name and state is not None:
            speeds[name] = min(state & 0xFF, 100)
    return Fans(**speeds)


def _steps(value: object) -> int | None:
    steps = number(value)
    return round(min(steps, 15) / 15 * 100) if steps is not None and steps >= 0 else None


def _plain(raw: Mapping[str, object], model: PrinterModel) -> dict[str, Any]:
    signal = text(raw.get("wifi_signal")).removesuffix("dBm") or raw.get("wifi_signal")
    dbm = integer(signal)
    return {
        "speed_level": _SPEEDS.get(integer(raw.get("spd_lvl")) or 0),
        "chamber_light": _light(raw),
        "door_open": _door(raw) if model.door_sensor else None,
        "wifi_signal": dbm if dbm is not None and -150 <= dbm < 0 else None,
    }


def _light(raw: Mapping[str, object]) -> bool | None:
    for light in objects(raw.get("lights_report")):
        if light.get("node") == "chamber_light":
            return text(light.get("mode")) in ("on", "flashing")
    return None


def _door(raw: Mapping[str, object]) -> bool | None:
    """Bit 23 of ``stat`` on newer firmware, of ``home_flag`` on older X1 firmware."""
    bits = hex_bits(raw.get("stat"))
    if bits is None:
        bits = integer(raw.get("home_flag"))
    return None if bits is None else bool(bits >> 23 & 1)
