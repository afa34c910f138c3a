"""Rows of PostgreSQL, as its driver gives them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import asyncpg

from app.errors import Unavailable
from app.row_reader import AWAY, Rows

POOL_SIZE = 8
STATEMENTS_PREPARED = 500
SECONDS = 30.0


class PostgresRows:
    """A pool of its own: its connections only ever run prepared statements outside transactions."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._pool: asyncpg.Pool | None = None
        self._opening = asyncio.Lock()

    async def rows(self, text: str, arguments: Sequence[Any]) -> Rows:
        """Every row of a statement."""
        pool = self._pool or await self._open()
        try:
            found: Rows = await pool.fetch(text, *arguments, timeout=SECONDS)
        except (OSError, TimeoutError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError):
            raise Unavailable(AWAY) from None
        except (asyncpg.OperatorInterventionError, asyncpg.InsufficientResourcesError):
            raise Unavailable(AWAY) from None
        return found

    async def _open(self) -> asyncpg.Pool:
        async with self._opening:
            if self._pool is None:
                try:
                    self._pool = await asyncpg.create_pool(
                        self._address,
                        min_size=0,
                        max_size=POOL_SIZE,
                        max_inactive_connection_lifetime=300.0,
                        statement_cache_size=STATEMENTS_PREPARED,
                        timeout=5.0,
                        server_settings={"jit": "off", "default_transaction_read_only": "on"},
                    )
                except (OSError, TimeoutError, asyncpg.PostgresError):
                    raise Unavailable(AWAY) from None
            return self._pool

    async def close(self) -> None:
        """Close every connection."""
        if self._pool is not None:
            self._pool.terminate()
