"""Three queries over HTTP: beside a hand-written handler, usual Strawberry, and PostGraphile."""

from __future__ import annotations

import asyncio
import pickle
import sys
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from statistics import geometric_mean, median
from typing import Any

import httpx
import orjson

from benchmarks.baselines import postgraphile
from benchmarks.cpu import CpuMeter
from benchmarks.databases import KINDS, database
from benchmarks.load import Question, get, post
from benchmarks.processes import KEY, baseline, server
from benchmarks.result import BaselineMissing, Benchmark, Figure, Wanted, Workplace
from benchmarks.stock import make_farm
from tests.services import free_port

ARCHIVES, PRINTERS, SPOOLS = 20_000, 20, 1_000
ROUNDS, ROUND_SECONDS, WARM_UP_SECONDS = 3, 3.0, 0.7
START_SECONDS = 60.0
SERIALS = tuple(f"01P00A0000{number:05d}" for number in range(PRINTERS))
# Rows that are asked for by id; every one of them is there.
NUMBERS = range(1, ARCHIVES, 97)
SERVER, HANDWRITTEN, DEDUCTION = "server", "by hand", "transaction by hand"
NAIVE, POSTGRAPHILE = "Strawberry", "PostGraphile"
MODULES = {HANDWRITTEN: "handwritten", DEDUCTION: "deduction", NAIVE: "naive"}

Q1 = """{ archives(first: 50) { nodes {
    id name status createdAt duration filamentUsed
    printer { id name } project { id name } } } }"""
Q2 = """{ printers(first: 20) { nodes { id name archives(first: 20) { nodes {
    id name status filaments { grams spool { id color material } } } } } } }"""
Q3 = """query One($id: ID!) { archive(id: $id) {
    id name status createdAt duration filamentUsed } }"""
NEWEST = "orderBy: [CREATED_AT_DESC, ROW_ID_DESC], condition: {teamId: 1}"
GRAPHILE_Q1 = f"""{{ allArchives(first: 50, {NEWEST}) {{ nodes {{
    id name status createdAt duration filamentUsed
    printerByPrinterId {{ id name }} projectByProjectId {{ id name }} }} }} }}"""
GRAPHILE_Q2 = f"""{{ allPrinters(first: 20, condition: {{teamId: 1}}) {{ nodes {{
    id name archivesByPrinterId(first: 20, {NEWEST}) {{ nodes {{
    id name status filamentusesByArchiveId {{ nodes {{
    grams spoolBySpoolId {{ id color material }} }} }} }} }} }} }} }}"""
GRAPHILE_Q3 = Q3.replace("ID!", "Int!").replace("archive(id:", "archiveByRowId(rowId:")


@dataclass(frozen=True, slots=True)
class Contender:
    """A process that answers."""

    pid: int
    address: str

    async def answer(self, question: Question) -> Any:
        """One answer, decoded."""
        host, port = self.address.split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(question.wire.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
        received = await reader.read()
        writer.close()
        return orjson.loads(received.split(b"\r\n\r\n", 1)[1])

    async def cap(self, place: Workplace, questions: Sequence[Question], seconds: float) -> float:
        """Requests it answers in one normal CPU second."""
        file = place.folder / "questions"
        file.write_bytes(pickle.dumps(questions))
        with CpuMeter(self.pid) as meter:
            asking = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "benchmarks.load", self.address, str(file), str(seconds)),
                stdout=asyncio.subprocess.PIPE,
            )
            told, _ = await asking.communicate()
        if asking.returncode != 0:
            raise RuntimeError(f"{self.address} did not answer as expected")
        return int(told) / meter.seconds


@asynccontextmanager
async def contenders(
    place: Workplace, url: str, names: Sequence[str]
) -> AsyncIterator[dict[str, Contender]]:
    """The server and baselines over one database, when all of them answer."""
    async with AsyncExitStack() as stack:
        found = {}
        for name in names:
            port = free_port()
            address = f"127.0.0.1:{port}"
            if name == SERVER:
                served = await stack.enter_async_context(server(place.folder, database_url=url))
                found[name] = Contender(served.pid, served.base.removeprefix("http://"))
                continue
            if name == POSTGRAPHILE:
                running = postgraphile.running(port, url)
            else:
                running = baseline(MODULES[name], str(port), url)
            found[name] = Contender(await stack.enter_async_context(running), address)
            await _until_listening(name, port)
        yield found


