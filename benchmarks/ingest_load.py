"""What a large farm costs when every printer reports once a second."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import AsyncIterator

from benchmarks.cpu import CpuMeter
from benchmarks.ingest_rate import METRIC, told_count, until_counting
from benchmarks.processes import baseline, process, server
from benchmarks.reports import record
from benchmarks.result import Benchmark, Figure, Wanted, Workplace
from benchmarks.stock import make_farm
from tests.services import free_port, mqtt_broker

PRINTERS = 500
RECORDED_SECONDS = 120
SETTLE_SECONDS, SECONDS = 40.0, 30.0
LEAST_RATE = 0.95


async def measure(place: Workplace) -> AsyncIterator[Figure]:
    """Server and bare loop at once, on one broker that the recorded printers report to."""
    place.say(f"recording {PRINTERS} printers")
    recordings = record(PRINTERS, RECORDED_SECONDS)
    file = place.folder / "reports"
    file.write_bytes(pickle.dumps(recordings))
    await make_farm(place.folder, serials=[item.serial for item in recordings])
    port = free_port()
    with mqtt_broker() as url:
        async with (
            baseline("ingest_loop", url, str(port)) as bare,
            server(place.folder, mqtt_url=url) as served,
            process("-m", "benchmarks.replay", url, str(file)),
        ):
            await until_counting(lambda: served.metric(METRIC), PRINTERS)
            place.say(f"{PRINTERS} printers are asked for everything")
            await asyncio.sleep(SETTLE_SECONDS)
            place.say(f"measuring for {place.seconds(SECONDS):.0f} s")
            with CpuMeter(bare) as bare_cpu, CpuMeter(served.pid) as cpu:
                before = await served.metric(METRIC)
                await asyncio.sleep(place.seconds(SECONDS))
                counted = await served.metric(METRIC) - before
            await told_count(port)  # fails loudly when the baseline has died
    rate = counted / cpu.wall / PRINTERS
    # What the replayer left out is charged all the same.
    at_full_rate = 1 / (cpu.wall * rate)
    if rate < LEAST_RATE:
        raise RuntimeError(f"the replayer managed {rate:.2f} reports a second per printer")
    yield Figure(
        "share of one core",
        cpu.seconds * at_full_rate,
        "cores",
        bare_cpu.seconds * at_full_rate,
        "aiomqtt + orjson",
        Wanted("value", "at most", 0.25),
        note=f"{PRINTERS} printers, {counted / cpu.wall:.0f} reports a second",
    )


BENCHMARK = Benchmark("ingest-load", f"{PRINTERS} printers at one report a second", measure)
