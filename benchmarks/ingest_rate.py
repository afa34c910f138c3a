"""How many reports one core takes in, merge, diff and publishing included."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from statistics import median

from benchmarks.cpu import CpuMeter
from benchmarks.processes import Served, baseline, process, server
from benchmarks.publishing import Publisher, introduce
from benchmarks.reports import Recording, record
from benchmarks.result import Benchmark, Figure, Wanted, Workplace
from benchmarks.stock import make_farm
from tests.services import free_port, mqtt_broker

PRINTERS, SECONDS = 200, 120
ROUNDS, ROUND_SECONDS, SETTLE_SECONDS = 3, 5.0, 1.0
METRIC = "spoolgraph_messages_ingested_total"

Counter = Callable[[], Awaitable[float]]


async def told_count(port: int) -> float:
    """The counter of the bare loop."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    line = await reader.readline()
    writer.close()
    return float(line)


async def until_counting(count: Counter, least: float) -> None:
    """Wait until so many were counted."""
    async with asyncio.timeout(60):
        while True:
            try:
                if await count() >= least:
                    return
            except OSError:
                pass
            await asyncio.sleep(0.2)


async def greet(served: Served, url: str, recordings: Sequence[Recording]) -> None:
    """Let every printer send its complete report until the server has heard them all."""
    async with asyncio.timeout(60), Publisher(url) as publisher:
        while True:
            before = await served.metric(METRIC)
            await introduce(publisher, recordings)
            await asyncio.sleep(0.5)
            if await served.metric(METRIC) - before == len(recordings):
                return


async def _rate(pid: int, count: Counter) -> tuple[float, float]:
    """Reports per normal CPU second of a process while it is flooded, and how busy it was."""
    await asyncio.sleep(SETTLE_SECONDS)
    with CpuMeter(pid) as meter:
        before = await count()
        await asyncio.sleep(ROUND_SECONDS)
        counted = await count() - before
    return counted / meter.seconds, meter.seconds / meter.wall


async def measure(place: Workplace) -> AsyncIterator[Figure]:
    """The server and the bare loop in turns, on one broker and the same reports."""
    place.say(f"recording {PRINTERS} printers")
    recordings = record(PRINTERS, SECONDS)
    file = place.folder / "reports"
    file.write_bytes(pickle.dumps(recordings))
    await make_farm(place.folder, serials=[item.serial for item in recordings])
    rounds = place.rounds(ROUNDS)
    found: dict[str, list[tuple[float, float]]] = {"server": [], "bare": []}
    with mqtt_broker() as url:
        for number in range(rounds):
            place.say(f"bare loop, round {number + 1} of {rounds}")
            port = free_port()
            async with baseline("ingest_loop", url, str(port)) as pid:

                async def told(port: int = port) -> float:
                    return await told_count(port)

                await until_counting(told, 0)
                async with process("-m", "benchmarks.flood", url, str(file)):
                    found["bare"].append(await _rate(pid, told))
            place.say(f"server, round {number + 1} of {rounds}")
            async with server(place.folder, mqtt_url=url) as served:

                async def counted(served: Served = served) -> float:
                    return await served.metric(METRIC)

                await greet(served, url, recordings)
                async with process("-m", "benchmarks.flood", url, str(file)):
                    found["server"].append(await _rate(served.pid, counted))
    (ours, busy), (bare, bare_busy) = (_middle(found[name]) for name in ("server", "bare"))
    yield Figure(
        "reports per CPU second",
        ours,
        "1/s",
        bare,
        "aiomqtt + orjson",
        Wanted("ratio", "at least", 0.5),
        note=f"{PRINTERS} printers, five manners of reporting; "
        f"{busy:.2f} cores busy, the baseline {bare_busy:.2f}",
    )


def _middle(rounds: list[tuple[float, float]]) -> tuple[float, float]:
    return median(rate for rate, _ in rounds), median(busy for _, busy in rounds)


BENCHMARK = Benchmark("ingest-rate", "Reports taken in by one core", measure)
