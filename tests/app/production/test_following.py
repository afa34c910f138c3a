"""Runs queue their plates, follow their prints, and never take filament twice."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.accounts.models import Scope
from app.archives.models import Archive, ArchiveStatus
from app.database import EVERY_TEAM
from app.errors import Conflict, Forbidden, NotFound
from app.events import (
    ProductionRunCancelled,
    ProductionRunCompleted,
    ProductionRunFailed,
    ProductionRunStarted,
    QueueItemUpdated,
)
from app.farm_events import service as farm_events
from app.files.models import FileContent, StoredFile
from app.print_queue import queries as queue
from app.print_queue.models import QueueItem, QueueStatus
from app.print_queue.service import remove_from_queue
from app.printers.models import Printer, PrintRun
from app.production import plates, service
from app.production.editing import update_material
from app.production.ending import Waste
from app.production.following import following, hold
from app.production.lines import NewRunItem, RunMaterialChanges
from app.production.models import ProductionRun, RunStatus
from app.production.plates import Wish
from app.projects.service import NewProject, create_project
from app.spools.consumption import locked
from app.spools.models import InventoryTransaction, TransactionType
from tests.app.production.making import Factory
from tests.farm import begin, end, listen, make_print, make_printer, with_scopes

QUEUE_STATUS = {
    "success": QueueStatus.COMPLETED,
    "failed": QueueStatus.FAILED,
    "stopped": QueueStatus.CANCELLED,
}


@pytest.fixture
def factory(factory: Factory) -> Factory:
    """Runs follow what happens, as in the server."""
    factory.database.store = following(farm_events.store)
    return factory


@pytest.fixture
async def printer(factory: Factory) -> Printer:
    return await make_printer(factory.database, factory.viewer)


@pytest.fixture
async def archive(factory: Factory, printer: Printer) -> Archive:
    return await make_print(factory.database, printer, "Vases")


async def _queue(factory: Factory, run_id: UUID, **wish: Any) -> list[QueueItem]:
    async with factory.database.transaction(factory.viewer.team_id) as session:
        return (await plates.queue_run(session, factory.viewer, run_id, Wish(**wish)))[1]


async def _begin(factory: Factory, printer: Printer, item_id: int) -> int:
    """The print of a queue item begins; the id of its run on the printer."""
    async with factory.database.transaction(EVERY_TEAM) as session:
        print_run_id = await begin(session, printer)
        print_run = await session.get(PrintRun, print_run_id)
        item = await queue.locked(session, item_id)
        assert item is not None
        assert print_run is not None
        item.status, item.result_archive_id = QueueStatus.PRINTING, print_run.archive_id
        item.started_at, print_run.queue_item_id = datetime.now(UTC), item.id
        session.raise_event(QueueItemUpdated(team_id=item.team_id, queue_item_id=item.id))
        return print_run_id


async def _take(session: Any, archive: Archive, spool_id: UUID, grams: Decimal) -> None:
    """What a print takes off a spool: never more than there is, the rest is a shortfall."""
    (spool,) = (await locked(session, [spool_id])).values()
    taken = min(grams, spool.remaining_weight)
    session.add(
        InventoryTransaction(
            team_id=spool.team_id,
            spool_id=spool_id,
            type=TransactionType.USAGE,
            weight_before=spool.remaining_weight,
            change=-taken,
            weight_after=spool.remaining_weight - taken,
            shortfall=grams - taken,
            archive_id=archive.id,
            created_at=datetime.now(UTC),
        )
    )
    spool.remaining_weight -= taken
    await session.flush()


async def _end(
    factory: Factory, print_run_id: int, outcome: Any = "success", **used: tuple[UUID, str]
) -> None:
    """A print ends, takes filament, and ends its queue item: one transaction, as ingest does."""
    async with factory.database.transaction(EVERY_TEAM) as session:
        await hold(session, print_run_id)
        archive = await end(session, print_run_id, outcome)
        assert archive is not None
        for spool_id, grams in used.values():
            await _take(session, archive, spool_id, Decimal(grams))
        print_run = await session.get(PrintRun, print_run_id)
        assert print_run is not None
        item = await queue.locked(session, print_run.queue_item_id or 0)
        if item is not None:
            item.status, item.completed_at = QUEUE_STATUS[outcome], datetime.now(UTC)
            session.raise_event(QueueItemUpdated(team_id=item.team_id, queue_item_id=item.id))


async def _print(
    factory: Factory,
    printer: Printer,
    item: QueueItem,
    outcome: Any = "success",
    **used: tuple[UUID, str],
) -> None:
    await _end(factory, await _begin(factory, printer, item.id), outcome, **used)


async def _results(factory: Factory, run_id: UUID) -> list[tuple[int, int]]:
    return [
        (item.successful_quantity, item.failed_quantity) for item in await factory.items(run_id)
    ]


async def test_a_run_queues_enough_plates(
    factory: Factory, printer: Printer, archive: Archive
) -> None:
    """Ten pieces at four a plate are three plates; what is made or under way is not queued."""
    vase = await factory.product(archive_id=archive.id, pieces_per_plate=4)
    run = await factory.run(items=[NewRunItem(vase, 10)], status=RunStatus.PENDING)
    items = await _queue(factory, run.id, printer_id=printer.id)
    assert [(i.archive_id, i.printer_id, i.production_run_id) for i in items] == [
        (archive.id, printer.id, run.id)
    ] * 3
    with pytest.raises(Conflict):
        await _queue(factory, run.id)
    await _print(factory, printer, items[0], "failed")
    await _print(factory, printer, items[1])
    assert await _results(factory, run.id) == [(4, 4)]
    # Four are good and four wait: two are missing.
    assert len(await _queue(factory, run.id)) == 1
    async with factory.database.read(factory.viewer.team_id) as session:
        assert len((await queue.of_runs(session, [run.id]))[run.id]) == 4


async def test_what_cannot_be_queued_is_refused(factory: Factory, archive: Archive) -> None:
    """A product without an archive, a run that has ended or has nothing, a printer of nobody."""
    vase = await factory.product(archive_id=archive.id)
    bare = await factory.product(name="Bare")
    run = await factory.run(items=[NewRunItem(vase), NewRunItem(bare)])
    for run_id, wish, refusal in (
        (run.id, {}, Conflict),
        ((await factory.run()).id, {}, Conflict),
        ((await factory.run(status=RunStatus.COMPLETED)).id, {}, Conflict),
        ((await factory.run(items=[NewRunItem(vase)])).id, {"printer_id": 99}, NotFound),
        (uuid4(), {}, NotFound),
    ):
        with pytest.raises(refusal):
            await _queue(factory, run_id, **wish)
    weak = Factory(factory.database, with_scopes(factory.viewer, Scope.INVENTORY))
    with pytest.raises(Forbidden):
        await _queue(weak, run.id)
    async with factory.database.read(factory.viewer.team_id) as session:
        assert await queue.count(session, queue.QueueFilter()) == 0


async def test_a_run_is_at_work_when_its_first_print_begins(
    factory: Factory, printer: Printer, archive: Archive
) -> None:
    """Told once; the counts come with the ends, and surplus pieces of the last plate are none."""
    vase = await factory.product(archive_id=archive.id, pieces_per_plate=3)
    run = await factory.run(items=[NewRunItem(vase, 5)], status=RunStatus.PENDING)
    first, second = await _queue(factory, run.id)
    told = listen(factory.database)
    running = await _begin(factory, printer, first.id)
    assert (await factory.stored(run.id)).status is RunStatus.IN_PROGRESS
    assert await _results(factory, run.id) == [(0, 0)]
    await _end(factory, running)
    await _print(factory, printer, second)
    assert await _results(factory, run.id) == [(5, 0)]
    assert (await factory.stored(run.id)).status is RunStatus.IN_PROGRESS
    assert sum(isinstance(item, ProductionRunStarted) for item in told) == 1


async def test_good_pieces_replace_failed_ones(
    factory: Factory, printer: Printer, archive: Archive
) -> None:
    """Two of two fail, and are printed again: two good ones, none failed."""
    vase = await factory.product(archive_id=archive.id, pieces_per_plate=2)
    run = await factory.run(items=[NewRunItem(vase, 2)])
    (item,) = await _queue(factory, run.id)
    await _print(factory, printer, item, "stopped")
    assert await _results(factory, run.id) == [(0, 2)]
    (again,) = await _queue(factory, run.id)
    await _print(factory, printer, again)
    assert await _results(factory, run.id) == [(2, 0)]


async def test_an_item_that_changes_twice_is_counted_once(
    factory: Factory, printer: Printer, archive: Archive
) -> None:
    """Repeated news change nothing; a failed item that goes on after all is taken back."""
    vase = await factory.product(archive_id=archive.id, pieces_per_plate=2)
    run = await factory.run(items=[NewRunItem(vase, 9)])
    item, *_ = await _queue(factory, run.id)

    async def become(status: QueueStatus) -> None:
        async with factory.database.transaction(factory.viewer.team_id) as session:
            row = await queue.locked(session, item.id)
            assert row is not None
            row.status = status
            session.raise_event(QueueItemUpdated(team_id=row.team_id, queue_item_id=row.id))

    await become(QueueStatus.FAILED)
    assert await _results(factory, run.id) == [(0, 0)]  # it was never printed
    await _print(factory, printer, item, "failed")
    await become(QueueStatus.FAILED)
    assert await _results(factory, run.id) == [(0, 2)]
    await become(QueueStatus.PRINTING)
    assert await _results(factory, run.id) == [(0, 0)]
    await become(QueueStatus.COMPLETED)
    assert await _results(factory, run.id) == [(2, 0)]


async def test_measured_usage_fills_the_materials(
    factory: Factory, printer: Printer, archive: Archive
) -> None:
    """On the line of its spool, or on a new one; completion takes none of it again."""
    red, blue = await factory.spool(), await factory.spool()
    vase = await factory.product(archive_id=archive.id)
    run = await factory.run((red, "50", None), items=[NewRunItem(vase, 2)])
    first, second = await _queue(factory, run.id)
    await _print(factory, printer, first, a=(red, "24.5"))
    await _print(factory, printer, second, a=(red, "25"), b=(blue, "1.25"))
    lines = await factory.materials(run.id)
    assert [
        (row.spool_id, row.estimated_weight, row.actual_weight, row.settled_weight) for row in lines
    ] == [
        (red, 50, Decimal("49.5"), Decimal("49.5")),
        (blue, 0, Decimal("1.25"), Decimal("1.25")),
    ]
    assert (await factory.stored(run.id)).actual_total_filament == Decimal("50.75")
    done = await factory.complete(run.id)
    assert ([item.taken for item in done.spools], done.inventory_updated) == ([0, 0], False)
    assert await factory.weight(red) == Decimal("950.5")
    rows = (await factory.transactions(red))[1:]
    assert [row.production_run_id for row in rows] == [run.id, run.id]
    assert all(row.archive_id is not None for row in rows)


async def test_only_the_rest_of_what_was_weighed_is_taken(
    factory: Factory, printer: Printer, archive: Archive
) -> None:
    """The printer measured 20 g, the scale says 23 g: completion takes 3 g."""
    red = await factory.spool()
    items = [NewRunItem(await factory.product(archive_id=archive.id))]
    run = await factory.run((red, "20", None), items=items)
    (item,) = await _queue(factory, run.id)
    running = await _begin(factory, printer, item.id)
    (line,) = await factory.materials(run.id)
    weighed = RunMaterialChanges(
        spool_weight_before=Decimal(1200), spool_weight_after=Decimal(1177)
    )
    async with factory.database.transaction(factory.viewer.team_id) as session:
        await update_material(session, factory.viewer, line.id, weighed)
    await _end(factory, running, a=(red, "20"))
    (line,) = await factory.materials(run.id)
    assert (line.actual_weight, line.settled_weight) == (23, 20)
    assert [item.taken for item in (await factory.complete(run.id)).spools] == [3]
    assert await factory.weight(red) == 977


async def test_waste_of_a_failed_run_is_less_what_prints_took(
    factory: Factory, printer: Printer, archive: Archive
) -> None:
    """30 g were used up, of which a print took 12 g already."""
    red = await factory.spool()
    items = [NewRunItem(await factory.product(archive_id=archive.id))]
    run = await factory.run((red, "20", None), items=items)
    (item,) = await _queue(factory, run.id)
    await _print(factory, printer, item, "failed", a=(red, "12"))
    done = await factory.fail(run.id, Waste(red, Decimal(30)))
    assert [row.taken for row in done.spools] == [18]
    assert await factory.weight(red) == 970


async def test_a_shortfall_is_owed_by_nobody(
    factory: Factory, printer: Printer, archive: Archive
) -> None:
    """A print used 20 g of a spool that was known to hold 5 g: completion does not ask again."""
    red = await factory.spool(5)
    items = [NewRunItem(await factory.product(archive_id=archive.id))]
    run = await factory.run((red, "20", None), items=items)
    (item,) = await _queue(factory, run.id)
    await _print(factory, printer, item, a=(red, "20"))
    (line,) = await factory.materials(run.id)
    assert (line.actual_weight, line.settled_weight) == (20, 20)
    assert (await factory.complete(run.id)).inventory_updated is False
    assert await factory.weight(red) == 0


async def test_prints_that_wait_for_a_run_end_with_it(
    factory: Factory, printer: Printer, archive: Archive
) -> None:
    """Whatever ends it, and its deletion; what is being printed goes on and is still recorded."""
    red = await factory.spool()
    items = [NewRunItem(await factory.product(archive_id=archive.id), 2)]
    run = await factory.run(items=items)
    printing, waiting = await _queue(factory, run.id)
    running = await _begin(factory, printer, printing.id)
    await factory.cancel(run.id)
    await _end(factory, running, a=(red, "7"))
    deleted = await factory.run(items=items, status=RunStatus.PENDING)
    (other, _) = await _queue(factory, deleted.id)
    async with factory.database.transaction(factory.viewer.team_id) as session:
        await service.delete_run(session, factory.viewer, deleted.id)
    async with factory.database.read(factory.viewer.team_id) as session:
        found = await queue.by_ids(session, [printing.id, waiting.id, other.id])
    assert [found[i.id].status for i in (printing, waiting, other)] == [
        QueueStatus.COMPLETED,
        QueueStatus.CANCELLED,
        QueueStatus.CANCELLED,
    ]
    assert found[other.id].production_run_id is None
    (line,) = await factory.materials(run.id)
    assert (line.spool_id, line.settled_weight) == (red, 7)
    assert await _results(factory, run.id) == [(0, 0)]


async def test_a_print_that_ends_after_its_run_takes_nothing_twice(
    factory: Factory, printer: Printer, archive: Archive
) -> None:
    """The scale said 23 g at the end of the run; the 20 g that the print takes later are in it."""
    red = await factory.spool()
    items = [NewRunItem(await factory.product(archive_id=archive.id))]
    run = await factory.run((red, "20", "23"), items=items)
    (item,) = await _queue(factory, run.id)
    running = await _begin(factory, printer, item.id)
    await factory.complete(run.id)
    assert await factory.weight(red) == 977
    await _end(factory, running, a=(red, "20"))
    assert await factory.weight(red) == 977
    assert [(row.type, row.change) for row in (await factory.transactions(red))[1:]] == [
        (TransactionType.USAGE, -23),
        (TransactionType.USAGE, -20),
        (TransactionType.RETURN, 20),
    ]
    (line,) = await factory.materials(run.id)
    assert (line.actual_weight, line.settled_weight) == (23, 20)


async def test_ends_of_prints_and_of_runs_at_once(
    factory: Factory, printer: Printer, archive: Archive
) -> None:
    """Whichever comes first: neither waits for the other for ever, and nothing is taken twice."""
    spools = [await factory.spool() for _ in range(2)]
    product = await factory.product(archive_id=archive.id)
    for _round in range(6):
        lines = [(spool, "10", "10") for spool in spools]
        run = await factory.run(*lines, items=[NewRunItem(product)])
        (item,) = await _queue(factory, run.id)
        running = await _begin(factory, printer, item.id)
        used = {"a": (spools[1], "1"), "b": (spools[0], "1")}
        await asyncio.gather(_end(factory, running, **used), factory.complete(run.id))
        assert (await factory.stored(run.id)).status is RunStatus.COMPLETED
    for spool in spools:
        rows = (await factory.transactions(spool))[1:]
        assert {row.change for row in rows} <= {Decimal(n) for n in (-1, -9, -10, 1)}
        assert await factory.weight(spool) == 940


async def _project(factory: Factory, files: int) -> int:
    """A project with so many sliced files, the first of which was printed before."""
    async with factory.database.transaction(factory.viewer.team_id) as session:
        project = await create_project(session, factory.viewer, NewProject("Fair"))
        for number in range(files):
            sha256, now = str(number).rjust(64, "0"), datetime.now(UTC)
            session.add(FileContent(sha256=sha256, key=sha256, size=1, created_at=now))
            await session.flush()
            stored = StoredFile(sha256=sha256, size=1, media_type="model/3mf", created_at=now)
            session.add(stored)
            await session.flush()
            for status in (ArchiveStatus.READY, ArchiveStatus.SUCCESS)[: 2 if not number else 1]:
                session.add(
                    Archive(
                        name=f"A{number}",
                        filename="a.3mf",
                        status=status,
                        project_id=project.id,
                        file_id=stored.id,
                        created_at=datetime.now(UTC) + timedelta(seconds=number),
                        updated_at=datetime.now(UTC),
                        tags=[],
                    )
                )
        return project.id


async def _produce(factory: Factory, project_id: int) -> tuple[ProductionRun, list[QueueItem]]:
    async with factory.database.transaction(factory.viewer.team_id) as session:
        return await plates.produce_project(session, factory.viewer, project_id, Wish())


@pytest.mark.parametrize(
    ("outcomes", "status", "event"),
    [
        (("success", "success"), RunStatus.COMPLETED, ProductionRunCompleted),
        (("success", "failed"), RunStatus.FAILED, ProductionRunFailed),
        (("success", "removed"), RunStatus.COMPLETED, ProductionRunCompleted),
        (("removed", "removed"), RunStatus.CANCELLED, ProductionRunCancelled),
        (("stopped", "stopped"), RunStatus.CANCELLED, ProductionRunCancelled),
    ],
)
async def test_a_run_of_a_project_ends_with_its_last_print(
    factory: Factory,
    printer: Printer,
    outcomes: tuple[str, ...],
    status: RunStatus,
    event: type,
) -> None:
    """Each file is queued once, and how the prints end decides how the run does."""
    run, items = await _produce(factory, await _project(factory, 2))
    assert (run.status, len(items)) == (RunStatus.PENDING, 2)
    told = listen(factory.database)
    for item, outcome in zip(items, outcomes, strict=True):
        assert (await factory.stored(run.id)).completed_at is None
        if outcome == "removed":
            async with factory.database.transaction(factory.viewer.team_id) as session:
                await remove_from_queue(session, factory.viewer, item.id)
        else:
            await _print(factory, printer, item, outcome)
    stored = await factory.stored(run.id)
    assert stored.status is status
    assert stored.failure_reason == (
        "1 of 2 prints did not succeed." if status is RunStatus.FAILED else None
    )
    assert sum(isinstance(item, event) for item in told) == 1


async def test_a_project_without_files_cannot_be_produced(factory: Factory) -> None:
    """A conflict, or not found for another's; no run is left behind."""
    project = await _project(factory, 0)
    with pytest.raises(Conflict):
        await _produce(factory, project)
    with pytest.raises(NotFound):
        await _produce(factory, 999)
    assert (await factory.run()).run_number.endswith("-001")
