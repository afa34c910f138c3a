"""How a printer answers requests: an echo with a result, then the change in its reports."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from app.simulator.project_file import VERIFY_FAILED, VERIFY_HMS, gcode_file, project_file

if TYPE_CHECKING:
    from app.simulator.printer import SimPrinter

Request = dict[str, Any]


def answer(printer: SimPrinter, request: Request) -> None:
    """Answer one request; what is unknown is ignored, as printers do."""
    for kind, body in request.items():
        if not isinstance(body, dict):
            continue
        command = str(body.get("command", ""))
        query = _QUERIES.get((kind, command))
        if query is not None:
            query(printer, body)
            continue
        act = _ACTS.get((kind, command))
        if act is None:
            continue
        if not printer.renderer.developer_mode:
            _refuse(printer, kind, body)
            continue
        result = act(printer, body)
        if result is not None:
            printer.send({kind: body | result})
        printer.report()


def _refuse(printer: SimPrinter, kind: str, body: Request) -> None:
    """Developer Mode is off: the command is not signed, so it is refused."""
    if VERIFY_HMS not in printer.machine.hms:
        printer.machine.hms.append(VERIFY_HMS)
    if body.get("command") == "project_file":
        printer.send({kind: body | {"err_code": VERIFY_FAILED}})
    else:
        printer.send(
            {
                kind: body
                | {
                    "result": "failed",
                    "reason": "mqtt message verify failed",
                    "err_code": VERIFY_FAILED,
                }
            }
        )
    printer.report()


_OK: Request = {"result": "success", "reason": ""}


def _failed(reason: str) -> Request:
    return {"result": "fail", "reason": reason}


def _push_all(printer: SimPrinter, _body: Request) -> None:
    printer.push_all()


def _version(printer: SimPrinter, body: Request) -> None:
    printer.send({"info": body | {"module": printer.renderer.version()}})


def _pause(printer: SimPrinter, _body: Request) -> Request:
    if printer.machine.state not in ("RUNNING", "PREPARE"):
        return _failed("not printing")
    printer.machine.pause()
    return _OK


def _resume(printer: SimPrinter, _body: Request) -> Request:
    if printer.machine.state != "PAUSE":
        return _failed("not paused")
    printer.machine.resume()
    return _OK


def _stop(printer: SimPrinter, _body: Request) -> Request:
    if not printer.machine.active and printer.machine.waiting is None:
        return _failed("not printing")
    printer.machine.cancel()
    return _OK


def _speed(printer: SimPrinter, body: Request) -> Request:
    level = str(body.get("param"))
    if level not in ("1", "2", "3", "4"):
        return _failed("bad level")
    printer.machine.speed = int(level)
    return _OK


def _light(printer: SimPrinter, body: Request) -> Request:
    if body.get("led_node") != "chamber_light":
        return _failed("unknown led node")
    printer.machine.light = body.get("led_mode") == "on"
    return _OK


def _clean_error(printer: SimPrinter, _body: Request) -> Request:
    printer.machine.error = 0
    return _OK


def _skip(printer: SimPrinter, body: Request) -> Request:
    objects = body.get("obj_list")
    if isinstance(objects, list):
        printer.machine.skipped = [item for item in objects if isinstance(item, int)]
    return _OK


def _filament(printer: SimPrinter, body: Request) -> Request:
    tray = body.get("tray_id")
    if not isinstance(tray, int) or not 0 <= tray < len(printer.machine.slots):
        return _failed("no such tray")
    slot = printer.machine.slots[tray]
    slot.material = str(body.get("tray_type") or slot.material)
    slot.color = str(body.get("tray_color") or slot.color)[:6]
    return _OK


def _accept(_printer: SimPrinter, _body: Request) -> Request:
    return _OK


_QUERIES: dict[tuple[str, str], Callable[[SimPrinter, Request], None]] = {
    ("pushing", "pushall"): _push_all,
    ("pushing", "start"): _push_all,
    ("info", "get_version"): _version,
}
# What an act returns is added to the echo; `None`: there is no reply.
_ACTS: dict[tuple[str, str], Callable[[SimPrinter, Request], Request | None]] = {
    ("print", "pause"): _pause,
    ("print", "resume"): _resume,
    ("print", "stop"): _stop,
    ("print", "print_speed"): _speed,
    ("print", "project_file"): project_file,
    ("print", "gcode_file"): gcode_file,
    ("print", "clean_print_error"): _clean_error,
    ("print", "skip_objects"): _skip,
    ("print", "ams_filament_setting"): _filament,
    ("print", "ams_change_filament"): _accept,
    ("print", "gcode_line"): _accept,
    ("system", "ledctrl"): _light,
}
