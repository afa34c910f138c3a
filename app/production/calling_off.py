"""What still waits in the queue for a run that will not need it."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import select

from app.database import WriteSession
from app.events import QueueItemUpdated
from app.print_queue.models import QueueItem, QueueStatus
from app.production.models import ProductionRun


async def call_off(session: WriteSession, run: ProductionRun) -> None:
    """Cancel the waiting queue items of a run; one that is just being sent is left alone."""
    waiting = await session.scalars(
        select(QueueItem)
        .where(QueueItem.production_run_id == run.id, QueueItem.status == QueueStatus.PENDING)
        .order_by(QueueItem.id)
        .with_for_update(skip_locked=True)
    )
    for item in waiting:
        item.status, item.completed_at = QueueStatus.CANCELLED, datetime.now(UTC)
        session.raise_event(
            QueueItemUpdated(
                team_id=item.team_id, queue_item_id=item.id, printer_id=item.printer_id
            )
        )
    await session.flush()
