"""From a report to the frame of a subscription that tells it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from statistics import median, quantiles

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from benchmarks.ingest_rate import greet
from benchmarks.processes import KEY, Served, baseline, server
from benchmarks.publishing import Publisher, packet
from benchmarks.reports import Recording, record
from benchmarks.result import Benchmark, Figure, Wanted, Workplace
from benchmarks.stock import make_farm
from tests.services import free_port, mqtt_broker

PRINTERS, SECONDS = 200, 20
# Above every layer of the recorded reports: a layer that falls back would be another print.
FIRST_LAYER = 50_000
SETTLE_SECONDS = 12.0
QUERY = """subscription { printerStatus { printer { serialNumber }
    status { state progress currentLayer remainingTime } } }"""

# A printer's serial number and the layer it reported, which names the report.
Told = tuple[str, int]


class Clock:
    """Notes when reports leave and when they are told."""

    def __init__(self) -> None:
        self._left: dict[Told, float] = {}
        self.milliseconds: list[float] = []

    def left(self, report: Told) -> None:
        """It is written to the broker now."""
        self._left[report] = time.perf_counter()

    def told(self, report: Told) -> None:
        """A frame tells of it."""
        left = self._left.pop(report, None)
        if left is not None:
            self.milliseconds.append((time.perf_counter() - left) * 1000)

    @property
    def lost(self) -> int:
        """Reports that no frame told of."""
        return len(self._left)


async def _publish(url: str, recordings: list[Recording], clock: Clock, seconds: int) -> None:
    """Each printer once a second, spread evenly; the layer grows with every report."""
    loop = asyncio.get_running_loop()
    async with Publisher(url) as publisher:
        begin = loop.time()
        for number in range(seconds * len(recordings)):
            layer, place = divmod(number, len(recordings))
            due = begin + number / len(recordings)
            await asyncio.sleep(max(0.0, due - loop.time()))
            item = recordings[place]
            report = orjson.loads(item.following[layer % len(item.following)])
            report["print"]["layer_num"] = FIRST_LAYER + layer
            sent = packet(item.serial, orjson.dumps(report))
            clock.left((item.serial, FIRST_LAYER + layer))
            await publisher.write(sent)


def _of_server(frame: bytes) -> Told:
    update = orjson.loads(frame)["payload"]["data"]["printerStatus"]
    return update["printer"]["serialNumber"], update["status"]["currentLayer"] or 0


def _of_baseline(frame: bytes) -> Told:
    shown = orjson.loads(frame)
    return shown["serial"], shown["layer_num"] or 0


async def _read(socket: ClientConnection, clock: Clock, told: Callable[[bytes], Told]) -> None:
    while True:
        clock.told(told(await socket.recv(decode=False)))


@asynccontextmanager
async def _subscribed(served: Served) -> AsyncIterator[ClientConnection]:
    address = served.base.replace("http", "ws") + "/graphql"
    protocol = [Subprotocol("graphql-transport-ws")]
    async with connect(address, subprotocols=protocol, compression=None) as socket:
        hello = {"type": "connection_init", "payload": {"X-API-Key": KEY}}
        subscribe = {"id": "1", "type": "subscribe", "payload": {"query": QUERY}}
        await socket.send(orjson.dumps(hello).decode())
        await socket.recv()
        await socket.send(orjson.dumps(subscribe).decode())
        yield socket


async def _timed(
    work: Awaitable[None], socket: ClientConnection, clock: Clock, told: Callable[[bytes], Told]
) -> None:
    reading = asyncio.create_task(_read(socket, clock, told))
    try:
        await work
        await asyncio.sleep(1.0)
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


async def measure(place: Workplace) -> AsyncIterator[Figure]:
    """The server, then the bare forwarder, under the same load."""
    seconds = round(place.seconds(SECONDS))
    place.say(f"recording {PRINTERS} printers")
    recordings = record(PRINTERS, SECONDS + 10)
    await make_farm(place.folder, serials=[item.serial for item in recordings])
    ours, bare = Clock(), Clock()
    with mqtt_broker() as url:
        async with server(place.folder, mqtt_url=url) as served:
            await greet(served, url, recordings)
            place.say("the server settles")
            await asyncio.sleep(SETTLE_SECONDS)
            async with _subscribed(served) as socket:
                place.say(f"server for {seconds} s")
                await _timed(_publish(url, recordings, ours, seconds), socket, ours, _of_server)
        port = free_port()
        async with baseline("forwarder", url, str(port)), _connected(port) as socket:
            place.say(f"bare forwarder for {seconds} s")
            await _timed(_publish(url, recordings, bare, seconds), socket, bare, _of_baseline)
    note = f"{PRINTERS} printers at 1 Hz; {ours.lost} of {PRINTERS * seconds} reports not told"
    for name, bound, of in (
        ("report to frame, median", 10.0, median),
        ("report to frame, p99", 50.0, _p99),
    ):
        yield Figure(
            name,
            of(ours.milliseconds),
            "ms",
            of(bare.milliseconds),
            "aiomqtt → websockets",
            Wanted("value", "at most", bound),
            note,
        )


def _p99(values: list[float]) -> float:
    return quantiles(values, n=100)[98]


@asynccontextmanager
async def _connected(port: int) -> AsyncIterator[ClientConnection]:
    """A socket of the forwarder as soon as it listens."""
    async with asyncio.timeout(30):
        while True:
            try:
                socket = await connect(f"ws://127.0.0.1:{port}", compression=None)
                break
            except OSError:
                await asyncio.sleep(0.1)
    async with socket:
        yield socket


BENCHMARK = Benchmark("latency", "From a report to the frame that tells it", measure)
