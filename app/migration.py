"""Moving a database between schema revisions, and telling at which one it is."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from typing import TypeVar

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from app.models import Table

T = TypeVar("T")

# Processes that start together must not migrate together.
_LOCK = 7_305_000


class NotAtHead(Exception):
    """The database is at another schema revision than this version of the server needs."""


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(files("migrations")))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def head() -> str:
    """The revision this version of the server needs."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    if revision is None:
        raise RuntimeError("there are no revisions")
    return revision


async def upgrade(url: str, revision: str = "head") -> None:
    """Move the database up to `revision`."""
    await _run(url, lambda connection: command.upgrade(_config(connection), revision))


async def downgrade(url: str, revision: str) -> None:
    """Move the database down to `revision` ("base" removes everything)."""
    await _run(url, lambda connection: command.downgrade(_config(connection), revision))


async def current(url: str) -> str | None:
    """The revision the database is at, None for an empty one."""
    return await _run(
        url, lambda connection: MigrationContext.configure(connection).get_current_revision()
    )


async def differences(url: str) -> list[object]:
    """What the tables in the database lack against the models; empty when they agree."""

    def compare(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Table.metadata))

    return await _run(url, compare)


async def require_head(url: str) -> None:
    """Raise `NotAtHead` unless the database is at the revision this server needs."""
    found, needed = await current(url), head()
    if found != needed:
        raise NotAtHead(
            f"The database is at revision {found or 'none'}, this server needs {needed}: "
            "run `spoolgraph migrate` first."
        )


def _engine(url: str) -> AsyncEngine:
    return create_async_engine(url, poolclass=NullPool)


async def _run(url: str, work: Callable[[Connection], T]) -> T:
    engine = _engine(url)
    try:
        async with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                await connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
            return await connection.run_sync(work)
    finally:
        await engine.dispose()
