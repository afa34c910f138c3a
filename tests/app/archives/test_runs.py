"""A print on a printer becomes one archive, whatever is repeated, and its figures follow."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest

from app.accounts.viewer import Viewer
from app.archives import queries, reading, removal, runs
from app.archives.models import Archive, ArchiveStatus
from app.archives.queries import ArchiveFilter
from app.archives.runs import ObservedFilament
from app.database import EVERY_TEAM, Database
from app.errors import NotFound
from app.events import (
    ArchiveUpdated,
    PrinterDeleted,
    PrintFailed,
    PrintFinished,
    PrintPaused,
    PrintResumed,
    PrintStarted,
    PrintStopped,
)
from app.keyset import Window
from app.printers import queries as printers
from app.printers.models import Printer
from app.spools import service as spools
from app.spools.service import NewSpool
from app.statistics import queries as statistics
from app.statistics.queries import Period, Totals
from tests.farm import NOON, begin, end, listen, make_print, make_printer, make_viewer

TAG = "0123456789ABCDEF0123456789ABCDEF"


@pytest.fixture
async def viewer(database: Database) -> Viewer:
    return await make_viewer(database)


@pytest.fixture
async def printer(database: Database, viewer: Viewer) -> Printer:
    return await make_printer(database, viewer)


async def _archives(database: Database, viewer: Viewer) -> list[Archive]:
    async with database.read(viewer.team_id) as session:
        page = await reading.page(session, ArchiveFilter(), queries.NEWEST_FIRST, Window(first=100))
        assert await queries.count(session, ArchiveFilter()) == len(page.rows)
        return list(page.rows)


async def _totals(database: Database, viewer: Viewer) -> Totals:
    async with database.read(viewer.team_id) as session:
        return (await statistics.totals(session, [Period()]))[Period()]


async def test_a_print_is_one_archive(database: Database, viewer: Viewer, printer: Printer) -> None:
    """It prints, then it is a success with its times, duration and full progress."""
    told = listen(database)
    async with database.transaction(EVERY_TEAM) as session:
        run_id = await begin(session, printer)
    (running,) = await _archives(database, viewer)
    assert (running.status, running.progress, running.completed_at) == (
        ArchiveStatus.PRINTING,
        0,
        None,
    )
    async with database.transaction(EVERY_TEAM) as session:
        await end(session, run_id)
    (ended,) = await _archives(database, viewer)
    assert (ended.name, ended.filename, ended.filament_type) == (
        "Benchy",
        "benchy.gcode.3mf",
        "PLA",
    )
    assert (ended.status, ended.progress, ended.duration) == (ArchiveStatus.SUCCESS, 100, 3600)
    assert (ended.started_at, ended.completed_at) == (NOON, NOON + timedelta(hours=1))
    assert (ended.filament_used, ended.cost, ended.failure_reason) == (None, None, None)
    assert [type(item) for item in told] == [PrintStarted, PrintFinished]


@pytest.mark.parametrize(
    ("outcome", "status", "event"),
    [
        ("failed", ArchiveStatus.FAILED, PrintFailed),
        ("stopped", ArchiveStatus.STOPPED, PrintStopped),
    ],
)
async def test_what_did_not_finish_says_why_and_how_far(
    database: Database,
    viewer: Viewer,
    printer: Printer,
    outcome: runs.Outcome,
    status: ArchiveStatus,
    event: type[PrintFailed],
) -> None:
    """The progress reached, the reason, and an event that carries it."""
    told = listen(database)
    async with database.transaction(EVERY_TEAM) as session:
        await end(session, await begin(session, printer), outcome, reason="Nozzle clogged.")
    (archive,) = await _archives(database, viewer)
    assert (archive.status, archive.progress, archive.failure_reason) == (
        status,
        40,
        "Nozzle clogged.",
    )
    assert isinstance(told[-1], event)
    assert told[-1].reason == "Nozzle clogged."


async def test_repeats_change_nothing(database: Database, viewer: Viewer, printer: Printer) -> None:
    """Beginning twice gives the same run, ending twice tells and counts once."""
    told = listen(database)
    async with database.transaction(EVERY_TEAM) as session:
        first = await begin(session, printer)
    async with database.transaction(EVERY_TEAM) as session:
        assert await begin(session, printer, "Again") == first
    for outcome in ("success", "failed"):
        async with database.transaction(EVERY_TEAM) as session:
            archive = await end(session, first, outcome)
        assert (archive is not None) == (outcome == "success")
    assert [archive.name for archive in await _archives(database, viewer)] == ["Benchy"]
    assert (await _totals(database, viewer)).prints == 1
    assert len(told) == 2


async def test_ends_seen_by_two_processes_count_once(
    database: Database, viewer: Viewer, printer: Printer
) -> None:
    """Five at once: one ends the run, four find it ended."""
    async with database.transaction(EVERY_TEAM) as session:
        run_id = await begin(session, printer)

    async def one() -> Archive | None:
        async with database.transaction(EVERY_TEAM) as session:
            return await end(session, run_id)

    ended = await asyncio.gather(*(one() for _ in range(5)))
    assert sum(archive is not None for archive in ended) == 1
    assert (await _totals(database, viewer)).successful == 1


async def test_what_becomes_known_while_printing_is_told(
    database: Database, viewer: Viewer, printer: Printer
) -> None:
    """Name, estimate and filaments reach the archive and its search text; mere progress is
    stored without an event."""
    async with database.transaction(EVERY_TEAM) as session:
        run_id = await begin(session, printer, filaments=())
    told = listen(database)
    for progress, name, filaments in (
        (10, None, None),
        (20, "Boat", [ObservedFilament("PETG", "#ff0000"), ObservedFilament("PLA")]),
    ):
        async with database.transaction(EVERY_TEAM) as session:
            await runs.update_run(
                session,
                run_id,
                state=b"{}",
                last_seen_at=NOON,
                name=name,
                progress=progress,
                total_layers=120,
                estimated_duration=900,
                filaments=filaments,
            )
    (archive,) = await _archives(database, viewer)
    assert (archive.name, archive.progress, archive.total_layers) == ("Boat", 20, 120)
    assert (archive.estimated_duration, archive.filament_type) == (900, "PETG, PLA")
    async with database.read(viewer.team_id) as session:
        for search in ("boat", "petg"):
            assert await queries.count(session, ArchiveFilter(search=search)) == 1
        uses = (await queries.uses_of(session, [archive.id]))[archive.id]
    assert [(use.material, use.color_hex) for use in uses] == [("PETG", "#ff0000"), ("PLA", None)]
    assert {type(item) for item in told} == {ArchiveUpdated}


async def test_pausing_and_going_on_is_told(
    database: Database, viewer: Viewer, printer: Printer
) -> None:
    """With the reason; nothing once the run ended."""
    told = listen(database)
    async with database.transaction(EVERY_TEAM) as session:
        run_id = await begin(session, printer)
        await runs.pause_run(session, run_id, state=b"{}", reason="Filament ran out.")
        await runs.resume_run(session, run_id, state=b"{}")
        await end(session, run_id)
        await runs.pause_run(session, run_id, state=b"{}", reason=None)
    assert [type(item) for item in told] == [
        PrintStarted,
        PrintPaused,
        PrintResumed,
        PrintFinished,
    ]


async def test_a_finished_print_waits_for_its_plate_to_be_cleared(
    database: Database, viewer: Viewer, printer: Printer
) -> None:
    """The printer is marked when the end left something on the plate."""
    await make_print(database, printer)
    async with database.read(viewer.team_id) as session:
        assert (await printers.by_ids(session, [printer.id]))[printer.id].awaiting_plate_clear


@pytest.mark.parametrize(
    ("outcome", "grams", "cost"),
    [("success", "20.5", "0.51"), ("failed", "8.2", "0.204")],
)
async def test_known_grams_and_prices_give_usage_and_cost(
    database: Database,
    viewer: Viewer,
    printer: Printer,
    outcome: runs.Outcome,
    grams: str,
    cost: str,
) -> None:
    """A success used what the file says, a print that failed at 40 % that part of it; the spool
    is known by its tag."""
    async with database.transaction(viewer.team_id) as session:
        new = NewSpool(
            "PLA", "Red", Decimal(1000), purchase_price=Decimal("20"), tray_uuid=TAG.lower()
        )
        await spools.create_spool(session, viewer, new)
        new = NewSpool(
            "PETG", "Red", Decimal(1000), purchase_price=Decimal("30"), tray_uuid="A" * 32
        )
        await spools.create_spool(session, viewer, new)
    archive = await make_print(
        database,
        printer,
        outcome=outcome,
        filaments=[
            ObservedFilament("PLA", grams=Decimal("10.5"), tray_uuid=TAG),
            ObservedFilament("PETG", grams=Decimal("10"), tray_uuid="A" * 32),
        ],
    )
    assert (archive.filament_used, archive.cost) == (Decimal(grams), Decimal(cost))
    totals = await _totals(database, viewer)
    assert (totals.grams, totals.cost) == (Decimal(grams), Decimal(cost))


async def test_cost_is_unknown_without_every_price(
    database: Database, viewer: Viewer, printer: Printer
) -> None:
    """Filament that no spool accounts for leaves the cost open, not too low."""
    async with database.transaction(viewer.team_id) as session:
        new = NewSpool("PLA", "Red", Decimal(1000), purchase_price=Decimal(20), tray_uuid=TAG)
        await spools.create_spool(session, viewer, new)
    archive = await make_print(
        database,
        printer,
        filaments=[
            ObservedFilament("PLA", grams=Decimal(10), tray_uuid=TAG),
            ObservedFilament("PLA", grams=Decimal(10)),
        ],
    )
    assert (archive.filament_used, archive.cost) == (Decimal(20), None)


async def test_spools_of_another_team_are_not_charged(
    database: Database, viewer: Viewer, printer: Printer
) -> None:
    """The same tag in another team names another spool."""
    stranger = await make_viewer(database, name="other")
    async with database.transaction(stranger.team_id) as session:
        new = NewSpool("PLA", "Red", Decimal(1000), purchase_price=Decimal(20), tray_uuid=TAG)
        await spools.create_spool(session, stranger, new)
    archive = await make_print(
        database,
        printer,
        filaments=[ObservedFilament("PLA", grams=Decimal(10), tray_uuid=TAG)],
    )
    async with database.read(viewer.team_id) as session:
        (use,) = (await queries.uses_of(session, [archive.id]))[archive.id]
    assert use.spool_id is None
    assert archive.cost is None


async def test_removing_a_printer_keeps_what_it_printed(
    database: Database, viewer: Viewer, printer: Printer
) -> None:
    """Its print is recorded as stopped, archives and totals stay, without a printer."""
    await make_print(database, printer)
    async with database.transaction(EVERY_TEAM) as session:
        await begin(session, printer, "Unfinished", at=NOON + timedelta(hours=2))
    told = listen(database)
    async with database.transaction(viewer.team_id) as session:
        await removal.remove_printer(session, viewer, printer.id)
    archives = await _archives(database, viewer)
    assert [(row.name, row.status, row.printer_id) for row in archives] == [
        ("Unfinished", ArchiveStatus.STOPPED, None),
        ("Benchy", ArchiveStatus.SUCCESS, None),
    ]
    assert archives[0].failure_reason == "The printer was removed."
    assert [type(item) for item in told] == [PrintStopped, PrinterDeleted]
    async with database.read(viewer.team_id) as session:
        by_printer = await statistics.by_printer(session, Period())
    assert [(printer_id, sums.prints) for printer_id, sums in by_printer] == [(None, 2)]
    async with database.transaction(viewer.team_id) as session:
        with pytest.raises(NotFound):
            await removal.remove_printer(session, viewer, printer.id)
