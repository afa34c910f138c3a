"""What the hand-written baselines share: rows of either database, and the check of API keys."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, Protocol

import asyncpg
from starlette.exceptions import HTTPException
from starlette.requests import Request

CACHE_SECONDS = 5.0
KEY = """SELECT team_id FROM api_keys WHERE secret_hash = $1 AND revoked_at IS NULL"""


class Rows(Protocol):
    """A database that is read by statements with `$1`, `$2`, …"""

    lateral: bool

    async def fetch(self, statement: str, *values: object) -> Sequence[Any]:
        """Rows with names."""
        ...


class PostgresRows:
    """A pool of asyncpg."""

    lateral = True

    def __init__(self, url: str) -> None:
        self._url = url
        self._pool: asyncpg.Pool | None = None
        self._opening = asyncio.Lock()

    async def fetch(self, statement: str, *values: object) -> Sequence[Any]:
        """Rows with names."""
        pool = self._pool or await self._open()
        rows: Sequence[Any] = await pool.fetch(statement, *values)
        return rows

    async def _open(self) -> asyncpg.Pool:
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    self._url, min_size=8, max_size=8, server_settings={"jit": "off"}
                )
            return self._pool


class SqliteRows:
    """sqlite3 on the loop."""

    lateral = False

    def __init__(self, path: str) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.row_factory = sqlite3.Row

    async def fetch(self, statement: str, *values: object) -> Sequence[Any]:
        """Rows with names."""
        return self._connection.execute(statement.replace("$", "?"), values).fetchall()


def rows_of(url: str) -> Rows:
    """The database at an address of SQLAlchemy."""
    scheme, rest = url.split("://", 1)
    return (
        SqliteRows(rest[1:]) if scheme.startswith("sqlite") else PostgresRows(f"postgres://{rest}")
    )


class Keys:
    """Teams of API keys, remembered for a few seconds as the server does."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._known: dict[bytes, tuple[float, int]] = {}

    async def team(self, request: Request) -> int:
        """The team of the request's key; 401 without one."""
        digest = sha256(request.headers.get("x-api-key", "").encode()).digest()
        found = self._known.get(digest)
        if found is not None and time.monotonic() < found[0]:
            return found[1]
        rows = await self._rows.fetch(KEY, digest)
        if not rows:
            raise HTTPException(401)
        team: int = rows[0]["team_id"]
        self._known[digest] = (time.monotonic() + CACHE_SECONDS, team)
        return team


def moment(value: datetime | str | None) -> str | None:
    """A time as the API writes it."""
    if value is None:
        return None
    text = value if isinstance(value, str) else value.isoformat()
    return f"{text[:10]}T{text[11:19]}Z"
