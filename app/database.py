"""Engines, sessions and the only commit point.

A session belongs to one team: every ORM statement on a team-owned table is restricted to it here,
in one place. Somebody in several teams may read as all of them; a transaction is always one team's.
Code that must see all teams (ingest, sign-in) asks for `EVERY_TEAM` by name.

Sessions are short. None is held across a file transfer, a printer's answer or a subscription.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from enum import Enum
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import ORMExecuteState, Session, UOWTransaction, with_loader_criteria
from sqlalchemy.pool import NullPool

from app.errors import Conflict, Unavailable
from app.events import Event
from app.lines import Line, Lines
from app.prepared import TEAM, Prepared, Row, read_rows
from app.row_reader import RowReader, row_reader
from app.tables import TeamOwned


class _EveryTeam(Enum):
    EVERY_TEAM = "every team"


EVERY_TEAM = _EveryTeam.EVERY_TEAM
Scope = int | _EveryTeam
# What a session may read as: one team, several (none of them: nothing), or every one.
ReadScope = Scope | frozenset[int]

# Connections per process; PostgreSQL allows 100 by default and several processes share it.
READERS = 4
READERS_AT_MOST = 8
WRITERS_AT_MOST = 8
# Seconds to wait for a connection before the request is answered with "unavailable".
POOL_TIMEOUT = 5


class _ScopedSession(Session):
    """The synchronous core of both session types, so that the scoping hooks reach only ours."""


class ReadSession(AsyncSession):
    """Reads only; writing through it fails on both databases."""

    sync_session_class = _ScopedSession


# What the constructor of SQLAlchemy's session sets.
_MADE_LATE = frozenset({"sync_session", "_proxied", "_async_bind", "_async_binds"})


class WriteSession(AsyncSession):
    """Lives inside `Database.transaction`, which commits it.

    SQLAlchemy's session is made when something of it is used: prepared statements need none.
    """

    sync_session_class = _ScopedSession

    def __init__(self, line: Line, scope: Scope) -> None:
        self._line = line
        self._scope = scope
        self._events: list[Event] = []
        self.dialect = line.connection.dialect

    def __getattr__(self, name: str) -> Any:
        if name not in _MADE_LATE:
            raise AttributeError(name)
        super().__init__(self._line.connection, info={"scope": self._scope}, expire_on_commit=False)
        return getattr(self, name)

    @property
    def is_used(self) -> bool:
        """Whether something was added, changed or asked by other than prepared statements."""
        return "sync_session" in vars(self) and self.in_transaction()

    async def run(self, prepared: Prepared, given: Mapping[str, Any]) -> list[Row]:
        """Run a prepared statement; its rows, with the values of the domain."""
        await self._flush_before()
        statement, readers = prepared.on(self.dialect)
        arguments = statement.arguments(self._within_team(prepared, given))
        rows = await self._line.rows(statement.text, arguments)
        return read_rows(rows, readers) if rows else []

    async def run_all(self, prepared: Prepared, given: Sequence[Mapping[str, Any]]) -> None:
        """Run a prepared statement for many values."""
        await self._flush_before()
        statement, _readers = prepared.on(self.dialect)
        arguments = [statement.arguments(self._within_team(prepared, item)) for item in given]
        await self._line.run_all(statement.text, arguments)

    async def _flush_before(self) -> None:
        """What was added to the session before comes before."""
        if self.is_used and (self.new or self.dirty or self.deleted):
            await self.flush()

    def _within_team(self, prepared: Prepared, given: Mapping[str, Any]) -> Mapping[str, Any]:
        if not prepared.owned:
            return given
        return {**given, TEAM: self._team(given.get(TEAM))}

    def _team(self, asked: int | None) -> int:
        """The team of a statement: that of the session, or of a row where it has none."""
        team = asked if self._scope is EVERY_TEAM else self._scope
        if not isinstance(team, int) or asked not in (None, team):
            raise RuntimeError(f"a statement for team {asked} in a session of {self._scope}")
        return team

    def raise_event(self, raised: Event) -> None:
        """Record what happened. It is stored with the transaction and told after the commit."""
        self._events.append(raised)

    @property
    def events(self) -> Sequence[Event]:
        """The events raised so far, oldest first."""
        return self._events


@event.listens_for(_ScopedSession, "do_orm_execute")
def _restrict_to_team(state: ORMExecuteState) -> None:
    scope = state.session.info["scope"]
    if scope is EVERY_TEAM or state.is_column_load:
        return
    if isinstance(scope, frozenset):
        teams = sorted(scope)
        criteria = with_loader_criteria(
            TeamOwned, lambda row: row.team_id.in_(teams), include_aliases=True
        )
    else:
        criteria = with_loader_criteria(
            TeamOwned, lambda row: row.team_id == scope, include_aliases=True
        )
    state.statement = state.statement.options(criteria)


@event.listens_for(_ScopedSession, "before_flush")
def _stamp_team(session: Session, _context: UOWTransaction, _instances: object) -> None:
    scope = session.info["scope"]
    if scope is EVERY_TEAM:
        return
    for row in (*session.new, *session.dirty, *session.deleted):
        if not isinstance(row, TeamOwned):
            continue
        owner: int | None = row.team_id  # None until a new row is flushed
        if owner is None:
            row.team_id = scope
        elif owner != scope:
            raise RuntimeError(f"{type(row).__name__} of another team in a session of {scope}")


StoreEvents = Callable[[WriteSession, Sequence[Event]], Any]
TellEvents = Callable[[Sequence[Event]], None]


class Database:
    """One per process.

    `tell` is called with the events of each committed transaction. Failures to reach the database
    are raised as `Unavailable`, so that every edge answers 503 in its own form.
    """

    def __init__(self, url: str, *, tell: TellEvents | None = None, echo: bool = False) -> None:
        self.embedded = url.startswith("sqlite")
        self.url = url
        self.tell: TellEvents = tell or (lambda _events: None)
        self.store: StoreEvents | None = None
        if self.embedded:
            from app import sqlite_line  # with its driver

            self.read_engine = sqlite_line.reading_engine(url, POOL_TIMEOUT, echo=echo)
            self.write_engine = sqlite_line.writing_engine(url, echo=echo)
            # SQLite has one writer: queueing here is fair, queueing in its busy handler is not.
            self.lines = Lines(self._open_line, 1, None)
        else:
            self.read_engine = _postgres_engine(
                url,
                echo=echo,
                pool_size=READERS,
                max_overflow=READERS_AT_MOST - READERS,
                pool_timeout=POOL_TIMEOUT,
                pool_pre_ping=True,
            )
            self.write_engine = _postgres_engine(
                url, echo=echo, poolclass=NullPool, isolation_level="AUTOCOMMIT"
            )
            self.lines = Lines(self._open_line, WRITERS_AT_MOST, POOL_TIMEOUT)
        self.rows: RowReader = row_reader(url)

    @asynccontextmanager
    async def read(self, scope: ReadScope) -> AsyncIterator[ReadSession]:
        """A session that reads as one team, as several, or as `EVERY_TEAM`."""
        with as_domain_errors():
            async with ReadSession(
                self.read_engine, info={"scope": scope}, autoflush=False
            ) as session:
                yield session

    @asynccontextmanager
    async def transaction(self, scope: Scope) -> AsyncIterator[WriteSession]:
        """One transaction as one team: committed at the end, rolled back when the block raises."""
        with as_domain_errors():
            line = await self.lines.begin()
            session = WriteSession(line, scope)
            try:
                yield session
                await self._commit(session, line)
            except BaseException as error:
                await self._end(session, line, error)
                raise
            await self._end(session, line, None)
            told = tuple(session.events)
        if told:
            self.tell(told)

    async def _commit(self, session: WriteSession, line: Line) -> None:
        """Flush, store the events, and commit: what the session wrote, or prepared statements."""
        if session.is_used:
            await session.flush()
        if session.events and self.store is not None:
            await self.store(session, session.events)
        if session.is_used:
            await session.commit()
        await line.commit()

    async def _end(self, session: WriteSession, line: Line, error: BaseException | None) -> None:
        try:
            if session.is_used:
                await asyncio.shield(session.close())
        finally:
            await self.lines.end(line, error)

    async def _open_line(self) -> Line:
        connection = await self.write_engine.connect()
        driver: Any = (await connection.get_raw_connection()).driver_connection
        if self.embedded:
            from app.sqlite_line import SqliteLine  # with its driver

            return SqliteLine(connection, driver)
        from app.postgres_line import PostgresLine

        return PostgresLine(connection, driver)

    async def ping(self) -> None:
        """Raises `Unavailable` when the database does not answer."""
        async with self.read(EVERY_TEAM) as session:
            await session.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Close every connection."""
        await self.rows.close()
        await self.lines.close()
        await self.read_engine.dispose()
        await self.write_engine.dispose()


