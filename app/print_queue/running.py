"""From a waiting item to its print and its end: every step in the database, each idempotent.

Whatever may begin to print has its `Dispatch` row before the printer hears of it. These functions
work in sessions that see every team.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select

from app.archives.models import Archive
from app.database import WriteSession
from app.events import QueueItemUpdated
from app.print_queue import queries
from app.print_queue.models import Dispatch, DispatchStage, QueueItem, QueueStatus
from app.printers.models import PrintRun
from app.records import record

# How often one item is sent before it is given up: once, and two times more.
MAX_ATTEMPTS = 3
INT32_MAX = 2**31 - 1
_ENDED_BY: dict[str, QueueStatus] = {
    "success": QueueStatus.COMPLETED,
    "stopped": QueueStatus.CANCELLED,
    "failed": QueueStatus.FAILED,
}
# An item that is given up may begin after all; one that was printed may not be counted again.
_MAY_BEGIN = frozenset(QueueStatus) - {QueueStatus.COMPLETED, QueueStatus.SKIPPED}


@record
class Sending:
    """An attempt to be made: where to, which plate, and the job the printer shows now."""

    printer_id: int
    plate: int
    stem: str
    suffix: str
    before: dict[str, Any]
    loaded: list[dict[str, Any]]


async def reserve(session: WriteSession, item_id: int, sending: Sending) -> Dispatch | None:
    """Begin an attempt; None when the item does not wait any more or the printer is taken."""
    item = await queries.locked(session, item_id)
    if item is None or item.status is not QueueStatus.PENDING:
        return None
    if item.printer_id not in (None, sending.printer_id):
        return None
    if await _open_on(session, sending.printer_id):
        return None
    made = await session.scalar(
        select(func.count(Dispatch.id)).where(Dispatch.queue_item_id == item.id)
    )
    again = f"-{made + 1}" if made else ""
    dispatch = Dispatch(
        team_id=item.team_id,
        queue_item_id=item.id,
        printer_id=sending.printer_id,
        stage=DispatchStage.UPLOADING,
        subtask_id=await _new_subtask(session),
        plate=sending.plate,
        remote_path=f"/{sending.stem}-q{item.id}{again}{sending.suffix}",
        before=sending.before,
        loaded=sending.loaded,
        created_at=datetime.now(UTC),
        file_left=True,
    )
    session.add(dispatch)
    item.status, item.printer_id = QueueStatus.UPLOADING, sending.printer_id
    item.attempts += 1
    item.retry_at = item.error = None
    await session.flush()
    _told(session, item)
    return dispatch


async def _open_on(session: WriteSession, printer_id: int) -> Sequence[Dispatch]:
    return (
        await session.scalars(
            select(Dispatch).where(Dispatch.printer_id == printer_id, Dispatch.ended_at.is_(None))
        )
    ).all()


async def _new_subtask(session: WriteSession) -> int:
    """An id no job of ours ever had; printers clamp larger ones and mistake 0 for none."""
    while True:
        number = secrets.randbelow(INT32_MAX) + 1
        if not await session.scalar(select(Dispatch.id).where(Dispatch.subtask_id == number)):
            return number


async def commanded(session: WriteSession, dispatch_id: int, at: datetime) -> bool:
    """The printer is about to be told. False when the attempt was called off meanwhile."""
    dispatch, item = await _both(session, dispatch_id)
    if dispatch is None or item is None or dispatch.stage is not DispatchStage.UPLOADING:
        return False
    if item.cancel_requested_at is not None:
        return False
    dispatch.stage, dispatch.commanded_at = DispatchStage.COMMANDED, at
    item.status = QueueStatus.PRINTING
    _told(session, item)
    return True


async def accepted(session: WriteSession, dispatch_id: int) -> None:
    """The printer took the order."""
    dispatch, item = await _both(session, dispatch_id)
    if dispatch is not None and item is not None and dispatch.stage is DispatchStage.COMMANDED:
        dispatch.stage, dispatch.accepted_at = DispatchStage.ACCEPTED, datetime.now(UTC)
        _told(session, item)


async def give_back(
    session: WriteSession,
    dispatch_id: int,
    stage: DispatchStage,
    reason: str | None,
    *,
    again: timedelta | None,
    counts: bool = True,
) -> None:
    """End an attempt that did not begin to print.

    The item waits for another one after ``again``, unless it had as many as it may have, or was
    cancelled; without ``again`` it has failed. One that does not count leaves no trace on it.
    """
    dispatch, item = await _both(session, dispatch_id)
    if dispatch is None or item is None or dispatch.stage is DispatchStage.STARTED:
        return
    now = datetime.now(UTC)
    dispatch.stage, dispatch.ended_at = stage, now
    dispatch.reason = None if reason is None else reason[:1000]
    if not counts:
        item.attempts -= 1
    else:
        item.error = dispatch.reason
    if not item.is_bound:
        item.printer_id = None
    if item.cancel_requested_at is not None:
        item.status, item.completed_at = QueueStatus.CANCELLED, now
    elif again is not None and item.attempts < MAX_ATTEMPTS:
        item.status = QueueStatus.PENDING
        item.retry_at = now + again if again else None
    else:
        item.status, item.completed_at = QueueStatus.FAILED, now
    await session.flush()
    _told(session, item)


async def dispatch_of(
    session: WriteSession, printer_id: int, subtask: str | None, name: str, file: str
) -> Dispatch | None:
    """The attempt that a job on a printer belongs to, by its id or the name of its file.

    None for a job that this server did not order, or whose print was recorded before.
    """
    path = PurePosixPath(file).name
    known: list[ColumnElement[bool]] = [
        Dispatch.remote_path.in_({f"/{path}", f"/{name}", f"/{name}.3mf"})
    ]
    if subtask is not None and subtask.isascii() and subtask.isdigit():
        number = int(subtask)
        known.append(Dispatch.subtask_id == (number if number <= INT32_MAX else 0))
    found: Dispatch | None = await session.scalar(
        select(Dispatch)
        .where(Dispatch.printer_id == printer_id, or_(*known))
        .order_by(Dispatch.id.desc())
        .limit(1)
        .with_for_update()
    )
    if found is None or (found.stage is DispatchStage.STARTED and found.ended_at is not None):
        return None
    item = await queries.locked(session, found.queue_item_id)
    return found if item is not None and item.status in _MAY_BEGIN else None


async def source_of(session: WriteSession, dispatch: Dispatch) -> Archive | None:
    """The archive that the attempt prints."""
    item = await session.get(QueueItem, dispatch.queue_item_id)
    return None if item is None else await session.get(Archive, item.archive_id)


async def started(session: WriteSession, dispatch: Dispatch, run: PrintRun) -> None:
    """The print of an attempt has begun, however late: it is the item's one print now."""
    item = await queries.locked(session, dispatch.queue_item_id)
    if item is None:
        return
    await _clear_the_way(session, dispatch)
    dispatch.stage, dispatch.ended_at, dispatch.reason = DispatchStage.STARTED, None, None
    dispatch.file_left = True
    item.status, item.printer_id = QueueStatus.PRINTING, dispatch.printer_id
    item.started_at, item.completed_at, item.error = run.started_at or run.last_seen_at, None, None
    item.result_archive_id = run.archive_id
    item.retry_at = None
    run.queue_item_id, run.origin = item.id, "dispatched"
    await session.flush()
    _told(session, item)


