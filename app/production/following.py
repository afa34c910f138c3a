"""A run follows its queue items: in the very transaction in which one of them changes.

A print that begins sets the run to work, one that ends counts its pieces, and what it took off
the spools is written on the run's materials as settled, so that the end of the run does not take
it again. Every step is idempotent.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select

from app.database import StoreEvents, WriteSession
from app.events import (
    ArchiveUpdated,
    Event,
    PrintFailed,
    PrintFinished,
    PrintStopped,
    ProductionRunUpdated,
    QueueItemRemoved,
    QueueItemUpdated,
)
from app.print_queue.models import QueueItem, QueueStatus
from app.print_queue.queries import ENDED as QUEUE_ENDED
from app.print_queue.queries import WAITING_OR_RUNNING
from app.printers.models import PrintRun
from app.production import queries, states
from app.production.figures import note_totals
from app.production.models import (
    ENDED,
    PrintResult,
    ProductionRun,
    RunItem,
    RunMaterial,
    RunPrint,
    RunStatus,
)
from app.production.selfending import end_with_queue
from app.spools import queries as spools
from app.spools.consumption import give_back
from app.spools.models import InventoryTransaction
from app.spools.service import cost_per_gram

_MEASURED = (PrintFinished, PrintFailed, PrintStopped, ArchiveUpdated)


def following(store: StoreEvents) -> StoreEvents:
    """What stores events, once runs have followed them (and raised events of their own)."""

    async def stored(session: WriteSession, events: Sequence[Event]) -> None:
        await follow(session, tuple(events))
        await store(session, session.events)

    return stored


async def follow(session: WriteSession, events: Sequence[Event]) -> None:
    """Bring the runs of queue items and prints that these events are about up to date."""
    items = {event.queue_item_id for event in events if isinstance(event, QueueItemUpdated)}
    prints = {event.archive_id for event in events if isinstance(event, _MEASURED)}
    removed = {
        event.production_run_id
        for event in events
        if isinstance(event, QueueItemRemoved) and event.production_run_id is not None
    }
    found = await _linked(session, items, prints)
    runs = {item.production_run_id for item in found if item.production_run_id} | removed
    for run_id in sorted(runs):
        run = await queries.lock(session, run_id)
        if run is None:  # deleted meanwhile: what it followed goes its own way
            continue
        own = [item for item in found if item.production_run_id == run_id]
        await _follow_one(session, run, own)


async def hold(session: WriteSession, print_run_id: int) -> None:
    """Lock the run that a print belongs to before its spools are, as the end of a run does."""
    await session.scalar(
        select(ProductionRun.id)
        .join(QueueItem, QueueItem.production_run_id == ProductionRun.id)
        .join(PrintRun, PrintRun.queue_item_id == QueueItem.id)
        .where(PrintRun.id == print_run_id)
        .with_for_update(of=ProductionRun, key_share=True)
    )


async def _linked(
    session: WriteSession, items: Collection[int], prints: Collection[int]
) -> Sequence[QueueItem]:
    """The queue items of runs among these, or whose print is among these."""
    if not items and not prints:
        return []
    return (
        await session.scalars(
            select(QueueItem)
            .where(
                QueueItem.production_run_id.is_not(None),
                QueueItem.id.in_(items) | QueueItem.result_archive_id.in_(prints),
            )
            .order_by(QueueItem.id)
        )
    ).all()


async def _follow_one(
    session: WriteSession, run: ProductionRun, items: Sequence[QueueItem]
) -> None:
    changed = False
    for item in items:
        if item.status is QueueStatus.PRINTING and run.status is RunStatus.PENDING:
            states.start(session, run, item.started_at or datetime.now(UTC))
        if item.result_archive_id is not None:
            changed |= await _settle(session, run, item.result_archive_id)
        if run.status not in ENDED:
            changed |= await _count(session, item)
    if changed:
        run.updated_at = datetime.now(UTC)
        session.raise_event(
            ProductionRunUpdated(
                team_id=run.team_id, production_run_id=run.id, project_id=run.project_id
            )
        )
    if run.ends_with_queue and run.status not in ENDED and not await _busy(session, run):
        await end_with_queue(session, run)
    await session.flush()


async def _busy(session: WriteSession, run: ProductionRun) -> bool:
    """Whether an item of the run waits or is printed."""
    statement = select(func.count(QueueItem.id)).where(
        QueueItem.production_run_id == run.id, QueueItem.status.in_(WAITING_OR_RUNNING)
    )
    return bool(await session.scalar(statement))


async def _settle(session: WriteSession, run: ProductionRun, archive_id: int) -> bool:
    """Write what a print took off its spools on the run's materials, each transaction once.

    What a spool was not known to hold counts as used and as settled too: nobody owes it. An actual
    weight that somebody entered stays. What the end of the run took before is given back, so that
    the order of the two makes no difference.
    """
    taken = (
        await session.scalars(
            select(InventoryTransaction)
            .where(
                InventoryTransaction.archive_id == archive_id,
                InventoryTransaction.production_run_id.is_(None),
            )
            .order_by(InventoryTransaction.id)
        )
    ).all()
    if not taken:
        return False
    materials = (await queries.materials_of(session, [run.id]))[run.id]
    for row in taken:
        row.production_run_id = run.id
        material = next((one for one in materials if one.spool_id == row.spool_id), None)
        if material is None:
            material = await _new_material(session, run, row.spool_id)
            materials.append(material)
        grams = row.shortfall - row.change
        measured = material.actual_weight in (None, material.settled_weight)
        material.settled_weight = max(Decimal(0), material.settled_weight + grams)
        if measured:  # nobody has entered what it was
            material.actual_weight = material.settled_weight
        if run.status in ENDED:
            reason = f"Taken by a print and by production run {run.run_number}"
            await give_back(session, row.spool_id, -row.change, run.id, reason)
    note_totals(run, materials)
    await session.flush()
    return True


async def _new_material(session: WriteSession, run: ProductionRun, spool_id: UUID) -> RunMaterial:
    """A spool that nobody planned to use."""
    spool = (await spools.by_ids(session, [spool_id]))[spool_id]
    material = RunMaterial(
        team_id=run.team_id,
        run_id=run.id,
        spool_id=spool_id,
        estimated_weight=Decimal(0),
        cost_per_gram=cost_per_gram(spool),
        settled_weight=Decimal(0),
        created_at=datetime.now(UTC),
    )
    session.add(material)
    return material


def _result(item: QueueItem) -> PrintResult | None:
    """What became of the pieces of a queue item; null while, or because, none were printed."""
    if item.status is QueueStatus.COMPLETED:
        return PrintResult.SUCCESSFUL
    if item.status in QUEUE_ENDED and item.result_archive_id is not None:
        return PrintResult.FAILED
    return None


async def _count(session: WriteSession, item: QueueItem) -> bool:
    """Count the pieces of a print that ended, once; one that goes on after all is taken back."""
    linked = await session.get(RunPrint, item.id, with_for_update=True)
    result = _result(item)
    if linked is None or linked.result is result:
        return False
    row = None if linked.run_item_id is None else await session.get(RunItem, linked.run_item_id)
    if row is not None:
        _take_back(row, linked)
        _add(row, result, linked.pieces)
    linked.result = result
    await session.flush()
    return True


def _take_back(row: RunItem, linked: RunPrint) -> None:
    if linked.result is PrintResult.SUCCESSFUL:
        row.successful_quantity = max(0, row.successful_quantity - linked.pieces)
    elif linked.result is PrintResult.FAILED:
        row.failed_quantity = max(0, row.failed_quantity - linked.pieces)


def _add(row: RunItem, result: PrintResult | None, pieces: int) -> None:
    """A piece that came out well replaces one that failed before; more than the quantity is
    surplus of the last plate."""
    if result is PrintResult.SUCCESSFUL:
        row.successful_quantity = min(row.quantity, row.successful_quantity + pieces)
    elif result is PrintResult.FAILED:
        row.failed_quantity += pieces
    row.failed_quantity = min(row.failed_quantity, row.quantity - row.successful_quantity)
