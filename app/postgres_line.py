"""A connection to PostgreSQL that writes. Imported with its driver, which SQLite does not need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection

from app.lines import Line
from app.postgres_rows import GONE
from app.row_reader import Rows


class PostgresLine(Line):
    """A line whose first word, BEGIN, also finds out whether the server is still there."""

    gone = GONE

    def __init__(self, connection: AsyncConnection, driver: asyncpg.Connection) -> None:
        super().__init__(connection)
        self._driver = driver

    @property
    def is_closed(self) -> bool:
        return self._driver.is_closed() or super().is_closed

    async def begin(self) -> None:
        """One round trip."""
        await self._driver.execute("BEGIN")

    async def commit(self) -> None:
        """One round trip."""
        await self._driver.execute("COMMIT")

    async def roll_back(self) -> None:
        """One round trip."""
        await self._driver.execute("ROLLBACK")

    async def rows(self, text: str, arguments: Sequence[Any]) -> Rows:
        """By a statement that the connection has prepared, or prepares now."""
        found: Rows = await self._driver.fetch(text, *arguments)
        return found

    async def run_all(self, text: str, arguments: Sequence[Sequence[Any]]) -> None:
        """In as few round trips as the protocol allows."""
        await self._driver.executemany(text, arguments)

    def stop(self) -> None:
        """Nothing more is said to the server."""
        self._driver.terminate()
