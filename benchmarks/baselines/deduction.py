"""One transaction written by hand: grams off a spool, its journal, and the event that tells it.

`python -m benchmarks.baselines.deduction PORT URL`.
"""

from __future__ import annotations

import sqlite3
import sys
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import orjson
import uvicorn
from sqlalchemy import make_url
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.baselines.tables import Keys, rows_of

WEIGHT = "SELECT remaining_weight FROM spools WHERE id = $1 AND team_id = $2"
DEDUCT = "UPDATE spools SET remaining_weight = $3, updated_at = $4 WHERE id = $1 AND team_id = $2"
JOURNAL = """INSERT INTO inventory_transactions
    (spool_id, team_id, weight_before, change, weight_after, created_at, type, shortfall)
    VALUES ($1, $2, $3, $4, $5, $6, 'usage', 0)"""
EVENT = """INSERT INTO farm_events (spool_id, team_id, detail, occurred_at, type)
    VALUES ($1, $2, $3, $4, 'SpoolDeducted')"""


class Postgres:
    """Through one pool, which is opened before the first request."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url).set(drivername="postgresql")

    async def open(self) -> None:
        """Connect."""
        address = self._url.render_as_string(hide_password=False)
        self._pool = await asyncpg.create_pool(address, min_size=8, max_size=8)

    async def deduct(self, spool: UUID, team: int, grams: int) -> int:
        """What is left."""
        now, detail = datetime.now(UTC), orjson.dumps({"grams": grams / 1000}).decode()
        async with self._pool.acquire() as connection, connection.transaction():
            before: int = await connection.fetchval(f"{WEIGHT} FOR UPDATE", spool, team)
            after = before - grams
            await connection.execute(DEDUCT, spool, team, after, now)
            await connection.execute(JOURNAL, spool, team, before, -grams, after, now)
            await connection.execute(EVENT, spool, team, detail, now)
        return after


class Sqlite:
    """On the loop."""

    def __init__(self, url: str) -> None:
        self._connection = sqlite3.connect(make_url(url).database or "", isolation_level=None)
        self._connection.execute("PRAGMA synchronous=NORMAL")

    async def open(self) -> None:
        """It is open."""

    async def deduct(self, spool: UUID, team: int, grams: int) -> int:
        """What is left."""
        now = datetime.now(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
        detail = orjson.dumps({"grams": grams / 1000}).decode()
        run = self._connection.execute
        run("BEGIN IMMEDIATE")
        before: int = run(WEIGHT.replace("$", "?"), (spool.hex, team)).fetchone()[0]
        after = before - grams
        run(DEDUCT.replace("$", "?"), (spool.hex, team, after, now))
        run(JOURNAL.replace("$", "?"), (spool.hex, team, before, -grams, after, now))
        run(EVENT.replace("$", "?"), (spool.hex, team, detail, now))
        run("COMMIT")
        return after


def app(url: str) -> Starlette:
    """The one handler, behind the check of the key."""
    keys = Keys(rows_of(url))
    database = (Sqlite if url.startswith("sqlite") else Postgres)(url)

    async def handle(request: Request) -> Response:
        team = await keys.team(request)
        spool = UUID(request.path_params["id"])
        grams = round(orjson.loads(await request.body())["weightGrams"] * 1000)
        left = await database.deduct(spool, team, grams)
        told = {
            "id": b64encode(f"Spool:{spool}".encode()).decode(),
            "remainingWeight": left / 1000,
        }
        answer = {"data": {"deductSpool": {"spool": told, "userErrors": []}}}
        return Response(orjson.dumps(answer), media_type="application/json")

    @asynccontextmanager
    async def opened(_app: Starlette) -> AsyncIterator[None]:
        await database.open()
        yield

    return Starlette(routes=[Route("/deduct/{id}", handle, methods=["POST"])], lifespan=opened)


if __name__ == "__main__":
    uvicorn.run(app(sys.argv[2]), port=int(sys.argv[1]), log_level="warning", access_log=False)
