"""The history: what is found in it, what may be changed, what follows from that."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from app.accounts.models import Scope
from app.accounts.viewer import Viewer
from app.archives import queries, reading, service
from app.archives.models import Archive, ArchiveStatus
from app.archives.queries import ArchiveFilter
from app.archives.runs import ObservedFilament
from app.archives.service import ArchiveChanges
from app.database import EVERY_TEAM, Database
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.events import ArchiveDeleted, ArchiveUpdated
from app.keyset import Order, Window
from app.printers.models import Printer
from app.projects import service as projects
from app.projects.service import NewProject
from app.statistics import queries as statistics
from app.statistics.queries import Period
from tests.farm import NOON, begin, listen, make_print, make_printer, make_viewer, with_scopes

EVERYTHING = ArchiveFilter()


@pytest.fixture
async def viewer(database: Database) -> Viewer:
    return await make_viewer(database)


@pytest.fixture
async def printer(database: Database, viewer: Viewer) -> Printer:
    return await make_printer(database, viewer)


async def _change(
    database: Database, viewer: Viewer, archive: Archive, changes: ArchiveChanges
) -> Archive:
    async with database.transaction(viewer.team_id) as session:
        return await service.update_archive(session, viewer, archive.id, changes)


async def _names(
    database: Database,
    viewer: Viewer,
    wanted: ArchiveFilter = EVERYTHING,
    order: Order = queries.NEWEST_FIRST,
) -> list[str]:
    """The names of what is found; the count must agree with them."""
    async with database.read(viewer.team_id) as session:
        page = await reading.page(session, wanted, order, Window(first=100))
        assert await queries.count(session, wanted) == len(page.rows)
        return [row.name for row in page.rows]


async def test_every_word_is_a_part_of_some_text(
    database: Database, viewer: Viewer, printer: Printer
) -> None:
    """Name, filename, notes, tags and filament type are searched, in any case and order."""
    archive = await make_print(
        database, printer, "Große Vase", filaments=[ObservedFilament("PETG")]
    )
    await make_print(database, printer, "Benchy", at=NOON + timedelta(days=1))
    changes = ArchiveChanges(notes="for Aunt Mary", tags=["Gift", "100% done_now"])
    await _change(database, viewer, archive, changes)
    for search in (
        "vase",
        "GROSSE",
        "asE",
        "petg vase",
        "mary aunt",
        "gift .gcode",
        "100%",
        "done_now",
        "  ",
    ):
        expected = ["Große Vase"] if search.strip() else ["Benchy", "Große Vase"]
        assert await _names(database, viewer, ArchiveFilter(search=search)) == expected, search
    for search in ("vase benchy", "10%0", "doneXnow", "\\", "vase\nx"):
        assert await _names(database, viewer, ArchiveFilter(search=search)) == [], search


async def test_conditions_hold_together(database: Database, viewer: Viewer) -> None:
    """Printer, statuses, project, material, tag and the inclusive bounds of the time."""
    left = await make_printer(database, viewer, "Left")
    right = await make_printer(database, viewer, "Right")
    a = await make_print(database, left, "A")
    await make_print(database, left, "B", "failed", at=NOON + timedelta(days=1))
    petg = [ObservedFilament("PETG"), ObservedFilament("PLA")]
    c = await make_print(database, right, "C", at=NOON + timedelta(days=2), filaments=petg)
    async with database.transaction(viewer.team_id) as session:
        project = await projects.create_project(session, viewer, NewProject("Vases"))
    for archive in (a, c):
        await _change(
            database, viewer, archive, ArchiveChanges(project_id=project.id, tags=["Two Words"])
        )
    failed, ended = ArchiveStatus.FAILED, ArchiveStatus.SUCCESS
    for wanted, expected in (
        (ArchiveFilter(printer_id=left.id), ["B", "A"]),
        (ArchiveFilter(statuses=frozenset({failed})), ["B"]),
        (ArchiveFilter(statuses=frozenset({failed, ended})), ["C", "B", "A"]),
        (ArchiveFilter(left.id, statuses=frozenset({ended})), ["A"]),
        (ArchiveFilter(project_id=project.id), ["C", "A"]),
        (ArchiveFilter(left.id, project_id=project.id), ["A"]),
        (ArchiveFilter(tag="two words"), ["C", "A"]),
        (ArchiveFilter(tag="two"), []),
        (ArchiveFilter(material="petg"), ["C"]),
        (ArchiveFilter(material="pla"), ["C", "B", "A"]),
        (ArchiveFilter(material="pl"), []),
        (ArchiveFilter(created_from=NOON + timedelta(days=1)), ["C", "B"]),
        (ArchiveFilter(created_until=NOON + timedelta(days=1)), ["B", "A"]),
        (ArchiveFilter(created_from=NOON + timedelta(seconds=1), search="b"), ["B"]),
    ):
        assert await _names(database, viewer, wanted) == expected, wanted


async def test_pages_neither_lose_nor_repeat_a_row(
    database: Database, viewer: Viewer, printer: Printer
) -> None:
    """Rows of the same moment and name are told apart by id, in every order and direction."""
    for number in range(7):
        at = NOON + timedelta(hours=number // 3)
        await make_print(database, printer, f"Part {number % 2}", at=at)
    for order in queries.ORDERS.values():
        async with database.read(viewer.team_id) as session:
            whole = await reading.page(session, EVERYTHING, order, Window(first=100))
            expected = [row.id for row in whole.rows]
            assert len(set(expected)) == 7
            found: list[int] = []
            page = await reading.page(session, EVERYTHING, order, Window(first=3))
            while True:
                found += [row.id for row in page.rows]
                if not page.has_next:
                    break
                after = page.cursor(page.rows[-1])
                page = await reading.page(session, EVERYTHING, order, Window(first=3, after=after))
            assert found == expected
            before = page.cursor(page.rows[0])
            back = await reading.page(session, EVERYTHING, order, Window(last=3, before=before))
            assert [row.id for row in back.rows] == expected[3:6]
            assert back.has_previous


async def test_an_edit_changes_what_is_given(
    database: Database, viewer: Viewer, printer: Printer
) -> None:
    """Texts are trimmed, repeats among tags dropped, null empties, absence leaves alone."""
    archive = await make_print(database, printer)
    told = listen(database)
    changes = ArchiveChanges(
        name="  Boat ", notes="n", tags=["a  b", "c", "a b"], cost=Decimal("0.0000005")
    )
    changed = await _change(database, viewer, archive, changes)
    assert (changed.name, changed.tags, changed.cost) == ("Boat", ["a b", "c"], Decimal(0))
    changed = await _change(database, viewer, archive, ArchiveChanges(notes=None))
    assert (changed.name, changed.notes, changed.tags) == ("Boat", None, ["a b", "c"])
    assert [type(item) for item in told] == [ArchiveUpdated, ArchiveUpdated]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        (ArchiveChanges(name=" "), "name"),
        (ArchiveChanges(name="x" * 501), "name"),
        (ArchiveChanges(notes="a\x00b"), "notes"),
        (ArchiveChanges(tags=["x"] * 51), "tags"),
        (ArchiveChanges(tags=["x" * 101]), "tags"),
        (ArchiveChanges(tags=[""]), "tags"),
        (ArchiveChanges(filament_used=Decimal(-1)), "filament_used"),
        (ArchiveChanges(filament_used=Decimal("NaN")), "filament_used"),
        (ArchiveChanges(cost=Decimal("1e12")), "cost"),
        (ArchiveChanges(name="Boat", project_id=999), "project_id"),
    ],
)
async def test_a_wrong_value_names_its_field(
    database: Database, viewer: Viewer, printer: Printer, changes: ArchiveChanges, field: str
) -> None:
    """Nothing of the edit is stored."""
    archive = await make_print(database, printer)
    with pytest.raises((Invalid, NotFound)) as refused:
        await _change(database, viewer, archive, changes)
    assert refused.value.field == field
    assert await _names(database, viewer) == ["Benchy"]


async def test_statistics_follow_an_edit(
    database: Database, viewer: Viewer, printer: Printer
) -> None:
    """Grams and cost entered by hand count, corrected ones replace them, also at once."""
    archive = await make_print(database, printer)
    entered = [
        ArchiveChanges(filament_used=Decimal(n), cost=Decimal(n) / 4, filament_type="ABS")
        for n in range(1, 9)
    ]
    await asyncio.gather(*(_change(database, viewer, archive, item) for item in entered))
    async with database.read(viewer.team_id) as session:
        stored = (await queries.by_ids(session, [archive.id]))[archive.id]
        totals = (await statistics.totals(session, [Period()]))[Period()]
        materials = (await statistics.by_material(session, [Period()]))[Period()]
    assert stored.filament_used is not None
    assert (totals.prints, totals.grams, totals.cost) == (
        1,
        stored.filament_used,
        stored.filament_used / 4,
    )
    assert materials == [("ABS", 1, stored.filament_used)]


async def test_a_deleted_archive_leaves_the_figures(
    database: Database, viewer: Viewer, printer: Printer
) -> None:
    """It is in no list, count or statistic any more; another deletion finds nothing."""
    archive = await make_print(database, printer)
    told = listen(database)
    async with database.transaction(viewer.team_id) as session:
        await service.delete_archive(session, viewer, archive.id)
    async with database.transaction(viewer.team_id) as session:
        with pytest.raises(NotFound):
            await service.delete_archive(session, viewer, archive.id)
    assert await _names(database, viewer) == []
    async with database.read(viewer.team_id) as session:
        assert (await statistics.totals(session, [Period()]))[Period()] == statistics.Totals()
        assert (await statistics.by_day(session, [Period()]))[Period()] == []
        assert (await statistics.by_material(session, [Period()]))[Period()] == []
        assert await statistics.by_printer(session, Period()) == []
    assert [type(item) for item in told] == [ArchiveDeleted]


async def test_a_running_print_cannot_be_deleted(
    database: Database, viewer: Viewer, printer: Printer
) -> None:
    """It must be stopped first; its texts can be changed meanwhile."""
    async with database.transaction(EVERY_TEAM) as session:
        await begin(session, printer)
    async with database.read(viewer.team_id) as session:
        page = await reading.page(session, EVERYTHING, queries.NEWEST_FIRST, Window(first=1))
        archive = page.rows[0]
    async with database.transaction(viewer.team_id) as session:
        with pytest.raises(Conflict):
            await service.delete_archive(session, viewer, archive.id)
    await _change(database, viewer, archive, ArchiveChanges(name="Renamed"))
    assert await _names(database, viewer) == ["Renamed"]


async def test_archives_of_others_do_not_exist(
    database: Database, viewer: Viewer, printer: Printer
) -> None:
    """Another team neither sees, counts, changes nor deletes them."""
    archive = await make_print(database, printer)
    stranger = await make_viewer(database, name="other")
    assert await _names(database, stranger) == []
    with pytest.raises(NotFound):
        await _change(database, stranger, archive, ArchiveChanges(name="Mine"))
    async with database.transaction(stranger.team_id) as session:
        with pytest.raises(NotFound):
            await service.delete_archive(session, stranger, archive.id)
    async with database.transaction(stranger.team_id) as session:
        project = await projects.create_project(session, stranger, NewProject("Theirs"))
    with pytest.raises(NotFound):
        await _change(database, viewer, archive, ArchiveChanges(project_id=project.id))


async def test_changing_the_history_needs_its_scope(
    database: Database, viewer: Viewer, printer: Printer
) -> None:
    """A key that may only read is refused."""
    archive = await make_print(database, printer)
    weak = replace(with_scopes(viewer, Scope.READ), credential="key:2")
    with pytest.raises(Forbidden):
        await _change(database, weak, archive, ArchiveChanges(name="Boat"))
    async with database.transaction(viewer.team_id) as session:
        with pytest.raises(Forbidden):
            await service.delete_archive(session, weak, archive.id)