async def _clear_the_way(session: WriteSession, dispatch: Dispatch) -> None:
    """End other attempts for this item, and for its printer, which is busy now."""
    others = await session.scalars(
        select(Dispatch).where(
            Dispatch.ended_at.is_(None),
            Dispatch.id != dispatch.id,
            or_(
                Dispatch.queue_item_id == dispatch.queue_item_id,
                Dispatch.printer_id == dispatch.printer_id,
            ),
        )
    )
    for other in others:
        if other.queue_item_id != dispatch.queue_item_id:
            reason = "Another print began on the printer."
            await give_back(
                session,
                other.id,
                DispatchStage.CANCELLED,
                reason,
                again=timedelta(0),
                counts=False,
            )
        else:
            other.stage, other.ended_at = DispatchStage.CANCELLED, datetime.now(UTC)
            other.reason = "An earlier attempt began after all."
    await session.flush()


async def ended(session: WriteSession, run: PrintRun, reason: str | None) -> None:
    """The print of an item is over, and with it the item; in the transaction of the run's end."""
    if run.queue_item_id is None or run.outcome is None:
        return
    item = await queries.locked(session, run.queue_item_id)
    if item is None or item.result_archive_id != run.archive_id:
        return
    dispatch = await queries.open_dispatch(session, item.id)
    if dispatch is not None:
        dispatch.ended_at = datetime.now(UTC)
        dispatch.reason = None if reason is None else reason[:1000]
    if item.status is not QueueStatus.PRINTING:
        return
    status = _ENDED_BY[run.outcome]
    if item.cancel_requested_at is not None and status is QueueStatus.FAILED:
        status = QueueStatus.CANCELLED
    item.status, item.completed_at = status, run.ended_at
    item.error = None if status is QueueStatus.COMPLETED or reason is None else reason[:1000]
    await session.flush()
    _told(session, item)


async def _both(
    session: WriteSession, dispatch_id: int
) -> tuple[Dispatch | None, QueueItem | None]:
    """An open attempt and its item, locked, the item first as everywhere."""
    item_id = await session.scalar(select(Dispatch.queue_item_id).where(Dispatch.id == dispatch_id))
    item = None if item_id is None else await queries.locked(session, item_id)
    dispatch = await session.scalar(
        select(Dispatch)
        .where(Dispatch.id == dispatch_id, Dispatch.ended_at.is_(None))
        .with_for_update()
    )
    return dispatch, item


def _told(session: WriteSession, item: QueueItem) -> None:
    session.raise_event(
        QueueItemUpdated(team_id=item.team_id, queue_item_id=item.id, printer_id=item.printer_id)
    )
