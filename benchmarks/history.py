"""What lists, single rows and statistics cost with a short and with a long history."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

import httpx
from sqlalchemy import event

from app.asgi import create_app, open_farm
from app.database import Database
from app.row_reader import Rows
from app.settings import Settings
from benchmarks.cpu import CpuMeter
from benchmarks.processes import KEY, Served, server, server_settings
from benchmarks.result import Benchmark, Figure, Wanted, Workplace
from benchmarks.stock import make_farm

SMALL, LARGE, PRINTERS = 1_000, 1_000_000, 20
ROUNDS, REQUESTS = 5, 60
ALLOWED = 1.3
MOST_STATEMENTS = 3
# How many lookups of a printer any days of the statistics may cost.
MOST_LOOKUPS = 2
LOOKUP, DAYS = "single printer", ("statistics", "statistics of some days")
RELATED = """query Page($first: Int!, $after: String) { archives(first: $first, after: $after) {
    nodes { id name status printer { name } project { name } } pageInfo { endCursor } } }"""
# Each: what it is called, its document, its variables.
READS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("first page of 50", RELATED, {"first": 50}),
    ("keyset page of 50", RELATED, {"first": 50, "after": "…"}),
    ("single archive", "query One($id: ID!) { archive(id: $id) { name status } }", {"id": "…"}),
    (
        "statistics",
        "{ statistics { totalPrints successRate totalFilamentUsed totalPrintTime } }",
        {},
    ),
    (
        "statistics of some days",
        """{ statistics(filter: {startDate: "2025-03-03", endDate: "2025-08-17"}) {
            totalPrints successRate totalFilamentUsed totalPrintTime } }""",
        {},
    ),
    (LOOKUP, "{ printers(first: 1) { nodes { id name model serialNumber } } }", {}),
    (
        "total under a filter",
        "{ archives(first: 50, filter: {status: FAILED}) { totalCount nodes { name } } }",
        {},
    ),
)


async def _variables(served: Served, given: dict[str, Any]) -> dict[str, Any]:
    """The places of the given variables filled from the middle of this history."""
    page = {"first": 50}
    after = "after" in given
    place = await served.graphql(RELATED, page)
    for _ in range(5 if after else 0):
        page["after"] = place["archives"]["pageInfo"]["endCursor"]
        place = await served.graphql(RELATED, page)
    found = {
        "after": place["archives"]["pageInfo"]["endCursor"],
        "id": place["archives"]["nodes"][0]["id"],
    }
    return {name: found.get(name, value) for name, value in given.items()}


async def _cost(served: Served, query: str, variables: dict[str, Any]) -> float:
    """Normal CPU milliseconds of the server per request."""
    with CpuMeter(served.pid) as meter:
        for _ in range(REQUESTS):
            await served.graphql(query, variables)
    return meter.seconds / REQUESTS * 1000


@contextmanager
def _counted(database: Database) -> Iterator[list[str]]:
    """The statements that read as a team meanwhile."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if "team_id = ?" in statement or "team_id = $" in statement:
            statements.append(statement)

    async def planned(text: str, arguments: Sequence[Any]) -> Rows:
        note(None, None, text)
        return await rows(text, arguments)

    engine, rows = database.read_engine.sync_engine, database.rows.rows
    event.listen(engine, "before_cursor_execute", note)
    try:
        with patch.object(database.rows, "rows", planned):
            yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


async def statements_of(folder: Path, query: str, variables: dict[str, Any]) -> int:
    """How many statements an operation costs, counted inside a server without sockets."""
    async with open_farm(Settings.from_environment(**server_settings(folder))) as runtime:
        transport = httpx.ASGITransport(create_app(runtime))
        headers = {"X-API-Key": KEY}
        async with httpx.AsyncClient(
            transport=transport, base_url="http://farm", headers=headers
        ) as client:
            body = {"query": query, "variables": variables}
            await client.post("/graphql", json=body)  # the credential is remembered from here on
            with _counted(runtime.database) as statements:
                answer = await client.post("/graphql", json=body)
    if "errors" in answer.json():
        raise RuntimeError(answer.text[:500])
    return len(statements)


async def measure(place: Workplace) -> AsyncIterator[Figure]:
    """Two servers side by side: one with a short history, one with a hundred times as much."""
    folders = {number: place.folder / str(number) for number in (SMALL, LARGE)}
    serials = [f"01P00A0000{number:05d}" for number in range(PRINTERS)]
    for number, folder in folders.items():
        place.say(f"writing {number:,} archives")
        folder.mkdir()
        await make_farm(folder, serials=serials, archives=number)
    for size in (5, 50):
        yield Figure(
            f"statements of a page of {size} with printer and project",
            float(await statements_of(folders[SMALL], RELATED, {"first": size})),
            "statements",
            wanted=Wanted("value", "at most", MOST_STATEMENTS),
        )
    long: dict[str, float] = {}
    async with server(folders[SMALL]) as small, server(folders[LARGE]) as large:
        for name, query, given in READS:
            place.say(name)
            costs: dict[int, list[float]] = {SMALL: [], LARGE: []}
            for served in (small, large):
                await served.graphql(query, await _variables(served, given))
            for _ in range(place.rounds(ROUNDS)):
                for number, served in ((SMALL, small), (LARGE, large)):
                    variables = await _variables(served, given)
                    costs[number].append(await _cost(served, query, variables))
                    await asyncio.sleep(0)
            long[name] = median(costs[LARGE])
            yield Figure(
                name,
                long[name],
                "ms CPU",
                median(costs[SMALL]),
                f"{SMALL:,} archives",
                None if "total" in name else Wanted("ratio", "at most", ALLOWED),
                note=f"{LARGE:,} archives",
            )
    for name in DAYS:
        yield Figure(
            f"{name} over a lookup",
            long[name],
            "ms CPU",
            long[LOOKUP],
            LOOKUP,
            Wanted("ratio", "at most", MOST_LOOKUPS),
            note=f"{LARGE:,} archives",
        )


BENCHMARK = Benchmark("history", "Reading a short and a long history", measure)
