"""All SQL of the print queue."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select

from app.database import ReadSession, WriteSession
from app.keyset import Order
from app.keyset import first_of_each as first_of_each_row
from app.print_queue.models import Dispatch, QueueItem, QueueStatus
from app.records import record

Session = ReadSession | WriteSession

WAITING_OR_RUNNING = frozenset({QueueStatus.PENDING, QueueStatus.UPLOADING, QueueStatus.PRINTING})
SENT = frozenset({QueueStatus.UPLOADING, QueueStatus.PRINTING})
ENDED = frozenset(QueueStatus) - WAITING_OR_RUNNING
IN_QUEUE_ORDER = Order("queue.position", (QueueItem.position, QueueItem.id))
LATEST_END_FIRST = Order("queue.ended", (QueueItem.completed_at, QueueItem.id), descending=True)


@record
class QueueFilter:
    """Conditions that all hold."""

    printer_id: int | None = None
    statuses: frozenset[QueueStatus] | None = None


def _conditions(wanted: QueueFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.printer_id is not None:
        found.append(QueueItem.printer_id == wanted.printer_id)
    if wanted.statuses is not None:
        found.append(QueueItem.status.in_(wanted.statuses))
    return found


def listed(wanted: QueueFilter) -> Select[QueueItem]:
    """The items that match."""
    return select(QueueItem).where(*_conditions(wanted))


def counted(wanted: QueueFilter) -> Select[Any]:
    """How many items match."""
    return select(func.count(QueueItem.id)).where(*_conditions(wanted))


async def count(session: Session, wanted: QueueFilter) -> int:
    """How many items match."""
    return await session.scalar(counted(wanted)) or 0


async def by_ids(session: Session, ids: Collection[int]) -> dict[int, QueueItem]:
    """Items by id."""
    rows = await session.scalars(select(QueueItem).where(QueueItem.id.in_(ids)))
    return {row.id: row for row in rows}


async def first_of_each(
    session: Session, printers: Collection[int], wanted: QueueFilter, order: Order, limit: int
) -> dict[int, list[QueueItem]]:
    """The first items of each printer, in one statement."""
    found: dict[int, list[QueueItem]] = {printer_id: [] for printer_id in printers}
    of_printer = QueueItem.printer_id
    for row in await first_of_each_row(session, listed(wanted), of_printer, printers, order, limit):
        if row.printer_id is not None:
            found[row.printer_id].append(row)
    return found


async def counts_of_each(
    session: Session, printers: Collection[int], wanted: QueueFilter
) -> dict[int, int]:
    """How many items match per printer, in one statement."""
    rows = await session.execute(
        select(QueueItem.printer_id, func.count(QueueItem.id))
        .where(QueueItem.printer_id.in_(printers), *_conditions(wanted))
        .group_by(QueueItem.printer_id)
    )
    return {printer_id: number for printer_id, number in rows if printer_id is not None}


async def pending(session: WriteSession) -> Sequence[QueueItem]:
    """The waiting items of the team in order, locked for this transaction."""
    return (
        await session.scalars(
            select(QueueItem)
            .where(QueueItem.status == QueueStatus.PENDING)
            .order_by(QueueItem.position, QueueItem.id)
            .with_for_update()
        )
    ).all()


async def locked(session: WriteSession, item_id: int) -> QueueItem | None:
    """An item, locked, so that its status cannot change before this transaction ends."""
    found: QueueItem | None = await session.scalar(
        select(QueueItem).where(QueueItem.id == item_id).with_for_update()
    )
    return found


async def open_dispatch(session: Session, item_id: int) -> Dispatch | None:
    """The attempt to print an item that is under way."""
    found: Dispatch | None = await session.scalar(
        select(Dispatch).where(Dispatch.queue_item_id == item_id, Dispatch.ended_at.is_(None))
    )
    return found


async def last_dispatches(session: Session, items: Collection[int]) -> dict[int, Dispatch]:
    """The latest attempt of each item."""
    latest = (
        select(func.max(Dispatch.id))
        .where(Dispatch.queue_item_id.in_(items))
        .group_by(Dispatch.queue_item_id)
    )
    rows = await session.scalars(select(Dispatch).where(Dispatch.id.in_(latest)))
    return {row.queue_item_id: row for row in rows}


async def last_position(session: WriteSession) -> int:
    """The highest position in the team's queue, 0 when it is empty."""
    return await session.scalar(select(func.max(QueueItem.position))) or 0


async def printing_items(session: Session, printers: Collection[int]) -> dict[int, QueueItem]:
    """The item that each printer prints now."""
    rows = await session.scalars(
        select(QueueItem)
        .where(QueueItem.printer_id.in_(printers), QueueItem.status.in_(SENT))
        .order_by(QueueItem.id)
    )
    return {row.printer_id: row for row in rows if row.printer_id is not None}


async def of_runs(session: Session, runs: Collection[UUID]) -> dict[UUID, list[QueueItem]]:
    """The items that were queued for each production run, oldest first."""
    found: dict[UUID, list[QueueItem]] = {run_id: [] for run_id in runs}
    rows = await session.scalars(
        select(QueueItem).where(QueueItem.production_run_id.in_(runs)).order_by(QueueItem.id)
    )
    for row in rows:
        if row.production_run_id is not None:
            found[row.production_run_id].append(row)
    return found
