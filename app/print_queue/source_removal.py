"""Deleting an archive together with what the queue holds of it."""

from __future__ import annotations

from sqlalchemy import delete, select

from app.accounts.models import Scope
from app.accounts.viewer import Viewer
from app.archives import service as archives
from app.database import WriteSession
from app.errors import Conflict
from app.print_queue.models import QueueItem
from app.print_queue.queries import SENT
from app.print_queue.service import lock_queue, removed


async def remove_archive(session: WriteSession, viewer: Viewer, archive_id: int) -> int:
    """Delete an archive; its items leave the queue with it, and are told.

    Raises as `app.archives.service.delete_archive`, and `Conflict` while one of them is being sent
    or printed: nobody would know any more whose file is on the printer.
    """
    viewer.require(Scope.ARCHIVES)
    # Nothing is added meanwhile that would go untold.
    await lock_queue(session, viewer.team_id)
    statement = (
        select(QueueItem)
        .where(QueueItem.archive_id == archive_id)
        .order_by(QueueItem.id)
        .with_for_update()
    )
    items = (await session.scalars(statement)).all()
    if any(item.status in SENT for item in items):
        raise Conflict("This archive is being sent or printed; cancel that first.", field="id")
    await session.execute(delete(QueueItem).where(QueueItem.id.in_([item.id for item in items])))
    for item in items:
        session.raise_event(removed(item))
    return await archives.delete_archive(session, viewer, archive_id)
