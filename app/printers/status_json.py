"""``PrinterStatus`` to JSON bytes and back: the form on the hub and in the snapshot table."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from app.printers.status import (
    AmsTray,
    AmsUnit,
    ConnectionState,
    Fans,
    Health,
    HmsError,
    HmsSeverity,
    HmsStatus,
    Job,
    NozzleTemperature,
    PrinterState,
    PrinterStatus,
    SpeedLevel,
    Temperatures,
)


def encode(status: PrinterStatus) -> bytes:
    """The status as JSON; times are RFC 3339 in UTC with ``Z``."""
    return orjson.dumps(status, option=orjson.OPT_UTC_Z)


def decode(data: bytes | str) -> PrinterStatus:
    """The status that ``encode`` wrote.

    Raises ValueError, KeyError or TypeError for bytes it did not write.
    """
    raw = orjson.loads(data)
    if not isinstance(raw, dict):
        raise ValueError("A printer's status is a JSON object.")
    return from_mapping(raw)


def from_mapping(raw: Mapping[str, Any]) -> PrinterStatus:
    """The status from its parsed JSON; keys it does not know are left out."""
    known = {key: value for key, value in raw.items() if key in _PLAIN}
    speed = raw.get("speed_level")
    return PrinterStatus(
        state=PrinterState(raw["state"]),
        connection=ConnectionState(raw["connection"]),
        reported_at=_time(raw.get("reported_at")),
        temperatures=_temperatures(raw["temperatures"]),
        fans=Fans(**raw["fans"]),
        speed_level=SpeedLevel(speed) if speed else None,
        health=_health(raw["health"]),
        ams=tuple(_unit(unit) for unit in raw["ams"]),
        external_spools=tuple(AmsTray(**tray) for tray in raw["external_spools"]),
        job=_job(raw.get("job")),
        **known,
    )


_PLAIN = frozenset(
    {
        "connection_detail",
        "seq",
        "progress",
        "remaining_time",
        "current_layer",
        "total_layers",
        "stage",
        "chamber_light",
        "door_open",
        "firmware_version",
        "wifi_signal",
    }
)


def _time(raw: str | None) -> datetime | None:
    return datetime.fromisoformat(raw) if raw else None


def _temperatures(raw: Mapping[str, Any]) -> Temperatures:
    nozzles = tuple(NozzleTemperature(**nozzle) for nozzle in raw["nozzles"])
    return Temperatures(**{**raw, "nozzles": nozzles})


def _health(raw: Mapping[str, Any]) -> Health:
    errors = tuple(
        HmsError(**{**error, "severity": HmsSeverity(error["severity"])}) for error in raw["errors"]
    )
    return Health(HmsStatus(raw["status"]), errors)


def _unit(raw: Mapping[str, Any]) -> AmsUnit:
    return AmsUnit(**{**raw, "trays": tuple(AmsTray(**tray) for tray in raw["trays"])})


def _job(raw: Mapping[str, Any] | None) -> Job | None:
    if raw is None:
        return None
    return Job(**{**raw, "started_at": _time(raw.get("started_at"))})
