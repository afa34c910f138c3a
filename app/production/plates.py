"""Prints for a run: enough plates for its pieces, or the archives of its project."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from app.accounts.models import Scope
from app.accounts.viewer import Viewer
from app.archives.models import Archive, ArchiveStatus
from app.database import WriteSession
from app.errors import Conflict, NotFound
from app.print_queue.models import QueueItem
from app.print_queue.queries import WAITING_OR_RUNNING
from app.print_queue.service import MAX_COPIES, NewQueueItem, add_copies, lock_queue
from app.production import queries, service
from app.production.models import ProductionRun, RunItem, RunPrint
from app.production.selfending import complete_without_prints
from app.production.service import NewRun, require_open
from app.products import queries as products
from app.projects import queries as projects
from app.records import record


@record
class Wish:
    """Where and when to print: on any printer that fits, at once, unless it says otherwise."""

    printer_id: int | None = None
    scheduled_time: datetime | None = None


async def queue_run(
    session: WriteSession, viewer: Viewer, run_id: UUID, wish: Wish
) -> tuple[ProductionRun, list[QueueItem]]:
    """Queue the plates that a run still needs: its pieces without those that are made, or that
    are waiting or being printed, by what a plate of each product gives.

    Raises `NotFound`, or `Conflict` for a run that has ended, a product that names no archive,
    and when nothing is left to print.
    """
    viewer.require(Scope.INVENTORY)
    viewer.require(Scope.QUEUE)
    await lock_queue(session, viewer.team_id)
    run = await queries.locked(session, run_id)
    require_open(run)
    items = (await queries.items_of(session, [run.id]))[run.id]
    known = await products.by_ids(session, {item.product_id for item in items})
    underway = await _underway(session, items)
    queued: list[QueueItem] = []
    for item in items:
        product = known[item.product_id]
        left = item.quantity - item.successful_quantity - underway.get(item.id, 0)
        if left <= 0:
            continue
        if product.archive_id is None:
            raise Conflict(f"{product.name} names no archive that prints it.", field="id")
        pieces = product.pieces_per_plate
        made = await _queue(session, viewer, run, product.archive_id, wish, -(-left // pieces))
        session.add_all(
            RunPrint(queue_item_id=row.id, run_item_id=item.id, pieces=pieces) for row in made
        )
        queued.extend(made)
    if not queued:
        raise Conflict("Everything is made, or waits in the queue already.", field="id")
    service.touch(session, run)
    await session.flush()
    return run, queued


async def produce_project(
    session: WriteSession,
    viewer: Viewer,
    project_id: int,
    wish: Wish,
    notes: str | None = None,
    *,
    allow_empty: bool = False,
) -> tuple[ProductionRun, list[QueueItem]]:
    """Make a run of a project and queue every archive of it that can be printed, each file once.

    The run ends by itself with the last print. Raises `NotFound`, or `Conflict` for a project
    without such an archive; where that is allowed, its run is complete at once.
    """
    viewer.require(Scope.QUEUE)
    if project_id not in await projects.by_ids(session, [project_id]):
        raise NotFound("There is no such project.", field="project_id")
    archives = await _printable(session, project_id)
    if not archives and not allow_empty:
        raise Conflict("This project has no archive that can be printed.", field="project_id")
    await lock_queue(session, viewer.team_id)
    new = NewRun(project_id=project_id, notes=notes, ends_with_queue=True)
    run = await service.make_run(session, viewer, new)
    queued: list[QueueItem] = []
    for archive_id in archives:
        queued.extend(await _queue(session, viewer, run, archive_id, wish, 1))
    if not queued:
        complete_without_prints(session, run)
    await session.flush()
    return run, queued


async def _printable(session: WriteSession, project_id: int) -> Sequence[int]:
    """The first archive of each file of a project; a print and its source share the file."""
    return (
        await session.scalars(
            select(func.min(Archive.id))
            .where(
                Archive.project_id == project_id,
                Archive.file_id.is_not(None),
                Archive.status != ArchiveStatus.PRINTING,
            )
            .group_by(Archive.file_id)
            .order_by(func.min(Archive.id))
        )
    ).all()


async def _underway(session: WriteSession, items: Sequence[RunItem]) -> dict[UUID, int]:
    """Pieces of each item that wait in the queue or are being printed."""
    rows = await session.execute(
        select(RunPrint.run_item_id, func.sum(RunPrint.pieces))
        .join(QueueItem, QueueItem.id == RunPrint.queue_item_id)
        .where(
            RunPrint.run_item_id.in_([item.id for item in items]),
            QueueItem.status.in_(WAITING_OR_RUNNING),
        )
        .group_by(RunPrint.run_item_id)
    )
    return {item_id: int(pieces) for item_id, pieces in rows if item_id is not None}


async def _queue(
    session: WriteSession,
    viewer: Viewer,
    run: ProductionRun,
    archive_id: int,
    wish: Wish,
    plates: int,
) -> list[QueueItem]:
    made: list[QueueItem] = []
    while len(made) < plates:
        new = NewQueueItem(
            archive_id,
            wish.printer_id,
            wish.scheduled_time,
            quantity=min(MAX_COPIES, plates - len(made)),
            production_run_id=run.id,
        )
        made.extend(await add_copies(session, viewer, new))
    return made
