"""How soon a queue is on its way to a farm of free printers."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson

from app.simulator.threemf import Plate, sliced_file
from benchmarks.processes import Served, server
from benchmarks.result import Benchmark, Figure, Wanted, Workplace

PRINTERS = 50
ALLOWED = 10.0
LONGEST = 120.0
LOOK_SECONDS = 0.2
FIELDS = {
    "name": "name",
    "serialNumber": "serial_number",
    "ipAddress": "ip_address",
    "accessCode": "access_code",
    "mqttPort": "mqtt_port",
    "ftpsPort": "ftps_port",
}
ADD = "mutation($input: AddPrinterInput!) { addPrinter(input: $input) { printer { id } } }"
READY = "{ printers(first: 100) { nodes { status { connection state } } } }"
FREE = {"connection": "CONNECTED", "state": "IDLE"}
QUEUE = "mutation($input: AddToQueueInput!) { addToQueue(input: $input) { queueItem { id } } }"
STAGES = "{ queue(first: 100) { nodes { dispatch { stage } } } }"
PRINTING = frozenset({"STARTED"})
ON_ITS_WAY = PRINTING | {"UPLOADING", "COMMANDED", "ACCEPTED"}


@asynccontextmanager
async def _printers() -> AsyncIterator[list[dict[str, Any]]]:
    """Simulated printers in a process of their own, as they describe themselves."""
    simulate = ("-m", "app", "simulate", "--json", "--models", "p1s", "--base-port", "0")
    started = await asyncio.create_subprocess_exec(
        *(sys.executable, *simulate, "--printers", str(PRINTERS)), stdout=asyncio.subprocess.PIPE
    )
    assert started.stdout is not None
    try:
        async with asyncio.timeout(LONGEST):
            lines = [await started.stdout.readline() for _ in range(PRINTERS)]
        yield [orjson.loads(line) for line in lines]
    finally:
        if started.returncode is None:
            started.terminate()
            await asyncio.wait_for(started.wait(), 15)


async def _add(served: Served, printers: list[dict[str, Any]]) -> None:
    """Make them printers of the farm, and wait until all of them are known to be free."""
    for told in printers:
        await served.graphql(ADD, {"input": {name: told[key] for name, key in FIELDS.items()}})
    async with asyncio.timeout(LONGEST):
        while True:
            nodes = (await served.graphql(READY))["printers"]["nodes"]
            if [node["status"] for node in nodes].count(FREE) == len(printers):
                return
            await asyncio.sleep(LOOK_SECONDS)


async def _file(served: Served) -> str:
    """The id of an archive that every one of the printers can print."""
    sent = await served.client.post(
        "/api/v1/archives",
        files={"file": ("bracket.gcode.3mf", sliced_file("Bracket", [Plate()]), "model/3mf")},
    )
    number = sent.raise_for_status().json()["id"]
    archives = (await served.graphql("{ archives { nodes { id databaseId } } }"))["archives"]
    found: str = next(node["id"] for node in archives["nodes"] if node["databaseId"] == number)
    return found


async def _until(served: Served, stages: frozenset[str]) -> float:
    """When every item has come to one of these stages."""
    async with asyncio.timeout(LONGEST):
        while True:
            nodes = (await served.graphql(STAGES))["queue"]["nodes"]
            now = time.perf_counter()
            if all(node["dispatch"] and node["dispatch"]["stage"] in stages for node in nodes):
                return now
            await asyncio.sleep(LOOK_SECONDS)


async def measure(place: Workplace) -> AsyncIterator[Figure]:
    """All items at once, for any printer; every printer takes one."""
    place.say(f"{PRINTERS} printers start")
    async with _printers() as printers, server(place.folder) as served:
        place.say("the server meets them")
        await _add(served, printers)
        wanted = {
            "archiveId": await _file(served),
            "quantity": PRINTERS,
            "options": {"anyColor": True},
        }
        place.say("the queue is filled")
        began = time.perf_counter()
        await served.graphql(QUEUE, {"input": wanted})
        sent = await _until(served, ON_ITS_WAY)
        printing = await _until(served, PRINTING)
    note = f"{PRINTERS} items for any of {PRINTERS} printers, added by one request"
    bound = Wanted("value", "at most", ALLOWED)
    yield Figure("every item is on its way", sent - began, "s", wanted=bound, note=note)
    yield Figure("every printer prints", printing - began, "s", note=note)


BENCHMARK = Benchmark("dispatching", "From a queue that is filled to printers that print", measure)
