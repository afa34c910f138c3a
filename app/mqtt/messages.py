"""Bytes from a printer's report topic to dataclasses. Nothing here ever raises.

A message is one JSON object with, normally, one key that names the subsystem. Only
``print.push_status`` is telemetry: everything else under ``print`` is the echo of a request and
holds fields that look like telemetry but are not (seen in reports of real printers).
"""

from collections.abc import Mapping
from typing import Any

import orjson

from app.mqtt.values import integer, number, objects, text
from app.records import record

MAX_BYTES = 1_048_576
# A full report of the largest printers has about 300 brackets; nesting is looked at beyond this.
_BRACKETS_TRUSTED = 500
_MAX_DEPTH = 64


@record
class Push:
    """Telemetry. ``body`` belongs to the receiver.

    ``claim`` is what the printer says of it: 0 a full report, 1 a delta, None nothing.
    """

    body: dict[str, Any]
    claim: int | None


@record
class Reply:
    """The echo of a request, ours or another client's: all clients share one report topic."""

    subsystem: str
    command: str
    sequence_id: str
    result: str | None
    reason: str
    error_code: int | None


@record
class Module:
    """One part of a printer with firmware of its own."""

    name: str
    serial: str
    firmware: str
    fields: Mapping[str, object]


@record
class Version:
    """The answer to ``get_version``. ``firmware`` is the printer's own, None if not told."""

    sequence_id: str
    modules: tuple[Module, ...]
    firmware: str | None


@record
class Other:
    """A well-formed message that says nothing about state, such as a motion controller's log."""

    subsystem: str


@record
class Unreadable:
    """A message that could not be understood, and why."""

    reason: str


Message = Push | Reply | Version | Other | Unreadable

# Some firmware sends these beside the subsystem instead of inside it.
_STRAYS = ("wifi_signal", "fun", "ams", "xcam")
_REPLYING = ("print", "system", "camera", "xcam", "upgrade", "pushing")


def parse(payload: bytes) -> Message:
    """The message in the payload."""
    if len(payload) > MAX_BYTES:
        return Unreadable("larger than 1 MiB")
    raw = _load(payload)
    if isinstance(raw, Unreadable):
        return raw
    if payload.count(b"[") + payload.count(b"{") > _BRACKETS_TRUSTED and _deep(raw):
        return Unreadable("nested too deeply")
    body = raw.get("print")
    if type(body) is dict and body.get("command") == "push_status":
        for key in _STRAYS:
            if key in raw:
                body.setdefault(key, raw[key])
        return _push(body)
    info = raw.get("info")
    if type(info) is dict and info.get("command") == "get_version":
        return _version(info)
    for subsystem in _REPLYING:
        body = raw.get(subsystem)
        if type(body) is dict and type(body.get("command")) is str:
            return _reply(subsystem, body)
    strays = {key: raw[key] for key in _STRAYS if key in raw}
    if strays:
        return _push(strays | {"msg": 1})
    return Other(text(next(iter(raw), "")))


def _load(payload: bytes) -> dict[str, Any] | Unreadable:
    try:
        raw = orjson.loads(payload)
    except orjson.JSONDecodeError:
        # Stray bytes inside strings and a trailing NUL are known from real firmware and slicers.
        repaired = payload.rstrip(b"\0").decode("utf-8", "replace")
        try:
            raw = orjson.loads(repaired)
        except orjson.JSONDecodeError:
            return Unreadable("not JSON")
    return raw if type(raw) is dict else Unreadable("not a JSON object")


def _deep(raw: object) -> bool:
    level = [raw]
    for _ in range(_MAX_DEPTH):
        level = [
            child
            for item in level
            for child in (
                item.values() if type(item) is dict else item if type(item) is list else ()
            )
            if type(child) in (dict, list)
        ]
        if not level:
            return False
    return True


def _push(body: dict[str, Any]) -> Push:
    claim = body.pop("msg", None)
    # A known field that has no value of its kind is left out and keeps the one before.
    kinds = _KINDS.get
    for key in [
        key
        for key, value in body.items()
        if (kind := kinds(key)) is not None and type(value) not in kind and not _fits(kind, value)
    ]:
        del body[key]
    return Push(body, integer(claim))


def _fits(kind: frozenset[type], value: object) -> bool:
    return kind is _NUMBER and number(value) is not None


_NUMBER: frozenset[type] = frozenset({int, float})  # also as text that is a number
_SCALAR: frozenset[type] = frozenset({int, float, str})
_TEXT: frozenset[type] = frozenset({str})
_OBJECT: frozenset[type] = frozenset({dict})
_LIST: frozenset[type] = frozenset({list})
_KINDS: Mapping[str, frozenset[type]] = {
    **dict.fromkeys(
        (
            "bed_temper",
            "bed_target_temper",
            "nozzle_temper",
            "nozzle_target_temper",
            "chamber_temper",
            "mc_percent",
            "mc_remaining_time",
            "layer_num",
            "total_layer_num",
            "stg_cur",
            "print_error",
            "spd_lvl",
            "cooling_fan_speed",
            "big_fan1_speed",
            "big_fan2_speed",
            "heatbreak_fan_speed",
            "home_flag",
        ),
        _NUMBER,
    ),
    **dict.fromkeys(("fail_reason", "task_id", "subtask_id", "wifi_signal"), _SCALAR),
    **dict.fromkeys(("gcode_state", "gcode_file", "subtask_name", "print_type"), _TEXT),
    **dict.fromkeys(("ams", "vt_tray", "device", "info", "online", "net"), _OBJECT),
    **dict.fromkeys(("hms", "vir_slot", "lights_report", "stg"), _LIST),
}


def _reply(subsystem: str, body: Mapping[str, Any]) -> Reply:
    result = body.get("result")
    return Reply(
        subsystem,
        text(body["command"]),
        text(_as_text(body.get("sequence_id"))),
        text(result).lower() if type(result) is str else None,
        text(body.get("reason")),
        integer(body.get("err_code")),
    )


def _version(info: Mapping[str, Any]) -> Version:
    modules = tuple(
        Module(
            text(module.get("name")),
            text(module.get("sn")),
            text(module.get("sw_ver")),
            module,
        )
        for module in objects(info.get("module"))[:64]
    )
    firmware = next((module.firmware for module in modules if module.name == "ota"), "")
    return Version(text(_as_text(info.get("sequence_id"))), modules, firmware or None)


def _as_text(value: object) -> object:
    return str(value) if type(value) is int else value
