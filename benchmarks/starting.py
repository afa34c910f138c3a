"""How soon a server answers, and how much memory it holds after a load."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from statistics import median

import psutil

from benchmarks.cpu import speed
from benchmarks.load import get, post
from benchmarks.processes import KEY, server
from benchmarks.queries import Q1, SERIALS, Contender
from benchmarks.result import Benchmark, Figure, Wanted, Workplace
from benchmarks.stock import make_farm

ARCHIVES = 100_000
STARTS, LOAD_SECONDS = 5, 10.0
LOAD = [
    post("/graphql", {"query": Q1}, '"Part ', KEY),
    get("/api/v1/archives?limit=50", '"Part ', KEY),
    get("/api/v1/printers", '"Printer 019"', KEY),
    get("/api/v1/statistics", "", KEY),
]


async def measure(place: Workplace) -> AsyncIterator[Figure]:
    """Over an SQLite file with a long history."""
    place.say(f"writing {ARCHIVES:,} archives")
    await make_farm(place.folder, serials=list(SERIALS), archives=ARCHIVES)
    place.say("the first start, which compiles what is not compiled yet")
    async with server(place.folder):
        pass
    walls, cpus = [], []
    for number in range(place.rounds(STARTS)):
        place.say(f"start {number + 1}")
        began = time.perf_counter()
        async with server(place.folder) as served:
            walls.append(time.perf_counter() - began)
            used = psutil.Process(served.pid).cpu_times()
            cpus.append((used.user + used.system) * speed())
    note = f"SQLite, {ARCHIVES:,} archives"
    bound = Wanted("value", "at most", 1.5)
    yield Figure("CPU seconds until the first answer", median(cpus), "s", wanted=bound, note=note)
    yield Figure("seconds until then, by the clock", median(walls), "s", note=note)
    async with server(place.folder) as served:
        place.say("load")
        contender = Contender(served.pid, served.base.removeprefix("http://"))
        await contender.cap(place, LOAD, place.seconds(LOAD_SECONDS))
        held = psutil.Process(served.pid).memory_info().rss / 1e6
    yield Figure(
        "memory after a load", held, "MB", wanted=Wanted("value", "at most", 110), note=note
    )


BENCHMARK = Benchmark("start", "Starting, and memory", measure)
