"""How a server ends inside its process."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.asgi import create_app, open_farm
from app.server import Server, run
from app.settings import Settings
from tests.services import free_port


@pytest.fixture
def handlers_restored() -> Iterator[None]:
    """The signal handlers of the tests' own process are what they were."""
    ended_by = (signal.SIGINT, signal.SIGTERM)
    before = [signal.getsignal(number) for number in ended_by]
    yield
    for number, handler in zip(ended_by, before, strict=True):
        signal.signal(number, handler)


@pytest.mark.usefixtures("handlers_restored")
def test_what_is_closed_after_a_signal_is_closed_in_peace(tmp_path: Path) -> None:
    """The signal ends the server once; it does not cancel the closing of databases as well."""
    closed = []

    async def serve() -> None:
        settings = Settings(data_dir=tmp_path, port=free_port(), shutdown_seconds=1)
        async with open_farm(settings) as runtime:
            server = Server(create_app(runtime))
            serving = asyncio.create_task(server.serve())
            await server.listens.wait()
            signal.raise_signal(signal.SIGTERM)
            await serving
        await asyncio.sleep(0)  # a task that was cancelled would not come back from here
        closed.append(settings.port)

    run(serve())
    assert len(closed) == 1
