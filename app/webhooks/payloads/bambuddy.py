"""The six events of the Bambuddy API: prints that begin, go on and end, printers in trouble."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from app.archives.models import Archive
from app.archives.runs import open_run
from app.database import WriteSession
from app.events import (
    PrinterDisconnected,
    PrinterErrorRaised,
    PrinterEvent,
    PrintEvent,
    PrintFailed,
    PrintFinished,
    PrintProgressed,
    PrintStarted,
    PrintStopped,
)
from app.printers.models import Printer
from app.webhooks.models import Dialect
from app.webhooks.payloads.table import Data, EventRow, Happening, fresh, moment


def envelope(told: Happening) -> Data:
    """The body of a message."""
    return {"event": told.event, "timestamp": moment(told.at), "data": told.data}


async def _print(session: WriteSession, event: PrintEvent) -> Data | None:
    archive = await fresh(session, Archive, event.archive_id)
    if archive is None:
        return None
    found = await _about(session, event.printer_id, archive, event.occurred_at)
    return {**found, "status": archive.status.value, "progress": archive.progress}


async def _progress(session: WriteSession, event: PrintProgressed) -> Data | None:
    found = await _print(session, event)
    return None if found is None else {**found, "progress": event.percent}


async def _unfinished(session: WriteSession, event: PrintFailed | PrintStopped) -> Data | None:
    found = await _print(session, event)
    return None if found is None else {**found, "reason": event.reason}


async def _offline(session: WriteSession, event: PrinterDisconnected) -> Data:
    found = await _of_printer(session, event)
    return {**found, "status": "offline", "reason": event.reason}


async def _error(session: WriteSession, event: PrinterErrorRaised) -> Data:
    found = await _of_printer(session, event)
    error = {"code": event.code, "severity": event.severity, "message": event.message}
    return {**found, "status": "error", "error": error}


async def _of_printer(session: WriteSession, event: PrinterEvent) -> Data:
    """A printer, with the print that is on it."""
    run = await open_run(session, event.printer_id)
    archive = None
    if run is not None and run.archive_id is not None:
        archive = await fresh(session, Archive, run.archive_id)
    return await _about(session, event.printer_id, archive, event.occurred_at)


async def _about(
    session: WriteSession, printer_id: int | None, archive: Archive | None, at: datetime
) -> Data:
    printer = None if printer_id is None else await fresh(session, Printer, printer_id)
    return {
        "printer_id": printer_id,
        "printer_name": None if printer is None else printer.name,
        "archive_id": None if archive is None else archive.id,
        "filename": None if archive is None else archive.filename,
        "duration": None if archive is None else _seconds(archive, at),
    }


def _seconds(archive: Archive, at: datetime) -> int | None:
    """How long a print took, or has been running."""
    if archive.duration is not None or archive.started_at is None:
        return archive.duration
    return max(0, round((at - archive.started_at).total_seconds()))


_Row = partial(EventRow, dialect=Dialect.BAMBUDDY)
ROWS: tuple[EventRow, ...] = (
    _Row(kind=PrintStarted, name="print_started", data=_print),
    _Row(kind=PrintProgressed, name="print_progress", data=_progress),
    _Row(kind=PrintFinished, name="print_complete", data=_print),
    _Row(kind=PrintFailed, name="print_failed", data=_unfinished),
    _Row(kind=PrintStopped, name="print_failed", data=_unfinished),
    _Row(kind=PrinterDisconnected, name="printer_offline", data=_offline),
    _Row(kind=PrinterErrorRaised, name="printer_error", data=_error),
)
