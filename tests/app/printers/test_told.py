"""Outages, faults and milestones are told once, however many processes saw them."""

from __future__ import annotations

import asyncio

import pytest

from app.accounts.viewer import Viewer
from app.archives import checkpoints
from app.database import EVERY_TEAM, Database
from app.events import (
    Event,
    PrinterConnected,
    PrinterDisconnected,
    PrinterErrorCleared,
    PrinterErrorRaised,
    PrintProgressed,
)
from app.printers import told
from app.printers.models import Printer
from tests.farm import NOON, begin, end, listen, make_printer, make_viewer


@pytest.fixture
async def viewer(database: Database) -> Viewer:
    return await make_viewer(database)


@pytest.fixture
async def printer(database: Database, viewer: Viewer) -> Printer:
    return await make_printer(database, viewer)


async def _is_news(database: Database, event: Event) -> bool:
    async with database.transaction(EVERY_TEAM) as session:
        return await told.is_news(session, event)


async def test_coming_and_going_are_told_in_turn(database: Database, printer: Printer) -> None:
    """The same twice is no news; at the same moment one of many is."""
    about = {"team_id": printer.team_id, "printer_id": printer.id}
    assert await _is_news(database, PrinterConnected(**about))
    assert not await _is_news(database, PrinterConnected(**about))
    found = await asyncio.gather(
        *(_is_news(database, PrinterDisconnected(**about)) for _ in range(5))
    )
    assert sorted(found) == [False] * 4 + [True]
    assert await _is_news(database, PrinterConnected(**about))


async def test_a_fault_is_told_until_it_is_over(database: Database, printer: Printer) -> None:
    """Once per occurrence; its end is told once, and only where its beginning was."""
    about = {"team_id": printer.team_id, "printer_id": printer.id, "code": "0700-2000"}
    raised = PrinterErrorRaised(**about, severity="serious", message="")
    cleared = PrinterErrorCleared(**about)
    assert not await _is_news(database, cleared)
    found = await asyncio.gather(*(_is_news(database, raised) for _ in range(5)))
    assert sorted(found) == [False] * 4 + [True]
    async with database.read(EVERY_TEAM) as session:
        assert await told.open_faults(session, printer.id) == {"0700-2000"}
    assert await _is_news(database, cleared)
    assert not await _is_news(database, cleared)
    assert await _is_news(database, raised)


async def test_a_milestone_is_told_once_per_run(database: Database, printer: Printer) -> None:
    """By whoever is first, never backwards, and not after the end."""
    events = listen(database)
    async with database.transaction(EVERY_TEAM) as session:
        run_id = await begin(session, printer)

    async def reach(percent: int) -> None:
        async with database.transaction(EVERY_TEAM) as session:
            await checkpoints.reach(session, run_id, percent=percent, at=NOON)

    await asyncio.gather(*(reach(50) for _ in range(5)))
    await reach(25)
    await reach(75)
    async with database.transaction(EVERY_TEAM) as session:
        await end(session, run_id)
    await reach(100)
    reached = [item for item in events if isinstance(item, PrintProgressed)]
    assert [item.percent for item in reached] == [50, 75]
    assert {(item.printer_id, item.occurred_at) for item in reached} == {(printer.id, NOON)}
