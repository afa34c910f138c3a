"""Rows as the driver gives them, for statements that are text already.

The session (`app.database`) is how the domain reads. This is the short way for plans, which have
compiled their statements and know the type of every column: no session, no objects.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from sqlalchemy import make_url

from app.errors import Unavailable

Rows = Sequence[Sequence[Any]]
AWAY = "The database is not available, try again later."
# What a statement may cost on the loop, in steps of SQLite's virtual machine: between one and two
# of these. A scan that is stopped there has taken one or two milliseconds.
STEPS_ON_LOOP = 30_000


class RowReader(Protocol):
    """Reads rows; raises `Unavailable` when the database is away."""

    async def rows(self, text: str, arguments: Sequence[Any]) -> Rows:
        """Every row of a statement."""
        ...

    async def close(self) -> None:
        """Close every connection."""
        ...


def row_reader(url: str) -> RowReader:
    """The reader for an address of SQLAlchemy."""
    parsed = make_url(url)
    if parsed.drivername.startswith("sqlite"):
        return SqliteRows(parsed.database or ":memory:")
    from app.postgres_rows import PostgresRows  # with its driver

    plain = parsed.set(drivername="postgresql")
    return PostgresRows(plain.render_as_string(hide_password=False))


class SqliteRows:
    """Cheap statements run on the loop, which takes less than handing them to a thread.

    One that turns out to be dear is interrupted there and begun anew in a thread, so that it never
    holds up the loop.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._near: sqlite3.Connection | None = None
        self._far: sqlite3.Connection | None = None
        self._warnings = 0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="rows")

    async def rows(self, text: str, arguments: Sequence[Any]) -> Rows:
        """Every row of a statement."""
        try:
            if self._near is None:
                self._near = _connect(self._path, busy_seconds=0.0)
                self._near.set_progress_handler(self._is_dear, STEPS_ON_LOOP)
            self._warnings = 0
            return self._near.execute(text, arguments).fetchall()
        except sqlite3.OperationalError:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._thread, self._read_far, text, arguments)

    def _is_dear(self) -> bool:
        """Whether to stop the statement that runs on the loop.

        SQLite counts the steps of a statement over all of its runs, so the first warning in a run
        says nothing about it. A statement that was stopped once is never kept by its driver again,
        and prepared for each run: cheap ones must not be.
        """
        self._warnings += 1
        return self._warnings > 1

    def _read_far(self, text: str, arguments: Sequence[Any]) -> Rows:
        try:
            if self._far is None:
                self._far = _connect(self._path, busy_seconds=2.5)
            return self._far.execute(text, arguments).fetchall()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_ERROR:
                raise  # the statement itself is wrong
            raise Unavailable(AWAY) from None

    async def close(self) -> None:
        """Close every connection."""
        self._thread.shutdown(wait=True)
        for connection in (self._near, self._far):
            if connection is not None:
                connection.close()
        self._near = self._far = None


def _connect(path: str, busy_seconds: float) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=busy_seconds, isolation_level=None, check_same_thread=False
    )
    connection.execute("PRAGMA query_only=ON")
    return connection
