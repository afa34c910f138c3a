"""A mutation over HTTP, against one transaction written by hand."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncIterator
from uuid import UUID

from benchmarks.databases import KINDS, database
from benchmarks.load import post
from benchmarks.processes import KEY
from benchmarks.queries import DEDUCTION, SERIALS, SERVER, SPOOLS, against, caps, contenders
from benchmarks.result import Benchmark, Figure, Workplace
from benchmarks.stock import make_farm

DEDUCT = """mutation Deduct($input: DeductSpoolInput!) { deductSpool(input: $input) {
    spool { id remainingWeight } userErrors { message } } }"""
GRAMS = 0.001
# Every request finds something left on the spool.
IDS = tuple(UUID(int=number) for number in range(1, SPOOLS + 1))


def _global_id(spool: UUID) -> str:
    return b64encode(f"Spool:{spool}".encode()).decode()


QUESTIONS = {
    SERVER: [
        post(
            "/graphql",
            {
                "query": DEDUCT,
                "variables": {"input": {"id": _global_id(spool), "weightGrams": GRAMS}},
            },
            '"userErrors":[]',
            KEY,
        )
        for spool in IDS
    ],
    DEDUCTION: [
        post(f"/deduct/{spool}", {"weightGrams": GRAMS}, '"userErrors":[]', KEY) for spool in IDS
    ],
}


async def measure(place: Workplace) -> AsyncIterator[Figure]:
    """On either database; spool after spool, so that requests seldom wait for each other."""
    for kind in KINDS:
        async with database(kind, place) as url:
            place.say(f"{kind}: writing {SPOOLS:,} spools")
            await make_farm(place.folder, serials=list(SERIALS), spools=SPOOLS, url=url)
            async with contenders(place, url, tuple(QUESTIONS)) as running:
                found = await caps(place, kind, running, QUESTIONS)
        yield against(f"deductSpool, {kind}", found, DEDUCTION, 0.4)


BENCHMARK = Benchmark("mutation", "A mutation over HTTP", measure)
