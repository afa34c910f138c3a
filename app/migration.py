"""Moving a database between schema revisions, and telling at which one it is.

Alembic is large and is loaded by what moves or compares only: a server over a database that is
where it should be starts and runs without.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

if TYPE_CHECKING:
    from alembic.config import Config

T = TypeVar("T")

# Processes that start together must not migrate together.
_LOCK = 7_305_000


class NotAtHead(Exception):
    """The database is at another schema revision than this version of the server needs."""


def _config(connection: Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(files("migrations")))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def head() -> str:
    """The revision this version of the server needs: the last of the numbered files."""
    names = (item.name for item in files("migrations.versions").iterdir())
    return max(name.partition("_")[0] for name in names if name[0].isdigit())


async def upgrade(url: str, revision: str = "head") -> None:
    """Move the database up to `revision`."""
    if revision == "head" and await current(url) == head():
        return

    def move(connection: Connection) -> None:
        from alembic import command

        command.upgrade(_config(connection), revision)

    await _run(url, move)


async def downgrade(url: str, revision: str) -> None:
    """Move the database down to `revision` ("base" removes everything)."""

    def move(connection: Connection) -> None:
        from alembic import command

        command.downgrade(_config(connection), revision)

    await _run(url, move)


async def current(url: str) -> str | None:
    """The revision the database is at, None for an empty one."""
    return await _run(url, _revision)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


async def differences(url: str) -> list[object]:
    """What the tables in the database lack against the models; empty when they agree."""

    def compare(connection: Connection) -> list[object]:
        from alembic.autogenerate import compare_metadata
        from alembic.runtime.migration import MigrationContext

        from app.models import Table

        options = {"compare_type": True, "include_object": _is_of_models}
        context = MigrationContext.configure(connection, opts=options)
        return list(compare_metadata(context, Table.metadata))

    return await _run(url, compare)


def _is_of_models(_item: object, name: str | None, *_rest: object) -> bool:
    """Full-text indexes, which only their revisions know, are left aside."""
    return name is None or not name.startswith(("archive_search", "ix_archives_grams"))


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
