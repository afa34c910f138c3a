"""REST routes over HTTP, against handlers written by hand that answer the same."""

from __future__ import annotations

from collections.abc import AsyncIterator

from benchmarks.databases import KINDS, database
from benchmarks.load import Question, get
from benchmarks.processes import KEY
from benchmarks.queries import (
    ARCHIVES,
    HANDWRITTEN,
    NUMBERS,
    PRINTERS,
    SERIALS,
    SERVER,
    SPOOLS,
    against,
    caps,
    contenders,
    require_same,
)
from benchmarks.result import Benchmark, Figure, Workplace
from benchmarks.stock import make_farm


def _each(path: str, expected: str, numbers: range) -> list[Question]:
    return [get(path.format(number), expected, KEY) for number in numbers]


ROUTES = {
    "/archives?limit=50": [get("/api/v1/archives?limit=50", '"Part ', KEY)],
    "/archives/{id}": _each("/api/v1/archives/{}", '"Part ', NUMBERS),
    "/printers": [get("/api/v1/printers", '"Printer 019"', KEY)],
    "/printers/{id}/status": _each(
        "/api/v1/printers/{}/status", '"offline"', range(1, PRINTERS + 1)
    ),
    "/spools?limit=100": [get("/api/v1/spools?limit=100", '"Colour ', KEY)],
}


async def measure(place: Workplace) -> AsyncIterator[Figure]:
    """On either database, both over the same rows."""
    for kind in KINDS:
        async with database(kind, place) as url:
            place.say(f"{kind}: writing {ARCHIVES:,} archives")
            await make_farm(
                place.folder, serials=list(SERIALS), archives=ARCHIVES, spools=SPOOLS, url=url
            )
            async with contenders(place, url, (SERVER, HANDWRITTEN)) as running:
                for route, questions in ROUTES.items():
                    asked = dict.fromkeys(running, questions)
                    await require_same(running, asked)
                    found = await caps(place, f"{kind}, {route}", running, asked)
                    yield against(f"{route}, {kind}", found, HANDWRITTEN, 0.6)


BENCHMARK = Benchmark("rest", "REST routes over HTTP", measure)
