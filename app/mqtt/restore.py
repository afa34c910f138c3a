"""What a process reads before it listens: stored statuses, and runs that were open."""

from collections.abc import Sequence
from dataclasses import replace

import structlog
from sqlalchemy import select

from app.database import EVERY_TEAM, Database
from app.mqtt.expected import Expected
from app.mqtt.notes import RunRecord
from app.mqtt.presence import RESTORED_WORDS
from app.mqtt.run import Run
from app.mqtt.starting import expected_of
from app.print_queue.models import Dispatch, DispatchStage
from app.printers import leases, told
from app.printers.live import LiveFarm
from app.printers.models import Printer, PrinterSnapshot, PrintRun
from app.printers.orders import ShownJob
from app.printers.status import ConnectionState, PrinterStatus
from app.printers.status_json import decode

log = structlog.get_logger(__name__)

_BATCH = 200


async def restore_statuses(
    database: Database, live: LiveFarm, printers: Sequence[int], *, process_id: str
) -> None:
    """Take in stored statuses where nothing newer is known, whoever holds the printers.

    That a printer is connected is believed of those that another process holds now.
    """
    for start in range(0, len(printers), _BATCH):
        batch = printers[start : start + _BATCH]
        async with database.read(EVERY_TEAM) as session:
            watched = await leases.held_elsewhere(session, process_id, batch)
            rows = await session.execute(
                select(PrinterSnapshot, Printer.team_id)
                .join(Printer, Printer.id == PrinterSnapshot.printer_id)
                .where(Printer.id.in_(batch))
            )
            for row, team_id in rows:
                status = _status_in(row)
                if row.printer_id not in watched and status.reported_at is not None:
                    status = replace(
                        status,
                        seq=status.seq + 1,
                        connection=ConnectionState.STALE,
                        connection_detail=RESTORED_WORDS,
                    )
                live.restore(team_id, row.printer_id, status)


async def restore_faults(database: Database, printer_id: int) -> frozenset[str]:
    """The codes of a printer's health messages that were told and are not over."""
    async with database.read(EVERY_TEAM) as session:
        return await told.open_faults(session, printer_id)


async def restore_run(database: Database, printer_id: int) -> tuple[Run, RunRecord] | None:
    """The open run of a printer, as it was last written down."""
    async with database.read(EVERY_TEAM) as session:
        row = await session.scalar(
            select(PrintRun).where(PrintRun.printer_id == printer_id, PrintRun.ended_at.is_(None))
        )
    if row is None:
        return None
    try:
        # The row knows what was told; the run may have seen more before it was cut off.
        run = replace(Run.decode(row.state), milestone=row.milestone)
        return run, RunRecord(row.id, row.archive_id)
    except (ValueError, KeyError, TypeError) as error:
        log.error("a stored run is unreadable", run=row.id, error=repr(error)[:300])
        return None


async def restore_expected(database: Database, printer_id: int) -> Expected | None:
    """The print that was ordered on a printer and has not begun, as far as anybody knows."""
    async with database.read(EVERY_TEAM) as session:
        row = await session.scalar(
            select(Dispatch).where(
                Dispatch.printer_id == printer_id,
                Dispatch.ended_at.is_(None),
                Dispatch.stage.in_({DispatchStage.COMMANDED, DispatchStage.ACCEPTED}),
            )
        )
    if row is None or row.commanded_at is None:
        return None
    before = ShownJob.from_dict(row.before)
    return expected_of(row.subtask_id, row.remote_path, before, row.commanded_at, row.loaded or ())


def _status_in(row: PrinterSnapshot) -> PrinterStatus:
    try:
        return decode(row.status)
    except (ValueError, KeyError, TypeError) as error:
        log.warning("a stored status is unreadable", printer=row.printer_id, error=str(error)[:200])
        return PrinterStatus(seq=row.seq)