async def _until_listening(name: str, port: int) -> None:
    try:
        async with asyncio.timeout(START_SECONDS), httpx.AsyncClient() as client:
            while True:
                try:
                    await client.get(f"http://127.0.0.1:{port}/")
                except httpx.TransportError:
                    await asyncio.sleep(0.1)
                else:
                    return
    except TimeoutError:
        raise BaselineMissing(f"{name} does not answer") from None


async def caps(
    place: Workplace,
    what: str,
    running: Mapping[str, Contender],
    questions: Mapping[str, Sequence[Question]],
) -> dict[str, float]:
    """The cap of each contender, measured in turns."""
    rounds = place.rounds(ROUNDS)
    found: dict[str, list[float]] = {name: [] for name in running}
    for name, contender in running.items():
        await contender.cap(place, questions[name], WARM_UP_SECONDS)
    for number in range(rounds):
        place.say(f"{what}, round {number + 1} of {rounds}")
        for name, contender in running.items():
            found[name].append(
                await contender.cap(place, questions[name], place.seconds(ROUND_SECONDS))
            )
    return {name: median(values) for name, values in found.items()}


def _global_id(number: int) -> str:
    return b64encode(f"Archive:{number}".encode()).decode()


def _questions() -> dict[str, dict[str, list[Question]]]:
    """What is asked, by the name of the query and who is asked."""
    usual = {
        "Q1": [post("/graphql", {"query": Q1}, '"Part ', KEY)],
        "Q2": [post("/graphql", {"query": Q2}, '"Colour ', KEY)],
        "Q3": [
            post("/graphql", {"query": Q3, "variables": {"id": _global_id(n)}}, '"Part ', KEY)
            for n in NUMBERS
        ],
    }
    graphile = {
        "Q1": [post("/graphql", {"query": GRAPHILE_Q1}, '"Part ', KEY)],
        "Q2": [post("/graphql", {"query": GRAPHILE_Q2}, '"Colour ', KEY)],
        "Q3": [
            post("/graphql", {"query": GRAPHILE_Q3, "variables": {"id": n}}, '"Part ', KEY)
            for n in NUMBERS
        ],
    }
    by_hand = {
        "Q1": [get("/q1", '"Part ', KEY)],
        "Q2": [get("/q2", '"Colour ', KEY)],
        "Q3": [get(f"/q3/{n}", '"Part ', KEY) for n in NUMBERS],
    }
    return {
        name: {
            SERVER: usual[name],
            NAIVE: usual[name],
            HANDWRITTEN: by_hand[name],
            POSTGRAPHILE: graphile[name],
        }
        for name in usual
    }


async def require_same(
    running: Mapping[str, Contender], questions: Mapping[str, Sequence[Question]]
) -> None:
    """Raises when the server and what was written by hand do not answer the same."""
    ours, theirs = [
        await running[name].answer(questions[name][0]) for name in (SERVER, HANDWRITTEN)
    ]
    if ours != theirs:
        raise RuntimeError(f"different answers: {str(ours)[:300]} and {str(theirs)[:300]}")


async def measure(place: Workplace) -> AsyncIterator[Figure]:
    """On either database, all contenders over the same rows."""
    questions = _questions()
    for kind in KINDS:
        async with database(kind, place) as url:
            place.say(f"{kind}: writing {ARCHIVES:,} archives")
            await make_farm(
                place.folder, serials=list(SERIALS), archives=ARCHIVES, spools=SPOOLS, url=url
            )
            names = [SERVER, HANDWRITTEN, NAIVE]
            if kind == "PostgreSQL":
                names.append(POSTGRAPHILE)
            async with contenders(place, url, names) as running:
                found = {}
                for query, asked in questions.items():
                    await require_same(running, asked)
                    found[query] = await caps(place, f"{kind}, {query}", running, asked)
                    yield against(f"{query}, {kind}", found[query], HANDWRITTEN, 0.6)
        means = {name: geometric_mean(cap[name] for cap in found.values()) for name in running}
        yield against(f"geometric mean, {kind}", means, NAIVE, 30)
        if POSTGRAPHILE in running:
            yield against(f"geometric mean, {kind}", means, POSTGRAPHILE, 2)


def against(name: str, caps: Mapping[str, float], other: str, least: float) -> Figure:
    """The server's cap beside that of a baseline."""
    return Figure(
        name,
        caps[SERVER],
        "cap",
        caps[other],
        other,
        Wanted("ratio", "at least", least),
        note="cap: requests per CPU second of the process that answers",
    )


BENCHMARK = Benchmark("queries", "Queries over HTTP", measure)
