"""Items are changed while they wait, and cancelled at any time."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

from app.accounts.models import Scope
from app.accounts.viewer import Viewer
from app.database import WriteSession
from app.errors import Conflict, NotFound
from app.events import QueueItemUpdated
from app.print_queue import queries, service
from app.print_queue.models import DispatchStage, QueueItem, QueueStatus
from app.print_queue.queries import SENT
from app.print_queue.wishes import (
    FilamentChoice,
    PrintOptions,
    written_filaments,
    written_options,
)
from app.records import record
from app.unset import UNSET, Unset


@record
class QueueItemChanges:
    """What to change. ``quantity`` is the number of this print in all: copies of it as it is then
    are put right behind it."""

    printer_id: int | Unset | None = UNSET
    scheduled_time: datetime | Unset | None = UNSET
    plate: int | Unset | None = UNSET
    filaments: Collection[FilamentChoice] | Unset = UNSET
    options: PrintOptions | Unset = UNSET
    require_previous_success: bool | Unset = UNSET
    quantity: int = 1


@record
class Cancelled:
    """An item that is cancelled, or will be when its print on ``stop_printer`` has stopped."""

    item: QueueItem
    stop_printer: int | None = None


async def update_queue_item(
    session: WriteSession, viewer: Viewer, item_id: int, changes: QueueItemChanges
) -> list[QueueItem]:
    """Change a waiting item; the item and the copies that were made of it.

    Raises `NotFound`, `Invalid` naming the field, or `Conflict` once it does not wait any more.
    """
    viewer.require(Scope.QUEUE)
    quantity = service.checked_quantity(changes.quantity)
    await service.lock_queue(session, viewer.team_id)
    item = await _waiting(session, item_id)
    if changes.printer_id is not UNSET:
        if changes.printer_id is not None:
            await service.require_printer(session, changes.printer_id)
        item.printer_id = changes.printer_id
        item.is_bound = changes.printer_id is not None
    if changes.scheduled_time is not UNSET:
        item.scheduled_time = changes.scheduled_time
    if changes.plate is not UNSET:
        await service.require_plate(session, item.archive_id, changes.plate)
        item.plate = changes.plate
    if changes.filaments is not UNSET:
        item.filaments = written_filaments(changes.filaments)
    if changes.options is not UNSET:
        item.options = written_options(changes.options)
    if changes.require_previous_success is not UNSET:
        item.require_previous_success = changes.require_previous_success
    # It is another print now: what went wrong with the one before does not count.
    item.attempts, item.retry_at, item.error = 0, None, None
    await session.flush()
    session.raise_event(_updated(item))
    return [item, *await _copies(session, item, quantity - 1)]


async def _waiting(session: WriteSession, item_id: int) -> QueueItem:
    item = await queries.locked(session, item_id)
    if item is None:
        raise NotFound("There is no such queue item.", field="id")
    if item.status in SENT:
        raise Conflict("This item is being sent or printed and cannot be changed.", field="id")
    if item.status is not QueueStatus.PENDING:
        raise Conflict("This item has ended and cannot be changed.", field="id")
    return item


async def _copies(session: WriteSession, item: QueueItem, quantity: int) -> list[QueueItem]:
    if quantity == 0:
        return []
    await service.require_room(session, quantity)
    position = await service.make_room(session, quantity, behind=item)
    return await service.insert_copies(session, service.pattern_of(item), position, quantity)


async def cancel_queue_item(session: WriteSession, viewer: Viewer, item_id: int) -> Cancelled:
    """Take an item back. A waiting one is cancelled at once; the sending of one is called off; one
    that prints is cancelled when the print has stopped, which the caller asks the printer for.

    Raises `NotFound`, `Forbidden` (a print is stopped with the scope CONTROL only), or `Conflict`
    for an item that has ended.
    """
    viewer.require(Scope.QUEUE)
    item = await queries.locked(session, item_id)
    if item is None:
        raise NotFound("There is no such queue item.", field="id")
    now = datetime.now(UTC)
    stop = None
    if item.status is QueueStatus.PENDING:
        item.status, item.completed_at = QueueStatus.CANCELLED, now
    elif item.status in SENT:
        if item.status is QueueStatus.PRINTING:
            viewer.require(Scope.CONTROL)
        item.cancel_requested_at = item.cancel_requested_at or now
        dispatch = await queries.open_dispatch(session, item.id)
        if dispatch is not None and dispatch.stage is DispatchStage.STARTED:
            stop = dispatch.printer_id
    else:
        raise Conflict("This item has ended.", field="id")
    session.raise_event(_updated(item))
    return Cancelled(item, stop)


def _updated(item: QueueItem) -> QueueItemUpdated:
    return QueueItemUpdated(team_id=item.team_id, queue_item_id=item.id, printer_id=item.printer_id)
