"""The rules of the print queue: what waits, and in which order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, text

from app.accounts.models import Scope
from app.accounts.viewer import Viewer
from app.archives import queries as archives
from app.archives.models import ArchiveStatus
from app.database import WriteSession
from app.errors import Conflict, Invalid, NotFound
from app.events import QueueItemAdded, QueueItemMoved, QueueItemRemoved
from app.plates import queries as plates
from app.print_queue import queries
from app.print_queue.models import QueueItem, QueueStatus
from app.print_queue.queries import SENT, QueueFilter
from app.print_queue.wishes import (
    DEFAULT_OPTIONS,
    FilamentChoice,
    PrintOptions,
    checked_plate,
    written_filaments,
    written_options,
)
from app.printers import queries as printers
from app.records import record

# How many prints may wait in a team's queue.
MAX_WAITING = 2_000
# How many copies of a print one request may ask for.
MAX_COPIES = 100
# Any number no other advisory lock of this database uses; the second number is the team.
_QUEUE_LOCK = 73_051


@record
class NewQueueItem:
    """What to print: on one printer or on any that fits, at once or not before a time.

    ``quantity`` makes so many items, one behind the other, each a print of its own; ``first`` puts
    them before everything that waits. Without ``plate`` it is the only one of the file.
    """

    archive_id: int
    printer_id: int | None = None
    scheduled_time: datetime | None = None
    plate: int | None = None
    filaments: tuple[FilamentChoice, ...] = ()
    options: PrintOptions = DEFAULT_OPTIONS
    require_previous_success: bool = False
    quantity: int = 1
    first: bool = False
    production_run_id: UUID | None = None


async def add_to_queue(session: WriteSession, viewer: Viewer, new: NewQueueItem) -> QueueItem:
    """Put a print into the queue; the first of its copies. Raises as `add_copies`."""
    return (await add_copies(session, viewer, new))[0]


async def add_copies(session: WriteSession, viewer: Viewer, new: NewQueueItem) -> list[QueueItem]:
    """Put a print into the queue, once or several times.

    Raises `Forbidden`, `NotFound` or `Invalid` naming the field, or `Conflict` for an archive
    that is being printed for the first time and has no result yet.
    """
    viewer.require(Scope.QUEUE)
    # First, so that the archive is not deleted between the look at it and the reference to it.
    await lock_queue(session, viewer.team_id)
    archive = (await archives.by_ids(session, [new.archive_id])).get(new.archive_id)
    if archive is None:
        raise NotFound("There is no such archive.", field="archive_id")
    if archive.status is ArchiveStatus.PRINTING:
        raise Conflict("This archive is still being printed.", field="archive_id")
    if new.printer_id is not None:
        await require_printer(session, new.printer_id)
    await require_plate(session, archive.id, new.plate)
    pattern = {
        "status": QueueStatus.PENDING,
        "archive_id": new.archive_id,
        "printer_id": new.printer_id,
        "is_bound": new.printer_id is not None,
        "scheduled_time": new.scheduled_time,
        "plate": new.plate,
        "filaments": written_filaments(new.filaments),
        "options": written_options(new.options),
        "require_previous_success": new.require_previous_success,
        "production_run_id": new.production_run_id,
    }
    quantity = checked_quantity(new.quantity)
    await require_room(session, quantity)
    if new.first:
        position = await make_room(session, quantity)
    else:
        position = await queries.last_position(session) + 1
    return await insert_copies(session, pattern, position, quantity)


def pattern_of(item: QueueItem) -> dict[str, Any]:
    """What a copy of a waiting item has in common with it."""
    names = (
        "team_id",
        "status",
        "archive_id",
        "printer_id",
        "is_bound",
        "scheduled_time",
        "plate",
        "filaments",
        "options",
        "require_previous_success",
    )
    return {name: getattr(item, name) for name in names}


def checked_quantity(quantity: int) -> int:
    """A number of copies; raises `Invalid`."""
    if not 1 <= quantity <= MAX_COPIES:
        raise Invalid(f"The number of copies lies between 1 and {MAX_COPIES}.", field="quantity")
    return quantity


async def require_room(session: WriteSession, quantity: int) -> None:
    """Raise `Conflict` when so many more items would be too many."""
    waiting = QueueFilter(statuses=frozenset({QueueStatus.PENDING}))
    if await queries.count(session, waiting) + quantity > MAX_WAITING:
        raise Conflict(f"{MAX_WAITING} prints may wait, and there is no room for so many more.")


async def insert_copies(
    session: WriteSession, pattern: Mapping[str, Any], position: int, quantity: int
) -> list[QueueItem]:
    """New items that are alike, at consecutive positions that are free."""
    now = datetime.now(UTC)
    items = [
        QueueItem(**pattern, position=position + number, created_at=now)
        for number in range(quantity)
    ]
    session.add_all(items)
    await session.flush()
    for item in items:
        session.raise_event(
            QueueItemAdded(team_id=item.team_id, queue_item_id=item.id, printer_id=item.printer_id)
        )
    return items


async def make_room(session: WriteSession, quantity: int, behind: QueueItem | None = None) -> int:
    """Free so many positions in front of the queue, or behind an item; the first of them."""
    waiting = await queries.pending(session)
    if behind is not None:
        waiting = [item for item in waiting if item.position > behind.position]
    if not waiting:
        return await queries.last_position(session) + 1
    first = waiting[0].position
    free_from = 1 if behind is None else behind.position + 1
    if first - free_from >= quantity:
        return first - quantity
    for item in waiting:
        move(session, item, item.position + quantity)
    await session.flush()
    return first


async def require_printer(session: WriteSession, printer_id: int) -> None:
    """Raise `NotFound` for a printer that the team does not have."""
    if printer_id not in await printers.by_ids(session, [printer_id]):
        raise NotFound("There is no such printer.", field="printer_id")


async def require_plate(session: WriteSession, archive_id: int, number: int | None) -> None:
    """Raise `Invalid` for a plate that the archive's file does not have.

    An archive without its file is given one later: then the item waits, and says why.
    """
    if checked_plate(number) is None:
        return
    archive = (await archives.by_ids(session, [archive_id])).get(archive_id)
    if archive is None or archive.file_id is None:
        return
    rows = (await plates.of_files(session, [archive.file_id]))[archive.file_id]
    ready = [row.number for row in rows if row.printable]
    if number not in ready:
        known = ", ".join(map(str, ready))
        raise Invalid(f"The plates that can be printed are {known}.", field="plate")


async def remove_from_queue(session: WriteSession, viewer: Viewer, item_id: int) -> int:
    """Take an item out. Raises `Conflict` while it is being sent or printed."""
    viewer.require(Scope.QUEUE)
    item = await queries.locked(session, item_id)
    if item is None:
        raise NotFound("There is no such queue item.", field="id")
    if item.status in SENT:
        raise Conflict("This item is being sent or printed; cancel it instead.", field="id")
    await session.execute(delete(QueueItem).where(QueueItem.id == item_id))
    session.raise_event(removed(item))
    return item_id


def removed(item: QueueItem) -> QueueItemRemoved:
    """That an item is gone."""
    return QueueItemRemoved(
        team_id=item.team_id,
        queue_item_id=item.id,
        printer_id=item.printer_id,
        production_run_id=item.production_run_id,
    )


async def reorder_queue(
    session: WriteSession, viewer: Viewer, order: Sequence[int]
) -> list[QueueItem]:
    """Bring waiting items into this order; those not named keep theirs behind them.

    Raises `Invalid` for an unknown, repeated or non-waiting id, and then changes nothing.
    """
    viewer.require(Scope.QUEUE)
    if len(set(order)) != len(order):
        raise Invalid("An id stands twice in the order.", field="order")
    await lock_queue(session, viewer.team_id)
    waiting = {item.id: item for item in await queries.pending(session)}
    unknown = [item_id for item_id in order if item_id not in waiting]
    if unknown:
        raise Invalid(f"{unknown[0]} is not a waiting item of the queue.", field="order")
    positions = [item.position for item in waiting.values()]
    named = [waiting[item_id] for item_id in order]
    rest = [item for item in waiting.values() if item.id not in set(order)]
    for item, position in zip([*named, *rest], _distinct(positions), strict=True):
        if item.position != position:
            move(session, item, position)
    await session.flush()
    return [*named, *rest]


def move(session: WriteSession, item: QueueItem, position: int) -> None:
    """Give a waiting item another position."""
    item.position = position
    session.raise_event(
        QueueItemMoved(
            team_id=item.team_id,
            queue_item_id=item.id,
            printer_id=item.printer_id,
            position=position,
        )
    )


def _distinct(positions: Sequence[int]) -> list[int]:
    """The positions that are there, each used once, in ascending order."""
    found: list[int] = []
    for position in sorted(positions):
        found.append(position if not found else max(position, found[-1] + 1))
    return found


async def lock_queue(session: WriteSession, team_id: int) -> None:
    """One change of a team's order at a time; SQLite has a single writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(
            text("SELECT pg_advisory_xact_lock(:kind, :team)"),
            {"kind": _QUEUE_LOCK, "team": team_id},
        )