def _postgres_engine(url: str, **options: Any) -> AsyncEngine:
    return create_async_engine(
        url,
        hide_parameters=True,  # values of statements never reach a log
        connect_args={"timeout": POOL_TIMEOUT, "command_timeout": 60},
        **options,
    )


class as_domain_errors:
    """Turns "the database is away" into `Unavailable`, and a key of a row that was removed in this
    very moment into `Conflict`; every other error passes unchanged."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError | PoolTimeout) or (
            isinstance(error, Exception) and _is_away(error)
        ):
            raise Unavailable("The database is not available, try again later.") from error
        if isinstance(error, IntegrityError) and _points_to_nothing(error):
            raise Conflict(MEANWHILE) from error


# A foreign key: a row was removed while another one was to point to it.
MEANWHILE = "What belongs together here was changed in this very moment, try again."


def _points_to_nothing(error: IntegrityError) -> bool:
    name = getattr(error.orig, "sqlite_errorname", None)
    state = getattr(error.orig, "sqlstate", None)
    return name == "SQLITE_CONSTRAINT_FOREIGNKEY" or state == "23503"


# Result codes of SQLite that mean the file cannot be used now, not that a statement is wrong.
_SQLITE_AWAY = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_FULL")


def _is_away(error: Exception) -> bool:
    """Whether an error of a driver, or of SQLAlchemy about one, says so."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    origin = error.orig if isinstance(error, DBAPIError) else error
    name = getattr(origin, "sqlite_errorname", None) or ""
    # 08: connection; 53: out of resources; 57P: shut down or starting; 40P01: gave way to another
    # transaction that waited for this one.
    state = getattr(origin, "sqlstate", None) or ""
    if name.startswith(_SQLITE_AWAY) or state.startswith(("08", "53", "57P", "40P01")):
        return True
    kind = type(origin).__name__
    return kind == "InternalClientError" or (kind == "InterfaceError" and "closed" in str(origin))


async def database_size(session: ReadSession) -> int:
    """Bytes of the whole database on disk."""
    if session.get_bind().dialect.name == "sqlite":
        statement = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
    else:
        statement = "SELECT pg_database_size(current_database())"
    return int((await session.execute(text(statement))).scalar_one())
