"""A server that is killed in the middle loses nothing, and repeats under the same id."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from app.simulator.farm import SimulatedFarm, SimulatedPrinter, SimulatorOptions
from app.simulator.jobs import Filament, Job
from tests.receiver import OK, Received, Receiver, receiving
from tests.running import KEY, eventually
from tests.services import free_port

FAULT = (0x0C000300, 0x00030007)
JOB = Job("Benchy", seconds=600, layers=100, filaments=(Filament(),), prepare=10.0, warm_up=15.0)


@dataclass
class Process:
    """A server in a process of its own, that can be killed and started again."""

    folder: Path
    port: int = field(default_factory=free_port)
    running: asyncio.subprocess.Process | None = None

    def __post_init__(self) -> None:
        base = f"http://127.0.0.1:{self.port}"
        self.client = httpx.AsyncClient(base_url=base, headers={"X-API-Key": KEY}, timeout=20)

    async def start(self) -> None:
        """Start, and wait until it answers."""
        environment = {
            "SPOOLGRAPH_PORT": str(self.port),
            "SPOOLGRAPH_DATA_DIR": str(self.folder),
            "SPOOLGRAPH_ADMIN_EMAIL": "owner@farm.example",
            "SPOOLGRAPH_ADMIN_PASSWORD": "correct horse",
            "SPOOLGRAPH_API_KEY": KEY,
            "SPOOLGRAPH_RATE_LIMITS": "off",
            "SPOOLGRAPH_ALLOW_PRIVATE_WEBHOOKS": "on",
            "SPOOLGRAPH_OFFLINE_SECONDS": "1",
            "SPOOLGRAPH_LOG_LEVEL": "error",
        }
        self.running = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "app", "serve", env={**os.environ, **environment}
        )
        await eventually(self._answers, 60)

    async def _answers(self) -> bool:
        try:
            return (await self.client.get("/health")).status_code in (200, 503)
        except httpx.TransportError:
            return False

    async def kill(self) -> None:
        """End it as a power cut would."""
        assert self.running is not None
        self.running.send_signal(signal.SIGKILL)
        await self.running.wait()

    async def post(self, path: str, body: dict[str, object]) -> None:
        """Make something that can be made."""
        answer = await self.client.post(path, json=body)
        assert answer.status_code == 201, answer.text

    async def is_connected(self) -> bool:
        """Whether reports of the only printer arrive; what was known before does not count."""
        query = {"query": "{ printers { nodes { status { connection } } } }"}
        (node,) = (await self.client.post("/graphql", json=query)).json()["data"]["printers"][
            "nodes"
        ]
        return bool(node["status"]["connection"] == "CONNECTED")


@asynccontextmanager
async def _process(folder: Path) -> AsyncIterator[Process]:
    process = Process(folder)
    await process.start()
    try:
        yield process
    finally:
        if process.running is not None and process.running.returncode is None:
            await process.kill()
        await process.client.aclose()


def _once(received: list[Received]) -> list[str]:
    """What was told, each message once; a repeat must be the same to the letter."""
    seen: dict[str, Received] = {}
    for item in received:
        assert seen.setdefault(item.id, item).body == item.body
    return [_words(item) for item in seen.values()]


def _words(item: Received) -> str:
    event, data = item.json["event"], item.json["data"]
    return f"{event} {data['progress']}" if event == "print_progress" else event


async def _told(receiver: Receiver, *story: str) -> None:
    await eventually(lambda: _once(receiver.received) == list(story), 60)


async def _report(printer: SimulatedPrinter, *faults: tuple[int, int]) -> None:
    printer.sim.machine.hms[:] = faults
    printer.sim.report()


@pytest.mark.timeout(300)
async def test_nothing_is_lost_and_nothing_is_told_twice(tmp_path: Path) -> None:
    """Killed before the first answer, in the middle of the print, and while the printer is away
    with a fault on it: each thing that happened is one message, in order."""
    hanging = asyncio.Event()

    async def never(*_: object) -> bytes:
        await hanging.wait()
        return OK

    options = SimulatorOptions(printers=1, models=("p1s",), speed=60.0, base_port=0)
    async with (
        SimulatedFarm(options) as farm,
        receiving(never, OK) as receiver,
        _process(tmp_path) as process,
    ):
        (printer,) = farm.printers
        told = printer.describe()
        wanted = ("name", "serial_number", "ip_address", "access_code", "mqtt_port")
        await process.post("/api/v1/printers", {name: told[name] for name in wanted})
        await process.post("/api/v1/webhooks", {"url": receiver.url, "secret": "of the test"})
        await eventually(process.is_connected, 60)
        printer.sim.start(JOB)
        await receiver.until(1)
        await process.kill()
        await process.start()
        await receiver.until(2)
        first, again = receiver.received[:2]
        assert (again.id, again.body) == (first.id, first.body)
        again.verify(b"of the test")
        await eventually(lambda: "print_progress 25" in _once(receiver.received), 60)
        await process.kill()
        await process.start()
        story = ["print_started", *(f"print_progress {percent}" for percent in (25, 50, 75))]
        story.append("print_complete")
        await _told(receiver, *story)

        await _report(printer, FAULT)
        story.append("printer_error")
        await _told(receiver, *story)
        assert receiver.received[-1].json["data"]["error"]["code"] == "0C00-0300-0003-0007"
        await printer.power_off()
        story.append("printer_offline")
        await _told(receiver, *story)
        await process.kill()
        await process.start()
        await printer.power_on()
        await eventually(process.is_connected, 60)
        await printer.power_off()
        story.append("printer_offline")
        await _told(receiver, *story)
        hanging.set()
