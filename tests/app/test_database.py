"""Sessions know their team, commit in one place and tell events afterwards."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import delete, event, func, make_url, select, text, update
from sqlalchemy.exc import OperationalError

from app import sqlite_line
from app.accounts.models import Team
from app.archives.models import ArchiveStatus, ProjectCount
from app.database import EVERY_TEAM, WRITERS_AT_MOST, Database
from app.errors import Conflict, Unavailable
from app.events import Event, ProjectCreated
from app.farm_events.queries import events_after
from app.prepared import Prepared, inserted
from app.projects.models import Project, ProjectStatus, Visibility
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


async def test_a_row_of_something_that_is_gone_is_a_conflict(database: Database) -> None:
    """Whoever adds to a project that somebody removes in this very moment is told so."""
    ours, _theirs = await _teams(database)
    with pytest.raises(Conflict):
        async with database.transaction(ours) as session:
            session.add(ProjectCount(project_id=4_711, status=ArchiveStatus.READY, archives=1))
    async with database.transaction(ours) as session:
        session.add(_project("the connection goes on"))


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


_NEW = inserted(Project, "id")
_NAMES = Prepared(select(Project.name).order_by(Project.id), Project)


def _values(name: str, **more: object) -> dict[str, object]:
    return {
        "name": name,
        "status": ProjectStatus.ACTIVE,
        "visibility": Visibility.PRIVATE,
        "settings": {},
        "created_at": NOW,
        "updated_at": NOW,
        **more,
    }


async def test_prepared_statements_stay_inside_the_team(database: Database) -> None:
    """They write rows of it and read its rows alone, and see what the session added before."""
    ours, theirs = await _teams(database)
    async with database.transaction(theirs) as session:
        await session.run_all(_NEW, [_values("foreign"), _values("other")])
    async with database.transaction(ours) as session:
        session.add(_project("added"))
        await session.run(_NEW, _values("own"))
        assert await session.run(_NAMES, {}) == [["added"], ["own"]]
        with pytest.raises(RuntimeError, match="a statement for team"):
            await session.run(_NEW, _values("x", team_id=theirs))
    async with database.transaction(EVERY_TEAM) as session:
        await session.run(_NEW, _values("named", team_id=ours))
        with pytest.raises(RuntimeError, match="a statement for team None"):
            await session.run(_NAMES, {})
    async with database.read(ours) as session:
        names = await session.scalars(select(Project.name).order_by(Project.id))
        assert names.all() == ["added", "own", "named"]


async def test_prepared_statements_are_undone_with_their_transaction(database: Database) -> None:
    """Nothing of a block that raises is kept, and the next one is not disturbed."""
    ours, _ = await _teams(database)
    for name in ("undone", "kept"):
        with suppress(ZeroDivisionError):
            async with database.transaction(ours) as session:
                await session.run(_NEW, _values(name))
                assert name == "kept" or 1 / 0
    async with database.transaction(ours) as session:
        assert await session.run(_NAMES, {}) == [["kept"]]


async def test_a_transaction_waits_for_another_process(sqlite_url: str) -> None:
    """Without holding up the loop, which goes on here to give the lock back."""
    database = Database(sqlite_url)
    await _teams(database)
    with closing(sqlite3.connect(make_url(sqlite_url).database or "")) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting = asyncio.create_task(_teams(database))
        for _ in range(20):
            await asyncio.sleep(0)
        assert not waiting.done()
        other.rollback()
        assert await waiting == (3, 4)
    await database.close()


async def test_a_lock_that_stays_is_unavailable(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever waited too long is told so; afterwards all is well again."""
    monkeypatch.setattr(sqlite_line, "SQLITE_BUSY_MS", 10)
    database = Database(sqlite_url)
    with closing(sqlite3.connect(make_url(sqlite_url).database or "")) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable):
            await _teams(database)
    assert await _teams(database) == (1, 2)
    await database.close()


async def test_what_is_logged_comes_into_the_file(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After some transactions, without a connection being closed."""
    monkeypatch.setattr(sqlite_line, "COMMITS_PER_CHECKPOINT", 2)
    database, path = Database(sqlite_url), Path(make_url(sqlite_url).database or "")
    found = []
    for name in ("first row", "second row", "third row"):
        async with database.transaction(EVERY_TEAM) as session:
            session.add(Team(name=name, created_at=NOW))
        found.append(b"first row" in await asyncio.to_thread(path.read_bytes))
    assert found == [False, False, True]
    await database.close()


async def test_a_connection_that_was_ended_is_replaced(postgres_url: str) -> None:
    """The next transaction begins on a new one; one that was at work is told "unavailable"."""
    database = Database(postgres_url)
    ended = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await _teams(database)
    async with database.read(EVERY_TEAM) as session:
        await session.execute(ended)
    ours, _ = await _teams(database)

    async def at_work() -> None:
        async with database.transaction(ours) as session:
            await session.run(_NAMES, {})
            async with database.read(EVERY_TEAM) as reading:
                await reading.execute(ended)
            await session.run(_NAMES, {})

    with pytest.raises(Unavailable):
        await at_work()
    async with database.transaction(ours) as session:
        assert await session.run(_NAMES, {}) == []
    await database.close()


async def test_a_cancelled_wait_leaves_nothing_behind(postgres_url: str) -> None:
    """Neither its place among those who write, nor a lock that it would have got later."""
    database = Database(postgres_url)
    lock = Prepared(select(func.pg_advisory_xact_lock(1)))
    waits = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")

    async def take() -> None:
        async with database.transaction(EVERY_TEAM) as session:
            await session.run(lock, {})

    async def number_waiting() -> int:
        async with database.read(EVERY_TEAM) as session:
            return int((await session.execute(waits)).scalar_one())

    async with asyncio.timeout(20), database.transaction(EVERY_TEAM) as session:
        await session.run(lock, {})
        waiting = [asyncio.create_task(take()) for _ in range(WRITERS_AT_MOST - 1)]
        while await number_waiting() < len(waiting):
            pass
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        assert all(task.cancelled() for task in waiting)
    async with asyncio.timeout(20):
        await asyncio.gather(*(take() for _ in range(2 * WRITERS_AT_MOST)))
    await database.close()
