"""Statistics kept in step with the history, and how they are read."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import AbstractAsyncContextManager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.accounts.viewer import Viewer
from app.archives import detaching, figures, queries, removal, runs, service
from app.archives.models import Archive, ArchiveCount, ArchiveStatus, ProjectCount
from app.archives.queries import ArchiveFilter
from app.archives.runs import ObservedFilament, Outcome
from app.archives.service import ArchiveChanges
from app.database import EVERY_TEAM, Database, ReadSession, WriteSession
from app.printers.models import Printer, PrintRun
from app.projects import service as projects
from app.projects.service import NewProject
from app.statistics import queries as statistics
from app.statistics.models import DailyMaterial, DailyPrints
from app.statistics.queries import Period, Totals
from tests.farm import NOON, begin, end, make_print, make_printer, make_viewer

PLA, PETG = ObservedFilament("PLA"), ObservedFilament("PETG")


@pytest.fixture
async def viewer(database: Database) -> Viewer:
    return await make_viewer(database)


async def _kept(session: ReadSession) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """Every kept figure that is not nothing."""
    found: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    for day in await session.scalars(select(DailyPrints)):
        found["prints", day.team_id, day.printer_id, day.day] = (
            day.successful,
            day.failed,
            day.stopped,
            day.seconds,
            day.grams,
            day.cost,
        )
    for used in await session.scalars(select(DailyMaterial)):
        key = ("material", used.team_id, used.printer_id, used.day, used.material)
        found[key] = (used.prints, used.grams)
    for count in await session.scalars(select(ArchiveCount)):
        found["count", count.team_id, count.printer_id, count.status] = (count.archives,)
    for number in await session.scalars(select(ProjectCount)):
        found["project", number.team_id, number.project_id, number.status] = (number.archives,)
    return {key: value for key, value in found.items() if any(value)}


_GRAMS = st.none() | st.decimals(0, 500, places=3)
_FILAMENTS = st.lists(
    st.builds(ObservedFilament, st.sampled_from(["PLA", "PETG", "ABS"]), grams=_GRAMS), max_size=3
)
_CHANGES = st.builds(
    ArchiveChanges,
    filament_used=_GRAMS,
    cost=st.none() | st.decimals(0, 100, places=6),
    filament_type=st.sampled_from([None, "PLA", "TPU"]),
)
_NUMBER = st.integers(0, 9)
_OUTCOME = st.sampled_from(["success", "failed", "stopped"])
_STEP = {
    "begin": st.tuples(st.just("begin"), _NUMBER, _FILAMENTS),
    "end": st.tuples(st.just("end"), _NUMBER, _OUTCOME, st.integers(0, 72)),
    "edit": st.tuples(st.just("edit"), _NUMBER, _CHANGES),
    "delete": st.tuples(st.just("delete"), _NUMBER),
    "move": st.tuples(st.just("move"), _NUMBER, st.none() | st.integers(0, 2)),
    "attribute": st.tuples(st.just("attribute"), _NUMBER),
    "remove project": st.tuples(st.just("remove project"), _NUMBER),
    "remove printer": st.tuples(st.just("remove printer"), _NUMBER),
}
# Prints and edits are what a farm does most.
_OFTEN = [
    *(["begin"] * 4 + ["end"] * 4 + ["edit"] * 4 + ["move"] * 4 + ["delete"] * 2),
    *("attribute", "remove printer", "remove project"),
]
_STEPS = st.lists(st.sampled_from(_OFTEN).flatmap(_STEP.__getitem__), min_size=8, max_size=25)


class _History:
    """Carries out steps on a farm of three printers and three projects."""

    def __init__(
        self, database: Database, viewer: Viewer, printers: list[Printer], projects: list[int]
    ) -> None:
        self.database = database
        self.viewer = viewer
        self.printers: dict[int, Printer] = dict(enumerate(printers))
        self.projects = projects
        self.open: dict[int, int] = {}

    async def do(self, action: str, number: int, *rest: Any) -> None:
        if action in ("edit", "delete", "move", "attribute"):
            await self._change(action, number, *rest)
        elif action == "remove project" and self.projects:
            project_id = self.projects.pop(number % len(self.projects))
            await detaching.from_project(self._transaction, self.viewer, project_id)
            async with self.database.transaction(self.viewer.team_id) as session:
                await projects.delete_project(session, self.viewer, project_id)
        elif action == "end" and self.open:
            await self._act(action, list(self.open)[number % len(self.open)], *rest)
        elif action in ("begin", "remove printer") and self.printers:
            await self._act(action, list(self.printers)[number % len(self.printers)], *rest)

    def _transaction(self) -> AbstractAsyncContextManager[WriteSession]:
        """Each leaves everything kept as it would be computed anew."""
        return self.database.transaction(self.viewer.team_id)

    async def _act(self, action: str, number: int, *rest: Any) -> None:
        printer = self.printers[number]
        if action == "remove printer":
            await detaching.from_printer(self._transaction, self.viewer, printer.id)
        async with self.database.transaction(EVERY_TEAM) as session:
            if action == "begin":
                self.open[number] = await begin(session, printer, filaments=rest[0])
            elif action == "end":
                outcome, hours = rest
                at = NOON + timedelta(hours=hours)
                await end(session, self.open.pop(number), outcome, at=at)
        if action == "remove printer":
            async with self.database.transaction(self.viewer.team_id) as session:
                await removal.remove_printer(session, self.viewer, printer.id)
            del self.printers[number]
            self.open.pop(number, None)

    async def _change(self, action: str, number: int, *rest: Any) -> None:
        async with self.database.transaction(self.viewer.team_id) as session:
            archives = await queries.batch_after(session, 0, 100)
            if not archives:
                return
            archive = archives[number % len(archives)]
            if action == "edit":
                await service.update_archive(session, self.viewer, archive.id, rest[0])
            elif action == "move":
                project = rest[0] if rest[0] in range(len(self.projects)) else None
                changes = ArchiveChanges(
                    project_id=None if project is None else self.projects[project]
                )
                await service.update_archive(session, self.viewer, archive.id, changes)
            elif action == "attribute":
                for run_id in self.open.values():
                    run = await session.get_one(PrintRun, run_id)
                    await runs.attribute(session, run, archive)
            elif archive.status is not ArchiveStatus.PRINTING:
                await service.delete_archive(session, self.viewer, archive.id)


@settings(
    max_examples=15,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking would take minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=_STEPS)
async def test_kept_figures_are_those_of_the_history(
    database: Database, monkeypatch: pytest.MonkeyPatch, steps: list[tuple[Any, ...]]
) -> None:
    """After any prints, edits and removals, computing everything anew changes no figure, and
    leaves those of another team alone."""
    monkeypatch.setattr(detaching, "BATCH", 2)
    viewer, other = await make_viewer(database), await make_viewer(database)
    await make_print(database, await make_printer(database, other), filaments=[PLA])
    printers = [await make_printer(database, viewer, name) for name in "ABC"]
    async with database.transaction(viewer.team_id) as session:
        made = [await projects.create_project(session, viewer, NewProject(name)) for name in "PQR"]
    history = _History(database, viewer, printers, [project.id for project in made])
    for step in steps:
        await history.do(*step)
    async with database.read(EVERY_TEAM) as session:
        kept = await _kept(session)
    async with database.transaction(viewer.team_id) as session:
        await figures.rebuild(session)
    async with database.read(EVERY_TEAM) as session:
        assert await _kept(session) == kept
    async with database.read(viewer.team_id) as session:
        archives = await queries.batch_after(session, 0, 100)
        for status in ArchiveStatus:
            expected = sum(archive.status is status for archive in archives)
            wanted = ArchiveFilter(statuses=frozenset({status}))
            assert await queries.count(session, wanted) == expected
        numbers = Counter((archive.project_id, archive.printer_id) for archive in archives)
        for project in made:
            wanted = ArchiveFilter(project_id=project.id)
            of_project = {key[1]: number for key, number in numbers.items() if key[0] == project.id}
            assert await queries.count(session, wanted) == sum(of_project.values())
            of_each = await queries.counts_of_each(
                session, "printer_id", [printer.id for printer in printers], wanted
            )
            of_project.pop(None, None)
            assert of_each == of_project


async def test_figures_stay_right_when_everything_happens_at_once(
    database: Database, viewer: Viewer
) -> None:
    """Prints begin and end while others are edited and deleted: nobody waits for ever, no change
    is lost, and computing everything anew gives the same."""
    printers = [await make_printer(database, viewer, name) for name in "ABCD"]
    ended = [await make_print(database, printers[n % 4], filaments=[PLA]) for n in range(12)]

    async def print_on(printer: Printer) -> None:
        for outcome in ("success", "failed"):
            await make_print(database, printer, outcome=outcome, filaments=[PETG])

    async def change(number: int) -> None:
        async with database.transaction(viewer.team_id) as session:
            if number % 3:
                changes = ArchiveChanges(filament_used=Decimal(number), filament_type="ABS")
                await service.update_archive(session, viewer, ended[number].id, changes)
            else:
                await service.delete_archive(session, viewer, ended[number].id)

    await asyncio.gather(*map(print_on, printers), *map(change, range(12)))
    async with database.read(viewer.team_id) as session:
        kept = await _kept(session)
        totals = (await statistics.totals(session, [Period()]))[Period()]
    assert (totals.successful, totals.failed) == (12, 4)
    assert totals.grams == sum(number for number in range(12) if number % 3)
    async with database.transaction(viewer.team_id) as session:
        await figures.rebuild(session)
    async with database.read(viewer.team_id) as session:
        assert await _kept(session) == kept


async def test_a_print_that_is_moved_while_it_is_attributed_is_counted_once(
    postgres_url: str,
) -> None:
    """Its project was read, then changed by hand, then replaced by that of what is printed."""
    database = Database(postgres_url)
    viewer = await make_viewer(database)
    printer = await make_printer(database, viewer)
    async with database.transaction(viewer.team_id) as session:
        mine, theirs = [
            (await projects.create_project(session, viewer, NewProject(name))).id for name in "PQ"
        ]
    source = await make_print(database, printer, filaments=[PLA])
    async with database.transaction(viewer.team_id) as session:
        changes = ArchiveChanges(project_id=theirs)
        source = await service.update_archive(session, viewer, source.id, changes)
    async with database.transaction(EVERY_TEAM) as session:
        run_id = await begin(session, printer, filaments=[PLA])
    async with database.transaction(EVERY_TEAM) as session:
        run = await session.get_one(PrintRun, run_id)
        archive = await session.get_one(Archive, run.archive_id)
        async with database.transaction(viewer.team_id) as other:
            moved = ArchiveChanges(project_id=mine)
            await service.update_archive(other, viewer, archive.id, moved)
        await runs.attribute(session, run, source)
    async with database.read(viewer.team_id) as session:
        numbers = await queries.archive_counts(session, [mine, theirs])
    assert {key: number for key, number in numbers.items() if number} == {theirs: 2}
    await database.close()


async def _farm(database: Database, viewer: Viewer) -> tuple[Printer, Printer]:
    """Two days, two printers: three successes, a failure and a stop."""
    left = await make_printer(database, viewer, "Left")
    right = await make_printer(database, viewer, "Right")
    next_day = NOON + timedelta(days=1)
    prints: list[tuple[Printer, Outcome, datetime, ObservedFilament, str]] = [
        (left, "success", NOON, PLA, "10"),
        (left, "failed", NOON, PLA, "0.5"),
        (left, "success", next_day, PETG, "20"),
        (right, "success", next_day, PLA, "30.25"),
        (right, "stopped", next_day, PLA, "0"),
    ]
    for printer, outcome, at, filament, grams in prints:
        archive = await make_print(database, printer, outcome=outcome, at=at, filaments=[filament])
        async with database.transaction(viewer.team_id) as session:
            changes = ArchiveChanges(filament_used=Decimal(grams), cost=Decimal(grams) / 10)
            await service.update_archive(session, viewer, archive.id, changes)
    return left, right


async def test_totals_add_up_over_whole_days(database: Database, viewer: Viewer) -> None:
    """Counts, seconds, grams and cost, of all printers or one, of all days or some."""
    left, right = await _farm(database, viewer)
    first = date(2026, 3, 1)
    async with database.read(viewer.team_id) as session:
        everything = (await statistics.totals(session, [Period()]))[Period()]
        assert everything == Totals(3, 1, 1, 5 * 3600, Decimal("60.75"), Decimal("6.075"))
        assert everything.prints == 5
        assert everything.success_rate == 60.0
        for period, prints in (
            (Period(printer_id=left.id), 3),
            (Period(printer_id=right.id), 2),
            (Period(end=first), 2),
            (Period(start=first + timedelta(days=1)), 3),
            (Period(left.id, first, first), 2),
            (Period(start=first + timedelta(days=2)), 0),
            (Period(printer_id=99), 0),
        ):
            totals = (await statistics.totals(session, [period]))[period]
            assert totals.prints == prints, period
            assert await statistics.totals_of(database, viewer.team_id, period) == totals


async def test_figures_are_split_by_printer_day_and_material(
    database: Database, viewer: Viewer
) -> None:
    """Each split adds up to the totals."""
    left, right = await _farm(database, viewer)
    async with database.read(viewer.team_id) as session:
        by_printer = await statistics.by_printer(session, Period())
        by_day = (await statistics.by_day(session, [Period()]))[Period()]
        by_material = (await statistics.by_material(session, [Period()]))[Period()]
        of_left = (await statistics.by_material(session, [Period(printer_id=left.id)]))[
            Period(printer_id=left.id)
        ]
    assert [(key, sums.prints, sums.grams) for key, sums in by_printer] == [
        (left.id, 3, Decimal("30.5")),
        (right.id, 2, Decimal("30.25")),
    ]
    assert [(day, sums.successful, sums.prints) for day, sums in by_day] == [
        (date(2026, 3, 1), 1, 2),
        (date(2026, 3, 2), 2, 3),
    ]
    assert by_material == [("PLA", 4, Decimal("40.75")), ("PETG", 1, Decimal(20))]
    assert of_left == [("PETG", 1, Decimal(20)), ("PLA", 2, Decimal("10.5"))]


async def test_a_print_belongs_to_the_utc_day_on_which_it_ended(
    database: Database, viewer: Viewer
) -> None:
    """Begun before midnight, it counts after it."""
    printer = await make_printer(database, viewer)
    await make_print(database, printer, at=datetime(2026, 3, 1, 23, 30, tzinfo=UTC))
    async with database.read(viewer.team_id) as session:
        assert [day for day, _ in (await statistics.by_day(session, [Period()]))[Period()]] == [
            date(2026, 3, 2)
        ]


@pytest.mark.parametrize(
    ("successful", "failed", "rate"),
    [(0, 0, 0.0), (0, 3, 0.0), (1, 2, 33.33), (2, 1, 66.67), (5, 0, 100.0), (1100, 134, 89.14)],
)
def test_the_success_rate_has_two_places(successful: int, failed: int, rate: float) -> None:
    """Successful prints in percent of all; 0 when there are none."""
    assert Totals(successful=successful, failed=failed).success_rate == rate


async def test_a_running_print_is_in_no_statistic(database: Database, viewer: Viewer) -> None:
    """Only what ended counts."""
    printer = await make_printer(database, viewer)
    async with database.transaction(EVERY_TEAM) as session:
        await begin(session, printer)
    async with database.read(viewer.team_id) as session:
        assert (await statistics.totals(session, [Period()]))[Period()] == Totals()


async def test_reading_statistics_never_scans_the_history(
    database: Database, viewer: Viewer
) -> None:
    """No statement of any figure names the archives."""
    from sqlalchemy import event

    await _farm(database, viewer)
    seen: list[str] = []
    engine = database.read_engine.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
    async with database.read(viewer.team_id) as session:
        (await statistics.totals(session, [Period()]))[Period()]
        await statistics.by_printer(session, Period())
        (await statistics.by_day(session, [Period()]))[Period()]
        (await statistics.by_material(session, [Period()]))[Period()]
    reads = [statement for statement in seen if statement.startswith("SELECT")]
    assert len(reads) == 4
    assert not any("archives" in statement for statement in reads)
