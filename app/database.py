"""Engines, sessions and the only commit point.

A session belongs to one team: every ORM statement on a team-owned table is restricted to it here,
in one place. Somebody in several teams may read as all of them; a transaction is always one team's.
Code that must see all teams (ingest, sign-in) asks for `EVERY_TEAM` by name.

Sessions are short. None is held across a file transfer, a printer's answer or a subscription.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from enum import Enum
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import ORMExecuteState, Session, UOWTransaction, with_loader_criteria

from app.errors import Unavailable
from app.events import Event
from app.row_reader import RowReader, row_reader
from app.tables import TeamOwned


class _EveryTeam(Enum):
    EVERY_TEAM = "every team"


EVERY_TEAM = _EveryTeam.EVERY_TEAM
Scope = int | _EveryTeam
# What a session may read as: one team, several (none of them: nothing), or every one.
ReadScope = Scope | frozenset[int]

# Connections per process; PostgreSQL allows 100 by default and several processes share it.
POOL_SIZE = 8
POOL_OVERFLOW = 8
# Seconds to wait for a connection before the request is answered with "unavailable".
POOL_TIMEOUT = 5
# Transactions queue in this process; only a command at the shell ever meets another writer.
SQLITE_BUSY_MS = 2_500


class _ScopedSession(Session):
    """The synchronous core of both session types, so that the scoping hooks reach only ours."""


class ReadSession(AsyncSession):
    """Reads only; writing through it fails on both databases."""

    sync_session_class = _ScopedSession


class WriteSession(AsyncSession):
    """Lives inside `Database.transaction`, which commits it."""

    sync_session_class = _ScopedSession

    def raise_event(self, raised: Event) -> None:
        """Record what happened. It is stored with the transaction and told after the commit."""
        self.info.setdefault("events", []).append(raised)

    @property
    def events(self) -> Sequence[Event]:
        """The events raised so far, oldest first."""
        raised: list[Event] = self.info.get("events", [])
        return raised


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
            self.read_engine = _sqlite_engine(url, begin="BEGIN", echo=echo)
            self.write_engine = _sqlite_engine(url, begin="BEGIN IMMEDIATE", echo=echo)
        else:
            self.read_engine = self.write_engine = _postgres_engine(url, echo=echo)
        self.rows: RowReader = row_reader(url)
        # SQLite has one writer: queueing here is fair, queueing in its busy handler is not.
        self._one_writer = asyncio.Lock() if self.embedded else None

    @asynccontextmanager
    async def read(self, scope: ReadScope) -> AsyncIterator[ReadSession]:
        """A session that reads as one team, as several, or as `EVERY_TEAM`."""
        with unavailable_as_domain_error():
            async with ReadSession(
                self.read_engine, info={"scope": scope}, autoflush=False
            ) as session:
                yield session

    @asynccontextmanager
    async def transaction(self, scope: Scope) -> AsyncIterator[WriteSession]:
        """One transaction as one team: committed at the end, rolled back when the block raises."""
        if self._one_writer is None:
            async with self._transaction(scope) as session:
                yield session
        else:
            async with self._one_writer, self._transaction(scope) as session:
                yield session

    @asynccontextmanager
    async def _transaction(self, scope: Scope) -> AsyncIterator[WriteSession]:
        with unavailable_as_domain_error():
            async with WriteSession(
                self.write_engine, info={"scope": scope}, expire_on_commit=False
            ) as session:
                yield session
                await session.flush()
                if session.events and self.store is not None:
                    await self.store(session, session.events)
                await session.commit()
                told = tuple(session.events)
        if told:
            self.tell(told)

    async def ping(self) -> None:
        """Raises `Unavailable` when the database does not answer."""
        async with self.read(EVERY_TEAM) as session:
            await session.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Close every connection."""
        await self.rows.close()
        await self.read_engine.dispose()
        if self.write_engine is not self.read_engine:
            await self.write_engine.dispose()


class _SqliteConnection(sqlite3.Connection):
    """Gives the write lock back when it is closed.

    SQLite keeps a closed connection, with its transaction, for as long as a cursor of it lives; the
    traceback of a cancelled statement holds one.
    """

    def close(self) -> None:
        self.rollback()
        super().close()


def _sqlite_engine(url: str, *, begin: str, echo: bool) -> AsyncEngine:
    engine = create_async_engine(
        url,
        echo=echo,
        pool_timeout=POOL_TIMEOUT,
        hide_parameters=True,
        connect_args={"factory": _SqliteConnection},
    )

    @event.listens_for(engine.sync_engine, "connect")
    def _configure(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # transactions begin where `begin` says, nowhere else
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "foreign_keys=ON",
            f"busy_timeout={SQLITE_BUSY_MS}",
            *(("query_only=ON",) if begin == "BEGIN" else ()),
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _postgres_engine(url: str, *, echo: bool) -> AsyncEngine:
    return create_async_engine(
        url,
        echo=echo,
        pool_size=POOL_SIZE,
        max_overflow=POOL_OVERFLOW,
        pool_timeout=POOL_TIMEOUT,
        pool_pre_ping=True,
        hide_parameters=True,  # values of statements never reach a log
        connect_args={"timeout": POOL_TIMEOUT, "command_timeout": 60},
    )


class unavailable_as_domain_error:
    """Turns "the database is away" into `Unavailable`; every other error passes unchanged."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError | PoolTimeout) or (
            isinstance(error, DBAPIError) and _is_away(error)
        ):
            raise Unavailable("The database is not available, try again later.") from error


# Result codes of SQLite that mean the file cannot be used now, not that a statement is wrong.
_SQLITE_AWAY = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_FULL")


def _is_away(error: DBAPIError) -> bool:
    if error.connection_invalidated:
        return True
    name = getattr(error.orig, "sqlite_errorname", None) or ""
    # 08: connection; 53: out of resources; 57P: shut down or starting; 40P01: gave way to another
    # transaction that waited for this one.
    state = getattr(error.orig, "sqlstate", None) or ""
    if name.startswith(_SQLITE_AWAY) or state.startswith(("08", "53", "57P", "40P01")):
        return True
    return isinstance(error, InterfaceError) and "closed" in str(error.orig)


async def database_size(session: ReadSession) -> int:
    """Bytes of the whole database on disk."""
    if session.get_bind().dialect.name == "sqlite":
        statement = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
    else:
        statement = "SELECT pg_database_size(current_database())"
    return int((await session.execute(text(statement))).scalar_one())
