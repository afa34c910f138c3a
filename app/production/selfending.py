"""Runs that end by themselves with the last of their queue items."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from sqlalchemy import func, select

from app.database import WriteSession
from app.events import ProductionRunCancelled, ProductionRunCompleted, ProductionRunFailed
from app.print_queue.models import QueueItem, QueueStatus
from app.production import states
from app.production.models import ProductionRun, RunStatus


async def end_with_queue(session: WriteSession, run: ProductionRun) -> None:
    """Completed when all was printed, cancelled when nothing was, failed in between.

    Prints have settled their filament themselves; nothing is taken here.
    """
    counts: Counter[QueueStatus] = Counter()
    rows = await session.execute(
        select(QueueItem.status, func.count(QueueItem.id))
        .where(QueueItem.production_run_id == run.id)
        .group_by(QueueItem.status)
    )
    for status, number in rows:
        counts[status] = number
    total = sum(counts.values())
    about = {
        "team_id": run.team_id,
        "production_run_id": run.id,
        "project_id": run.project_id,
    }
    now = datetime.now(UTC)
    if total and counts[QueueStatus.COMPLETED] == total:
        if run.status is RunStatus.PENDING:
            states.start(session, run, now)
        states.close(run, RunStatus.COMPLETED, now)
        session.raise_event(ProductionRunCompleted(**about))  # type: ignore[arg-type]
    elif not counts[QueueStatus.COMPLETED] and not counts[QueueStatus.FAILED]:
        states.close(run, RunStatus.CANCELLED, now)
        session.raise_event(ProductionRunCancelled(**about))  # type: ignore[arg-type]
    else:
        missed = total - counts[QueueStatus.COMPLETED]
        run.failure_reason = f"{missed} of {total} prints did not succeed."
        states.close(run, RunStatus.FAILED, now)
        session.raise_event(
            ProductionRunFailed(**about, reason=run.failure_reason)  # type: ignore[arg-type]
        )


def complete_without_prints(session: WriteSession, run: ProductionRun) -> None:
    """A run that has nothing to print is complete as soon as it begins."""
    now = datetime.now(UTC)
    states.start(session, run, now)
    states.close(run, RunStatus.COMPLETED, now)
    session.raise_event(
        ProductionRunCompleted(
            team_id=run.team_id, production_run_id=run.id, project_id=run.project_id
        )
    )
