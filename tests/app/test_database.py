"""Sessions know their team, commit in one place and tell events afterwards."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import delete, event, func, make_url, select, text, update
from sqlalchemy.exc import OperationalError

from app.accounts.models import Team
from app.database import EVERY_TEAM, Database
from app.errors import Unavailable
from app.events import Event, ProjectCreated
from app.farm_events.queries import events_after
from app.projects.models import Project
from app.spools.models import Spool

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


async def _teams(database: Database) -> tuple[int, int]:
    async with database.transaction(EVERY_TEAM) as session:
        teams = [Team(name=name, created_at=NOW) for name in ("ours", "theirs")]
        session.add_all(teams)
        await session.flush()
        return teams[0].id, teams[1].id


def _project(name: str) -> Project:
    return Project(name=name, created_at=NOW, updated_at=NOW)


async def test_a_session_reads_its_team_alone(database: Database) -> None:
    """A select, a count and a get of another team's row find nothing."""
    ours, theirs = await _teams(database)
    async with database.transaction(theirs) as session:
        foreign = _project("foreign")
        session.add(foreign)
    async with database.read(ours) as session:
        assert (await session.scalars(select(Project))).all() == []
        assert await session.scalar(select(func.count(Project.id))) == 0
        assert await session.get(Project, foreign.id) is None
        assert (await session.execute(select(Project.name))).all() == []
    async with database.read(theirs) as session:
        assert (await session.scalars(select(Project.name))).all() == ["foreign"]


async def test_bulk_changes_stay_inside_the_team(database: Database) -> None:
    """An update and a delete without a condition touch no row of another team."""
    ours, theirs = await _teams(database)
    async with database.transaction(theirs) as session:
        session.add(_project("foreign"))
    async with database.transaction(ours) as session:
        await session.execute(update(Project).values(name="taken"))
        await session.execute(delete(Project))
    async with database.read(EVERY_TEAM) as session:
        assert (await session.scalars(select(Project.name))).all() == ["foreign"]


async def test_a_row_of_another_team_cannot_be_written(database: Database) -> None:
    """A new row gets the session's team; one that names another team is refused."""
    ours, theirs = await _teams(database)
    async with database.transaction(ours) as session:
        own = _project("own")
        session.add(own)
    assert own.team_id == ours
    with pytest.raises(RuntimeError, match="another team"):
        async with database.transaction(ours) as session:
            session.add(Project(name="x", created_at=NOW, updated_at=NOW, team_id=theirs))


async def test_events_are_stored_with_the_commit_and_told_after_it(database: Database) -> None:
    """A committed block tells its events once; one that raises tells and stores none."""
    ours, _ = await _teams(database)
    told: list[Event] = []
    database.tell = told.extend
    async with database.transaction(ours) as session:
        session.raise_event(ProjectCreated(team_id=ours, project_id=7))
        assert told == []
    assert [(type(item), item.as_dict()["project_id"]) for item in told] == [(ProjectCreated, 7)]
    with suppress(ZeroDivisionError):
        async with database.transaction(ours) as session:
            session.raise_event(ProjectCreated(team_id=ours, project_id=8))
            raise ZeroDivisionError
    assert len(told) == 1
    async with database.read(ours) as session:
        stored = await events_after(session, 0, types=None, limit=10)
    assert [(item.type, item.project_id) for item in stored] == [("project_created", 7)]


async def test_decimals_and_times_come_back_as_they_went_in(database: Database) -> None:
    """Grams keep three places, money six, times are aware and in UTC."""
    ours, _ = await _teams(database)
    async with database.transaction(ours) as session:
        session.add(
            Spool(
                material="PLA",
                color="black",
                net_weight=Decimal("1000"),
                remaining_weight=Decimal("999.9995"),
                purchase_price=Decimal("0.023456"),
                created_at=NOW,
                updated_at=NOW,
            )
        )
    async with database.read(ours) as session:
        spool = (await session.scalars(select(Spool))).one()
        assert spool.remaining_weight == Decimal("1000.000")  # half-even at the third place
        assert spool.purchase_price == Decimal("0.023456")
        assert spool.created_at == NOW
        assert spool.created_at.tzinfo is UTC
        assert await session.scalar(select(func.sum(Spool.purchase_price))) == Decimal("0.023456")


async def test_a_reader_cannot_write_on_sqlite(sqlite_url: str) -> None:
    """The reading side of an embedded database refuses to write, whatever the code tries."""
    database = Database(sqlite_url)
    async with database.read(EVERY_TEAM) as session:
        session.add(Team(name="x", created_at=NOW))
        with pytest.raises(OperationalError, match="readonly"):
            await session.flush()
    await database.close()


async def test_a_database_that_is_away_is_unavailable() -> None:
    """Nothing listens: the error is the domain's, ready to become a 503."""
    database = Database("postgresql+asyncpg://u:p@127.0.0.1:1/none")
    with pytest.raises(Unavailable, match="not available"):
        await database.ping()
    await database.close()


async def test_a_cancelled_transaction_gives_the_write_lock_back(sqlite_url: str) -> None:
    """Also while its traceback, and with it the cursor of the cancelled statement, is kept."""
    database = Database(sqlite_url)
    reading = asyncio.Event()

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("SELECT"):
            reading.set()

    event.listen(database.write_engine.sync_engine, "before_cursor_execute", note)

    async def write() -> None:
        async with database.transaction(EVERY_TEAM) as session:
            await session.execute(text("CREATE TABLE half_done (number INTEGER)"))
            await session.execute(text("SELECT name FROM sqlite_schema"))

    writing = asyncio.create_task(write())
    await reading.wait()
    writing.cancel()
    with pytest.raises(asyncio.CancelledError) as kept:
        await writing
    with closing(sqlite3.connect(make_url(sqlite_url).database or "", timeout=0)) as other:
        other.execute("BEGIN IMMEDIATE")
    assert kept.tb is not None
    await database.close()
