"""Rows of PostgreSQL on connections of their own, which run prepared statements alone.

A pool that other programs share has to clean up after each of them. Here nothing but reading
happens, so a connection that was good goes back as it is: no round trip, no task.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import asyncpg

from app.errors import Unavailable
from app.row_reader import AWAY, Rows

MAX_CONNECTIONS = 8
STATEMENTS_PREPARED = 500
CONNECT_SECONDS = 5.0
SECONDS = 30.0
# The server or the way to it is gone, or it is about to end.
GONE = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # the server said goodbye, and the driver has not read it yet
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
)


class PostgresRows:
    """Reads rows; as many statements at a time as there may be connections."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._places = asyncio.Semaphore(MAX_CONNECTIONS)
        self._idle: list[asyncpg.Connection] = []

    async def rows(self, text: str, arguments: Sequence[Any]) -> Rows:
        """Every row of a statement; raises `Unavailable` when the database is away."""
        async with self._places:
            connection = await self._take()
            try:
                found: Rows = await connection.fetch(text, *arguments, timeout=SECONDS)
            except BaseException as error:
                # Whatever the connection was in the middle of, nobody else gets it.
                connection.terminate()
                if isinstance(error, GONE):
                    raise Unavailable(AWAY) from None
                raise
            self._idle.append(connection)
            return found

    async def _take(self) -> asyncpg.Connection:
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
        try:
            return await asyncpg.connect(
                self._address,
                statement_cache_size=STATEMENTS_PREPARED,
                max_cached_statement_lifetime=0,
                timeout=CONNECT_SECONDS,
                server_settings={"jit": "off", "default_transaction_read_only": "on"},
            )
        except (OSError, TimeoutError, asyncpg.PostgresError):
            raise Unavailable(AWAY) from None

    async def close(self) -> None:
        """Close every connection that nobody reads from."""
        while self._idle:
            self._idle.pop().terminate()
