"""What a large farm costs when every printer reports once a second."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from app.simulator.farm import SimulatedFarm, SimulatorOptions
from benchmarks.cpu import CpuMeter
from benchmarks.ingest_rate import METRIC, told_count, until_counting
from benchmarks.processes import baseline, process, server
from benchmarks.reports import MODELS
from benchmarks.result import Benchmark, Figure, Wanted, Workplace
from benchmarks.stock import make_farm
from tests.services import free_port, mqtt_broker

PRINTERS = 500
SETTLE_SECONDS, SECONDS = 40.0, 30.0
LEAST_RATE = 0.95


async def measure(place: Workplace) -> AsyncIterator[Figure]:
    """Server and bare loop at once, on one broker that simulated printers report to."""
    known = SimulatedFarm(SimulatorOptions(printers=PRINTERS, models=MODELS, base_port=0))
    await make_farm(place.folder, serials=[item.sim.serial for item in known.printers])
    port = free_port()
    with mqtt_broker() as url:
        simulate = [
            *("-m", "app", "simulate", "--json", "--auto", "--rate", "1", "--broker", url),
            *("--printers", str(PRINTERS), "--models", ",".join(MODELS)),
        ]
        async with (
            baseline("ingest_loop", url, str(port)) as bare,
            server(place.folder, mqtt_url=url) as served,
            process(*simulate, quiet=True),
        ):
            await until_counting(lambda: served.metric(METRIC), PRINTERS)
            place.say(f"{PRINTERS} printers connect and are asked for everything")
            await asyncio.sleep(SETTLE_SECONDS)
            place.say(f"measuring for {SECONDS:.0f} s")
            with CpuMeter(bare) as bare_cpu, CpuMeter(served.pid) as cpu:
                before = await served.metric(METRIC)
                await asyncio.sleep(SECONDS)
                counted = await served.metric(METRIC) - before
            await told_count(port)  # fails loudly when the baseline has died
    rate = counted / cpu.wall / PRINTERS
    # What the simulator left out is charged all the same.
    at_full_rate = 1 / (cpu.wall * rate)
    if rate < LEAST_RATE:
        raise RuntimeError(f"the simulator managed {rate:.2f} reports a second per printer")
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
