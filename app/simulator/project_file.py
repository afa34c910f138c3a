"""How a printer takes the order to print a file that lies on its card."""

from __future__ import annotations

import hashlib
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from app.simulator.jobs import EXTERNAL, Job
from app.simulator.machine import BUSY, NOT_READABLE, WRONG_MAPPING, Machine
from app.simulator.sliced import BadFile, read_gcode, read_plate
from app.simulator.threemf import Plate

if TYPE_CHECKING:
    from app.simulator.printer import SimPrinter

Request = dict[str, Any]
VERIFY_FAILED = 84033543  # 0502-4007
VERIFY_HMS = (0x05000500, 0x00010007)
INT32_MAX = 2_147_483_647
OK: Request = {"result": "success", "reason": "success"}
# What the card is called in addresses; the longest first.
_ROOTS = ("file:///mnt/sdcard/", "file:///sdcard/", "ftp:///", "ftp://")
_PLATE = re.compile(r"Metadata/plate_(\d{1,3})\.gcode")
# Units of the A2L's own AMS are numbered from here in a mapping.
_A2L_FIRST = 64


def project_file(printer: SimPrinter, body: Request) -> Request | None:
    """Start a plate of a 3MF. The reply comes at once; what is wrong with the file or the mapping
    shows while it prepares."""
    try:
        _admit(printer)
    except Refused as refused:
        return refused.reply
    if not isinstance(body.get("use_ams", True), bool):
        return _failed("use_ams is not a bool")
    found = _PLATE.fullmatch(str(body.get("param", "")))
    path = _path(str(body.get("url") or body.get("file") or ""))
    number = int(found[1]) if found else 1
    name = str(body.get("subtask_name") or PurePosixPath(path).stem)
    job = Job(name, file=path, plate=number)
    try:
        if found is None:
            raise BadFile("no plate is named")
        _plan(job, read_plate(_content(printer, path, body), number))
        _map(job, printer.machine, body)
    except BadFile:
        job.defect, job.prepare = NOT_READABLE, 2.0
    for field in ("task_id", "subtask_id", "project_id"):
        setattr(job, field, _clamped(body.get(field)))
    return _take(printer, job)


def gcode_file(printer: SimPrinter, body: Request) -> Request | None:
    """Start a plain g-code file from the card, without any mapping."""
    try:
        _admit(printer)
    except Refused as refused:
        return refused.reply
    path = _path(str(body.get("param", "")))
    job = Job(PurePosixPath(path).stem, file=path, slots=(EXTERNAL,))
    try:
        _plan(job, read_gcode(_content(printer, path, body)))
    except BadFile:
        job.defect, job.prepare = NOT_READABLE, 2.0
    return _take(printer, job)


class Refused(Exception):
    """The printer does not take the job; `reply` is added to the echo, `None`: it says nothing."""

    def __init__(self, reply: Request | None) -> None:
        super().__init__()
        self.reply = reply


def _admit(printer: SimPrinter) -> None:
    machine, quirks = printer.machine, printer.quirks
    if machine.active or machine.waiting is not None:
        kills = quirks.kills_when_busy
        if printer.profile.key == "a1mini" if kills is None else kills:
            machine.cancel()
    elif quirks.refuse_jobs is None:
        return
    elif quirks.refuse_jobs != "busy":
        if quirks.refuse_jobs != "bare_echo" and VERIFY_HMS not in machine.hms:
            machine.hms.append(VERIFY_HMS)
        raise Refused(_REFUSALS[quirks.refuse_jobs])
    machine.show_error(BUSY)
    raise Refused(_failed("device busy"))


def _failed(reason: str, result: str = "fail") -> Request:
    return {"result": result, "reason": reason}


_REFUSALS: dict[str, Request | None] = {
    "failed": _failed("mqtt message verify failed", "failed") | {"err_code": VERIFY_FAILED},
    "err_code": {"err_code": VERIFY_FAILED},
    "bare_echo": {},
    "hms_only": None,
}


def _take(printer: SimPrinter, job: Job) -> Request | None:
    quirks = printer.quirks
    printer.machine.accept(
        job,
        after=None if quirks.never_starts else quirks.start_delay_seconds,
        names_after=quirks.late_names_seconds,
    )
    return None if quirks.lose_acknowledgements else OK


def _path(url: str) -> str:
    """The absolute path on the card; an address with a blank in it means nothing."""
    if " " in url:
        return "/"
    for root in _ROOTS:
        if url.startswith(root):
            return "/" + url.removeprefix(root).lstrip("/")
    return "/" + url.removeprefix("/sdcard").lstrip("/")


def _content(printer: SimPrinter, path: str, body: Request) -> bytes:
    data = printer.files.get(path)
    if data is None or printer.quirks.storage_missing:
        raise BadFile("there is no such file")
    digest = str(body.get("md5") or "").lower()
    if digest and digest != hashlib.md5(data, usedforsecurity=False).hexdigest():
        raise BadFile("the file is not the one that was meant")
    return data


def _plan(job: Job, plate: Plate) -> None:
    job.seconds, job.layers, job.filaments = float(plate.seconds), plate.layers, plate.filaments
    job.prepare = min(job.prepare, job.seconds * 0.05)
    job.warm_up = min(job.warm_up, job.seconds * 0.1)


def _map(job: Job, machine: Machine, body: Request) -> None:
    """Which slot each filament comes from; one that leads nowhere ends the job early."""
    if body.get("use_ams") is False or not machine.slots:
        job.slots = (EXTERNAL,) * len(job.filaments)
        return
    given = body.get("ams_mapping")
    values = given if isinstance(given, list) else []
    places = [_place(machine, value) for value in values]
    places += [None] * (len(job.filaments) - len(places))
    job.slots = tuple(places[: len(job.filaments)])
    for filament, place in zip(job.filaments, job.slots, strict=True):
        if filament.grams > 0 and place is None:
            job.defect, job.prepare = WRONG_MAPPING, 2.0


def _place(machine: Machine, value: object) -> int | None:
    if not isinstance(value, int):
        return None
    if value in (EXTERNAL, 255):
        return EXTERNAL
    place = value - _A2L_FIRST if value >= _A2L_FIRST else value
    inside = 0 <= place < len(machine.slots) and machine.slots[place].present
    return place if inside else None


def _clamped(value: object) -> str:
    text = str(value or "0")
    return str(min(int(text), INT32_MAX)) if text.isdigit() else "0"
