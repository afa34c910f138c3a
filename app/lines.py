"""Connections that write, kept open between transactions.

A line is one connection seen from two sides: by SQLAlchemy, for sessions, and by its driver, for
statements that are text already (`app.prepared`). Beginning, committing and rolling back is the
driver's alone. That needs no round trip beside its own, and on SQLite no thread: there BEGIN,
COMMIT and prepared statements run on the loop, as they touch few rows by their keys; what sessions
ask, which may be anything, goes to the thread of the connection.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app.row_reader import Rows


class Line(ABC):
    """One connection. `connection` is it for SQLAlchemy, which neither begins nor commits."""

    # What tells that the connection is gone, and that another one may do.
    gone: tuple[type[Exception], ...] = ()

    def __init__(self, connection: AsyncConnection) -> None:
        self.connection = connection

    @property
    def is_closed(self) -> bool:
        """Whether it can be used no more."""
        return self.connection.closed or self.connection.invalidated

    @abstractmethod
    async def begin(self) -> None:
        """Begin a transaction, on SQLite with the lock to write."""

    @abstractmethod
    async def commit(self) -> None:
        """Keep what was written, unless the session has committed it already."""

    @abstractmethod
    async def roll_back(self) -> None:
        """Undo what was written."""

    @abstractmethod
    async def rows(self, text: str, arguments: Sequence[Any]) -> Rows:
        """The rows of a statement."""

    @abstractmethod
    async def run_all(self, text: str, arguments: Sequence[Sequence[Any]]) -> None:
        """Run a statement for many values."""

    @abstractmethod
    def stop(self) -> None:
        """Let go of whatever the connection is in the middle of."""

    async def discard(self) -> None:
        """Close the connection, in whatever state it is."""
        with suppress(Exception):
            self.stop()
        await asyncio.shield(self._close())

    async def _close(self) -> None:
        if not self.connection.closed:
            await self.connection.invalidate()
            await self.connection.close()


Open = Callable[[], Awaitable[Line]]


class Lines:
    """As many lines as may write at a time. Whoever wants another one queues."""

    def __init__(self, open_line: Open, most: int, patience: float | None) -> None:
        self._open = open_line
        self._patience = patience
        self._places = asyncio.Semaphore(most)
        self._idle: list[Line] = []

    async def begin(self) -> Line:
        """A line in a new transaction. Raises `TimeoutError` when none becomes free in time."""
        if self._places.locked():
            async with asyncio.timeout(self._patience):
                await self._places.acquire()
        else:
            await self._places.acquire()
        try:
            return await self._begun()
        except BaseException:
            self._places.release()
            raise

    async def _begun(self) -> Line:
        while self._idle:
            line = self._idle.pop()
            if await self._has_begun(line):
                return line
        line = await self._open()
        if not await self._has_begun(line):
            raise ConnectionError("a new connection was closed at once")
        return line

    async def _has_begun(self, line: Line) -> bool:
        """Begin on a line; False, and the line is gone, when its connection is."""
        try:
            await line.begin()
        except line.gone:
            await line.discard()
            return False
        except Exception:
            if line.is_closed:
                await line.discard()
            else:
                self._idle.append(line)
            raise
        except BaseException:
            await line.discard()
            raise
        return True

    async def end(self, line: Line, error: BaseException | None) -> None:
        """Take a line back: as it is after a commit, else rolled back, or not at all when it was
        left in the middle of something."""
        try:
            if error is None or await self._rolled_back(line, error):
                self._idle.append(line)
        finally:
            self._places.release()

    async def _rolled_back(self, line: Line, error: BaseException) -> bool:
        """Undo what was written; False, and the line is gone, when that cannot be done."""
        try:
            if isinstance(error, Exception) and not line.is_closed:
                await line.roll_back()
                return True
        except BaseException as failure:
            await line.discard()
            if not isinstance(failure, Exception):
                raise
            return False
        await line.discard()
        return False

    async def close(self) -> None:
        """Close the lines that nobody uses."""
        while self._idle:
            line = self._idle.pop()
            await line.connection.close()
