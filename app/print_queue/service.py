"""The rules of the print queue: what waits, in which order, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import delete, text

from app.accounts.models import Scope
from app.accounts.viewer import Viewer
from app.archives import queries as archives
from app.archives.models import ArchiveStatus
from app.database import WriteSession
from app.errors import Conflict, Invalid, NotFound
from app.events import QueueItemAdded, QueueItemMoved, QueueItemRemoved
from app.print_queue import queries
from app.print_queue.models import QueueItem, QueueStatus
from app.print_queue.queries import QueueFilter
from app.printers import queries as printers
from app.printers.models import Printer
from app.printers.status import PrinterState, PrinterStatus

# How many prints may wait in a team's queue.
MAX_WAITING = 2_000
# Any number no other advisory lock of this database uses; the second number is the team.
_QUEUE_LOCK = 73_051


@dataclass(frozen=True, slots=True)
class NewQueueItem:
    """What to print: on one printer or on any that fits, at once or not before a time."""

    archive_id: int
    printer_id: int | None = None
    scheduled_time: datetime | None = None


async def add_to_queue(session: WriteSession, viewer: Viewer, new: NewQueueItem) -> QueueItem:
    """Put a print at the end of the queue.

    Raises `Forbidden`, `NotFound` naming the field, or `Conflict` for an archive that is being
    printed for the first time and has no result yet.
    """
    viewer.require(Scope.QUEUE)
    archive = (await archives.by_ids(session, [new.archive_id])).get(new.archive_id)
    if archive is None:
        raise NotFound("There is no such archive.", field="archive_id")
    if archive.status is ArchiveStatus.PRINTING:
        raise Conflict("This archive is still being printed.", field="archive_id")
    if new.printer_id is not None:
        await _require_printer(session, new.printer_id)
    await _lock(session, viewer.team_id)
    waiting = QueueFilter(statuses=frozenset({QueueStatus.PENDING}))
    if await queries.count(session, waiting) >= MAX_WAITING:
        raise Conflict(f"{MAX_WAITING} prints wait already, which is as many as there may be.")
    item = QueueItem(
        status=QueueStatus.PENDING,
        position=await queries.last_position(session) + 1,
        archive_id=new.archive_id,
        printer_id=new.printer_id,
        scheduled_time=new.scheduled_time,
        created_at=datetime.now(UTC),
    )
    session.add(item)
    await session.flush()
    session.raise_event(
        QueueItemAdded(team_id=item.team_id, queue_item_id=item.id, printer_id=item.printer_id)
    )
    return item


async def _require_printer(session: WriteSession, printer_id: int) -> None:
    if printer_id not in await printers.by_ids(session, [printer_id]):
        raise NotFound("There is no such printer.", field="printer_id")


async def remove_from_queue(session: WriteSession, viewer: Viewer, item_id: int) -> int:
    """Take an item out. Raises `Conflict` while it is being sent or printed."""
    viewer.require(Scope.QUEUE)
    item = await queries.locked(session, item_id)
    if item is None:
        raise NotFound("There is no such queue item.", field="id")
    if item.status in (QueueStatus.UPLOADING, QueueStatus.PRINTING):
        raise Conflict("This item is being printed; stop the print instead.", field="id")
    await session.execute(delete(QueueItem).where(QueueItem.id == item_id))
    session.raise_event(
        QueueItemRemoved(team_id=item.team_id, queue_item_id=item_id, printer_id=item.printer_id)
    )
    return item_id


async def reorder_queue(
    session: WriteSession, viewer: Viewer, order: Sequence[int]
) -> list[QueueItem]:
    """Bring waiting items into this order; those not named keep theirs behind them.

    Raises `Invalid` for an unknown, repeated or non-waiting id, and then changes nothing.
    """
    viewer.require(Scope.QUEUE)
    if len(set(order)) != len(order):
        raise Invalid("An id stands twice in the order.", field="order")
    await _lock(session, viewer.team_id)
    waiting = {item.id: item for item in await queries.pending(session)}
    unknown = [item_id for item_id in order if item_id not in waiting]
    if unknown:
        raise Invalid(f"{unknown[0]} is not a waiting item of the queue.", field="order")
    positions = [item.position for item in waiting.values()]
    named = [waiting[item_id] for item_id in order]
    rest = [item for item in waiting.values() if item.id not in set(order)]
    for item, position in zip([*named, *rest], _distinct(positions), strict=True):
        if item.position != position:
            item.position = position
            session.raise_event(
                QueueItemMoved(
                    team_id=item.team_id,
                    queue_item_id=item.id,
                    printer_id=item.printer_id,
                    position=position,
                )
            )
    await session.flush()
    return [*named, *rest]


def _distinct(positions: Sequence[int]) -> list[int]:
    """The positions that are there, each used once, in ascending order."""
    found: list[int] = []
    for position in sorted(positions):
        found.append(position if not found else max(position, found[-1] + 1))
    return found


async def _lock(session: WriteSession, team_id: int) -> None:
    """One change of a team's order at a time; SQLite has a single writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(
            text("SELECT pg_advisory_xact_lock(:kind, :team)"),
            {"kind": _QUEUE_LOCK, "team": team_id},
        )


def waiting_reason(
    item: QueueItem,
    printer: Printer | None,
    status: PrinterStatus | None,
    ahead: int,
    now: datetime,
) -> str | None:
    """Why an item waits, in words; None once it does not wait any more."""
    if item.status is not QueueStatus.PENDING:
        return None
    if item.scheduled_time is not None and item.scheduled_time > now:
        return f"Scheduled for {item.scheduled_time:%Y-%m-%d %H:%M} UTC."
    if item.printer_id is None:
        return "Waiting for a free printer that fits."
    if printer is None or status is None or status.state is PrinterState.OFFLINE:
        return "The printer is offline."
    if status.state in (PrinterState.PRINTING, PrinterState.PREPARING, PrinterState.PAUSED):
        return f"{printer.name} is printing."
    if printer.awaiting_plate_clear:
        return f"The plate of {printer.name} must be cleared."
    if ahead:
        return f"{ahead} {'item is' if ahead == 1 else 'items are'} ahead of it."
    return f"Ready to be sent to {printer.name}."
