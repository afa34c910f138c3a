"""The revisions: up, down and up again, and never behind the models."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from uuid import uuid4

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import inspect
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from app import migration
from app.models import Table
from tests.conftest import named, on_server, run_apart


@pytest.fixture(params=["sqlite", "postgres"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without any table, on each engine."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}"
        return
    server: str = request.getfixturevalue("postgres_server")
    name = f"empty_{uuid4().hex[:12]}"
    run_apart(on_server(server, f"CREATE DATABASE {name}"))
    yield named(server, name)
    run_apart(on_server(server, f"DROP DATABASE {name} WITH (FORCE)"))


async def _tables(url: str) -> set[str]:
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    await engine.dispose()
    return {
        name
        for name in names
        if not name.startswith("archive_search") and name != "alembic_version"
    }


async def test_up_down_and_up_again(empty_url: str) -> None:
    """The head has exactly the models' tables, the base has none, and the way is open twice."""
    assert await migration.current(empty_url) is None
    await migration.upgrade(empty_url)
    assert await migration.current(empty_url) == migration.head()
    assert await migration.differences(empty_url) == []
    assert await _tables(empty_url) == set(Table.metadata.tables)
    await migration.downgrade(empty_url, "base")
    assert await _tables(empty_url) == set()
    await migration.upgrade(empty_url)
    assert await migration.differences(empty_url) == []


async def test_each_revision_goes_down_and_up(empty_url: str) -> None:
    """One step back from each revision, and forward again, down to the first."""
    await migration.upgrade(empty_url)
    while (at := await migration.current(empty_url)) is not None:
        await migration.downgrade(empty_url, "-1")
        await migration.upgrade(empty_url, "+1")
        assert await migration.current(empty_url) == at
        await migration.downgrade(empty_url, "-1")
    assert await _tables(empty_url) == set()


async def test_a_server_needs_the_head(empty_url: str) -> None:
    """Anything else is refused with a sentence that says what to do."""
    with pytest.raises(migration.NotAtHead, match=r"^The database is at revision none, this"):
        await migration.require_head(empty_url)
    await migration.upgrade(empty_url)
    await migration.require_head(empty_url)


def test_the_needed_revision_is_the_head_of_the_chain() -> None:
    """It is read off the names of files, which must say what Alembic makes of their content."""
    scripts = ScriptDirectory(str(files("migrations")))
    assert scripts.get_heads() == [migration.head()]
