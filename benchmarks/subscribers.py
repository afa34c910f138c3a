"""What one report costs that hundreds of sockets are told of, and how soon the last one knows."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from statistics import quantiles

import orjson

from benchmarks.cpu import CpuMeter
from benchmarks.ingest_rate import greet
from benchmarks.latency import FIRST_LAYER
from benchmarks.listeners import Listener, listening
from benchmarks.processes import KEY, baseline, server
from benchmarks.publishing import Publisher, packet
from benchmarks.reports import Recording, record
from benchmarks.result import Benchmark, Figure, Wanted, Workplace
from benchmarks.stock import make_farm
from tests.services import free_port, mqtt_broker

SOCKETS, PRINTERS, SECONDS = 500, 20, 10
# Reports a second of the flood: more than can be told to everybody.
FLOOD, CALM = 700, 70
SETTLE_SECONDS = 12.0
QUERY = """subscription { printerStatus { printer { id name }
    status { state progress currentLayer remainingTime } } }"""

# The layer a frame tells, which names the report.
Layer = Callable[[bytes], int]


def _of_server(frame: bytes) -> int:
    return orjson.loads(frame)["payload"]["data"]["printerStatus"]["status"]["currentLayer"] or 0


def _of_baseline(frame: bytes) -> int:
    return orjson.loads(frame)["layer_num"] or 0


class Publishing:
    """Reports at a rate, printer after printer; no two tell the same layer."""

    def __init__(self, url: str, recordings: list[Recording]) -> None:
        self._url = url
        self._recordings = recordings
        self._number = 0
        self.left: dict[int, float] = {}

    async def run(self, rate: float, seconds: float) -> None:
        """Publish for so long, spread evenly."""
        loop = asyncio.get_running_loop()
        async with Publisher(self._url) as publisher:
            begin, sent = loop.time(), 0
            while sent < rate * seconds:
                await asyncio.sleep(max(0.0, begin + sent / rate - loop.time()))
                sent += 1
                self._number += 1
                item = self._recordings[self._number % len(self._recordings)]
                report = orjson.loads(item.following[sent % len(item.following)])
                layer = FIRST_LAYER + self._number
                report["print"]["layer_num"] = layer
                self.left[layer] = time.perf_counter()
                await publisher.write(packet(item.serial, orjson.dumps(report)))


async def _delivered(
    pid: int, publishing: Publishing, listeners: list[Listener]
) -> tuple[float, float]:
    """Frames per normal CPU second of a process under the flood, and how busy it was."""
    flood = asyncio.create_task(publishing.run(FLOOD, SECONDS + 2))
    await asyncio.sleep(1.0)
    with CpuMeter(pid) as meter:
        before = sum(item.frames for item in listeners)
        await asyncio.sleep(SECONDS)
        counted = sum(item.frames for item in listeners) - before
    await flood
    return counted / meter.seconds, meter.seconds / meter.wall


async def _waited(publishing: Publishing, listeners: list[Listener], layer: Layer) -> list[float]:
    """Milliseconds from the writing of a report to the last frame that tells it."""
    last: dict[int, float] = {}
    heard: defaultdict[int, int] = defaultdict(int)

    def hear(frame: bytes) -> None:
        number = layer(frame)
        last[number] = time.perf_counter()
        heard[number] += 1

    await asyncio.sleep(2.0)
    publishing.left.clear()
    for listener in listeners:
        listener.heard = hear
    await publishing.run(CALM, SECONDS)
    await asyncio.sleep(1.0)
    for listener in listeners:
        listener.heard = None
    return [
        (last[number] - left) * 1000
        for number, left in publishing.left.items()
        if heard[number] >= SOCKETS
    ]


async def measure(place: Workplace) -> AsyncIterator[Figure]:
    """The server, then the bare forwarder, under the same load."""
    recordings = record(PRINTERS, SECONDS + 10)
    await make_farm(place.folder, serials=[item.serial for item in recordings])
    with mqtt_broker() as url:
        publishing = Publishing(url, recordings)
        async with server(place.folder, mqtt_url=url) as served:
            await greet(served, url, recordings)
            place.say("the server settles")
            await asyncio.sleep(SETTLE_SECONDS)
            address = served.base.replace("http", "ws") + "/graphql"
            async with listening(address, sockets=SOCKETS, key=KEY, query=QUERY) as listeners:
                place.say(f"server at {CALM} reports a second")
                ours_waited = await _waited(publishing, listeners, _of_server)
                place.say(f"server under a flood for {SECONDS} s")
                ours = await _delivered(served.pid, publishing, listeners)
        port = free_port()
        async with baseline("forwarder", url, str(port)) as pid:
            await asyncio.sleep(3)
            async with listening(f"ws://127.0.0.1:{port}", sockets=SOCKETS) as listeners:
                place.say("bare forwarder in the same way")
                bare_waited = await _waited(publishing, listeners, _of_baseline)
                bare = await _delivered(pid, publishing, listeners)
    name = "aiomqtt → websockets"
    yield Figure(
        "frames per CPU second",
        ours[0],
        "1/s",
        bare[0],
        name,
        Wanted("value", "at least", 35_000),
        f"{SOCKETS} sockets, {FLOOD} reports a second; busy {ours[1]:.2f} and {bare[1]:.2f}",
    )
    yield Figure(
        "report to the last frame, p99",
        quantiles(ours_waited, n=100)[98],
        "ms",
        quantiles(bare_waited, n=100)[98],
        name,
        Wanted("value", "at most", 30.0),
        f"{CALM * SOCKETS} frames a second; {len(ours_waited)} of {CALM * SECONDS} reports",
    )


BENCHMARK = Benchmark("subscribers", f"{SOCKETS} sockets that ask for the same", measure)
