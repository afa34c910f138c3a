"""How far open runs are, kept in batches so that a restart can go on with them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import update

from app.archives.models import Archive
from app.database import WriteSession
from app.events import PrintProgressed
from app.printers.models import PrintRun
from app.records import record


@record
class Checkpoint:
    """How far an open run is. `state` is the ingest's memory of it, `progress` in percent."""

    run_id: int
    archive_id: int | None
    state: bytes
    last_seen_at: datetime
    progress: int


async def checkpoint_runs(session: WriteSession, checkpoints: Sequence[Checkpoint]) -> None:
    """Remember how far open runs got; nobody is told."""
    runs = [
        {"id": item.run_id, "state": item.state, "last_seen_at": item.last_seen_at}
        for item in checkpoints
    ]
    archives = [
        {"id": item.archive_id, "progress": item.progress}
        for item in checkpoints
        if item.archive_id is not None
    ]
    if runs:
        await session.execute(update(PrintRun), runs)
    if archives:
        await session.execute(update(Archive), archives)


async def reach(session: WriteSession, run_id: int, *, percent: int, at: datetime) -> None:
    """An open run has come as far as a milestone; that is told once, whoever saw it."""
    row = (
        await session.execute(
            update(PrintRun)
            .where(PrintRun.id == run_id, PrintRun.ended_at.is_(None))
            .where(PrintRun.milestone < percent, PrintRun.archive_id.is_not(None))
            .values(milestone=percent)
            .returning(
                PrintRun.team_id, PrintRun.printer_id, PrintRun.archive_id, PrintRun.queue_item_id
            )
            .execution_options(synchronize_session=False)
        )
    ).first()
    if row is not None:
        session.raise_event(
            PrintProgressed(
                team_id=row.team_id,
                printer_id=row.printer_id,
                archive_id=row.archive_id,
                queue_item_id=row.queue_item_id,
                percent=percent,
                occurred_at=at,
            )
        )
