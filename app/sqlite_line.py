"""The connection to SQLite that writes, and the engines of both sides. Imported with its driver,
which PostgreSQL does not need."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from typing import Any

import aiosqlite
from sqlalchemy import event, make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from app.lines import Line
from app.row_reader import Rows

# How long SQLite waits for another process that writes; transactions of this one queue for a line.
SQLITE_BUSY_MS = 2_500
# Rows that SQLite writes on the loop before something else may go on.
ROWS_IN_A_ROW = 50
# After so many transactions what SQLite has logged is moved into its file, in the thread.
COMMITS_PER_CHECKPOINT = 200
ROWS_PER_CHECKPOINT = 5_000


class SqliteConnection(sqlite3.Connection):
    """Gives the write lock back when it is closed.

    SQLite keeps a closed connection, with its transaction, for as long as a cursor of it lives; the
    traceback of a cancelled statement holds one.
    """

    def close(self) -> None:
        self.rollback()
        super().close()


class ThreadedSqlite(aiosqlite.Connection):
    """A connection with a thread, of which the loop may use the near end while that rests."""

    near: SqliteConnection

    def __init__(self, path: str) -> None:
        super().__init__(self._open, iter_chunk_size=64)
        self._path = path
        self._thread.daemon = True  # a process that ends does not wait for it

    def _open(self) -> sqlite3.Connection:
        self.near = sqlite3.connect(
            self._path,
            timeout=SQLITE_BUSY_MS / 1000,
            isolation_level=None,
            check_same_thread=False,
            factory=SqliteConnection,
        )
        return self.near


class SqliteLine(Line):
    """The one line of an SQLite file."""

    def __init__(self, connection: AsyncConnection, threaded: ThreadedSqlite) -> None:
        super().__init__(connection)
        self._threaded = threaded
        self._near = threaded.near
        self._commits = 0
        self._checkpointed = 0

    async def begin(self) -> None:
        """Take the lock at once, or wait for it in the thread while another process has it."""
        if self._commits >= COMMITS_PER_CHECKPOINT or self._rows() >= ROWS_PER_CHECKPOINT:
            await self._checkpoint()
        try:
            self._near.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            await self._wait_and_begin()

    async def _wait_and_begin(self) -> None:
        await self._threaded.execute(f"PRAGMA busy_timeout={SQLITE_BUSY_MS}")
        try:
            await self._threaded.execute("BEGIN IMMEDIATE")
        finally:
            await self._threaded.execute("PRAGMA busy_timeout=0")

    def _rows(self) -> int:
        return self._near.total_changes - self._checkpointed

    async def _checkpoint(self) -> None:
        self._commits, self._checkpointed = 0, self._near.total_changes
        await self._threaded.execute_fetchall("PRAGMA wal_checkpoint(PASSIVE)")

    async def commit(self) -> None:
        """Write the end of the transaction to the log."""
        self._near.commit()
        self._commits += 1

    async def roll_back(self) -> None:
        """Nothing was written to the file yet."""
        self._near.rollback()

    async def rows(self, text: str, arguments: Sequence[Any]) -> Rows:
        """On the loop."""
        return self._near.execute(text, arguments).fetchall()

    async def run_all(self, text: str, arguments: Sequence[Sequence[Any]]) -> None:
        """On the loop, but not all in a row."""
        for first in range(0, len(arguments), ROWS_IN_A_ROW):
            if first:
                await asyncio.sleep(0)
            self._near.executemany(text, arguments[first : first + ROWS_IN_A_ROW])

    def stop(self) -> None:
        """What runs in the thread ends soon."""
        self._near.interrupt()


def reading_engine(url: str, patience: float, *, echo: bool) -> AsyncEngine:
    """Reads in transactions, so that all statements of a session see the same.

    `patience`: seconds to wait for a connection.
    """
    engine = create_async_engine(
        url,
        echo=echo,
        pool_timeout=patience,
        hide_parameters=True,
        connect_args={"factory": SqliteConnection},
    )
    _configure(engine, f"busy_timeout={SQLITE_BUSY_MS}", "query_only=ON")

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine


def writing_engine(url: str, *, echo: bool) -> AsyncEngine:
    """The connection of a line, which begins transactions itself."""
    path = make_url(url).database or ":memory:"

    async def connect(*_arguments: object, **_options: object) -> ThreadedSqlite:
        connection = ThreadedSqlite(path)
        await connection
        return connection

    engine = create_async_engine(
        url, echo=echo, hide_parameters=True, poolclass=NullPool, async_creator=connect
    )
    # The line moves the log into the file, where that holds up nobody.
    _configure(engine, "busy_timeout=0", "wal_autocheckpoint=0")
    return engine


def _configure(engine: AsyncEngine, *pragmas: str) -> None:
    @event.listens_for(engine.sync_engine, "connect")
    def _on_connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # transactions begin where they are begun, nowhere else
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", *pragmas):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()
