"""Databases that a benchmark has to itself, one of each kind."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import asyncpg
from sqlalchemy import make_url

from benchmarks.result import Workplace
from tests.services import postgres

KINDS = ("PostgreSQL", "SQLite")


@asynccontextmanager
async def database(kind: str, place: Workplace) -> AsyncIterator[str]:
    """The address of an empty PostgreSQL database, or of the SQLite file of the folder."""
    if kind == "SQLite":
        yield f"sqlite+aiosqlite:///{place.folder / 'spoolgraph.db'}"
        return
    with postgres() as server:
        name = f"benchmark_{uuid4().hex[:12]}"
        await _execute(server, f"CREATE DATABASE {name}")
        try:
            url = make_url(server).set(database=name)
            yield url.render_as_string(hide_password=False)
        finally:
            await _execute(server, f"DROP DATABASE {name} WITH (FORCE)")


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(
        make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    )
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
