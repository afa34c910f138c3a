"""Fixtures shared by all tests: migrated databases on both engines, Redis, a broker."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from app import logs, migration
from app.database import Database
from app.webhooks import outbox
from tests import services
from tests.running import RunningServer, running


@pytest.fixture(scope="session", autouse=True)
def _quiet_logs() -> None:
    """Requests that went well are no news in the report of a failed test."""
    logs.configure("warning", "json")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    with services.postgres() as url:
        yield url


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    with services.redis() as url:
        yield url


@pytest.fixture
def redis_url(redis_server: str) -> Iterator[str]:
    """The address of an empty Redis."""
    import redis

    with redis.Redis.from_url(redis_server) as client:
        client.flushall()
        yield redis_server


@pytest.fixture(scope="session")
def broker_url() -> Iterator[str]:
    """The address of a central MQTT broker."""
    with services.mqtt_broker() as url:
        yield url


async def on_server(url: str, statement: str) -> None:
    engine = create_async_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(statement))
    await engine.dispose()


def named(server: str, name: str) -> str:
    return server.replace("/postgres?", f"/{name}?") if "?" in server else f"{server}/{name}"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file that each test copies, because migrating each would be slow."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    asyncio.run(migration.upgrade(f"sqlite+aiosqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> str:
    """The name of a migrated database that each test clones."""
    name = f"template_{uuid4().hex[:8]}"
    asyncio.run(on_server(postgres_server, f"CREATE DATABASE {name}"))
    asyncio.run(migration.upgrade(named(postgres_server, name)))
    return name


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A migrated SQLite database of this test alone."""
    path = tmp_path / "spoolgraph.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite+aiosqlite:///{path}"


@pytest.fixture
def postgres_url(postgres_server: str, postgres_template: str) -> Iterator[str]:
    """A migrated PostgreSQL database of this test alone."""
    with clone(postgres_server, postgres_template) as url:
        yield url


@contextmanager
def clone(postgres_server: str, postgres_template: str) -> Iterator[str]:
    """A copy of a PostgreSQL database, for a while."""
    name = f"test_{uuid4().hex[:12]}"
    create = f"CREATE DATABASE {name} TEMPLATE {postgres_template}"
    run_apart(on_server(postgres_server, create))
    yield named(postgres_server, name)
    run_apart(on_server(postgres_server, f"DROP DATABASE {name} WITH (FORCE)"))


def run_apart(work: object) -> None:
    """Run a coroutine from a plain fixture, also while another loop runs in this thread."""
    import threading

    thread = threading.Thread(target=lambda: asyncio.run(work))  # type: ignore[arg-type]
    thread.start()
    thread.join()


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The test runs once per engine."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A migrated database that stores events, on each engine."""
    opened = Database(database_url)
    opened.store = outbox.store
    yield opened
    await opened.close()


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[RunningServer]:
    """The whole server over a fresh SQLite database, without printers and limits."""
    async with running(tmp_path) as started:
        yield started
