"""A long history leaves its printer or project in batches, before that is removed."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager

import pytest
from sqlalchemy import select, text

from app.accounts.models import Scope
from app.accounts.viewer import Viewer
from app.archives import detaching, figures, queries
from app.archives.models import Archive, ArchiveCount, ArchiveStatus, ProjectCount
from app.archives.queries import ArchiveFilter
from app.archives.service import ArchiveChanges, update_archive
from app.data_files import service as data_files
from app.database import EVERY_TEAM, Database, WriteSession
from app.errors import Forbidden
from app.print_queue import detaching as everything
from app.print_queue.models import Dispatch, DispatchStage, QueueItem, QueueStatus
from app.printers.models import Printer, PrintRun
from app.projects import service as projects
from app.projects.service import NewProject
from app.statistics import queries as statistics
from app.statistics.models import DailyPrints
from tests.farm import NOON, begin, end, make_print, make_printer, make_viewer, with_scopes

BATCH = 3


@pytest.fixture
async def viewer(database: Database, monkeypatch: pytest.MonkeyPatch) -> Viewer:
    monkeypatch.setattr(detaching, "BATCH", BATCH)
    return await make_viewer(database)


class _Transactions:
    """Transactions as a team, counted."""

    def __init__(self, database: Database, viewer: Viewer) -> None:
        self.database, self.viewer, self.number = database, viewer, 0

    def __call__(self) -> AbstractAsyncContextManager[WriteSession]:
        self.number += 1
        return self.database.transaction(self.viewer.team_id)


async def _kept(database: Database) -> list[tuple[object, ...]]:
    async with database.read(1) as session:
        found: list[tuple[object, ...]] = [
            ("printer", row.printer_id, row.status, row.archives)
            for row in await session.scalars(select(ArchiveCount))
        ]
        found += [
            ("project", row.project_id, row.status, row.archives)
            for row in await session.scalars(select(ProjectCount))
        ]
        found += [
            ("day", row.printer_id, row.day, row.successful, row.seconds)
            for row in await session.scalars(select(DailyPrints))
        ]
    return sorted((row for row in found if any(row[3:])), key=str)


async def _rebuilt(database: Database) -> list[tuple[object, ...]]:
    async with database.transaction(1) as session:
        await figures.rebuild(session)
    return await _kept(database)


async def test_archives_leave_a_project_but_for_a_batch(database: Database, viewer: Viewer) -> None:
    """Eight archives leave in two transactions; the third finds no more than a batch."""
    printer = await make_printer(database, viewer)
    async with database.transaction(viewer.team_id) as session:
        project = await projects.create_project(session, viewer, NewProject("Long"))
    for _ in range(8):
        archive = await make_print(database, printer)
        async with database.transaction(viewer.team_id) as session:
            changes = ArchiveChanges(project_id=project.id)
            await update_archive(session, viewer, archive.id, changes)
    transactions = _Transactions(database, viewer)
    await detaching.from_project(transactions, viewer, project.id)
    assert transactions.number == 3
    async with database.read(viewer.team_id) as session:
        assert await queries.count(session, ArchiveFilter(project_id=project.id)) == 2
        assert await queries.count(session, ArchiveFilter()) == 8
    assert await _kept(database) == await _rebuilt(database)


async def test_what_ended_leaves_a_printer(database: Database, viewer: Viewer) -> None:
    """Prints, their runs, items of the queue and attempts; a print that goes on stays, and so do
    items that wait and what belongs to another printer."""
    left = await make_printer(database, viewer, "Left")
    right = await make_printer(database, viewer, "Right")
    for printer in (left, left, left, left, right, right, right, right):
        archive = await make_print(database, printer)
        await _queue(database, viewer, printer, archive, QueueStatus.COMPLETED)
    await _queue(database, viewer, left, archive, QueueStatus.PENDING)
    async with database.transaction(viewer.team_id) as session:
        await begin(session, await session.get_one(Printer, left.id))
    await everything.from_printer(_Transactions(database, viewer), viewer, left.id)
    assert await _kept(database) == await _rebuilt(database)
    async with database.read(viewer.team_id) as session:
        for kind, here, there in (
            (Archive, 2, 4),
            (PrintRun, 2, 4),
            (QueueItem, 2, 4),
            (Dispatch, 1, 4),
        ):
            of = list(await session.scalars(select(kind.printer_id)))
            assert (of.count(left.id), of.count(right.id)) == (here, there), kind
        sums = dict(await statistics.by_printer(session, statistics.Period()))
        assert {key: value.prints for key, value in sums.items()} == {
            None: 3,
            left.id: 1,
            right.id: 4,
        }


async def _queue(
    database: Database, viewer: Viewer, printer: Printer, archive: Archive, status: QueueStatus
) -> None:
    async with database.transaction(viewer.team_id) as session:
        item = QueueItem(
            position=1,
            archive_id=archive.id,
            printer_id=printer.id,
            status=status,
            created_at=NOON,
        )
        session.add(item)
        await session.flush()
        if status is QueueStatus.COMPLETED:
            session.add(
                Dispatch(
                    queue_item_id=item.id,
                    printer_id=printer.id,
                    stage=DispatchStage.ACCEPTED,
                    subtask_id=item.id,
                    remote_path="/a.3mf",
                    created_at=NOON,
                    ended_at=NOON,
                )
            )


async def test_only_who_may_remove_detaches(database: Database, viewer: Viewer) -> None:
    """Nothing leaves for somebody without the scope."""
    reader = with_scopes(viewer, Scope.READ)
    transactions = _Transactions(database, viewer)
    with pytest.raises(Forbidden):
        await detaching.from_project(transactions, reader, 1)
    with pytest.raises(Forbidden):
        await everything.from_printer(transactions, reader, 1)
    assert transactions.number == 0


async def test_another_team_is_left_alone(database: Database, viewer: Viewer) -> None:
    """An id of somebody else's printer detaches nothing."""
    other = await make_viewer(database)
    printer = await make_printer(database, other)
    for _ in range(5):
        await make_print(database, printer)
    await everything.from_printer(_Transactions(database, viewer), viewer, printer.id)
    async with database.read(other.team_id) as session:
        assert await queries.count(session, ArchiveFilter(printer_id=printer.id)) == 5


async def test_a_print_may_end_while_its_project_is_removed(postgres_url: str) -> None:
    """Its end counts it in the project, whose removal waits for that; neither is given up."""
    database = Database(postgres_url)
    viewer = await make_viewer(database)
    printer = await make_printer(database, viewer)
    async with database.transaction(viewer.team_id) as session:
        project = await projects.create_project(session, viewer, NewProject("P"))
        run = await session.get_one(PrintRun, await begin(session, printer))
        changes = ArchiveChanges(project_id=project.id)
        archive = await update_archive(session, viewer, run.archive_id or 0, changes)
    waits = text("SELECT count(*) FROM pg_locks WHERE NOT granted")

    async def remove() -> None:
        async with database.transaction(viewer.team_id) as session:
            await data_files.delete_project(session, viewer, project.id)

    async with asyncio.timeout(20):
        async with database.transaction(EVERY_TEAM) as session:
            await session.execute(select(Archive.id).with_for_update())
            removing = asyncio.create_task(remove())
            async with database.read(EVERY_TEAM) as other:
                while not await other.scalar(waits):
                    pass
            await end(session, run.id)
        await removing
    async with database.read(viewer.team_id) as reading:
        left = await reading.get_one(Archive, archive.id)
        assert (left.status, left.project_id) == (ArchiveStatus.SUCCESS, None)
        assert await queries.archive_counts(reading, [project.id]) == {}
    await database.close()
