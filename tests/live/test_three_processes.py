"""Three server processes over one PostgreSQL, one Redis and one central broker are one farm."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import websockets

from app.simulator.farm import SimulatedFarm, SimulatedPrinter, SimulatorOptions
from app.simulator.jobs import Filament, Job
from tests.commands.process import Command, serving
from tests.running import DEADLINE, KEY, Subscription, eventually, receive

TAKEN_OVER_SECONDS = 15.0
# Starting three processes and printing through a takeover takes its time on a busy machine.
pytestmark = pytest.mark.timeout(400)
LIMIT = 5
ADD = """mutation($input: AddPrinterInput!) { addPrinter(input: $input) {
    printer { id } userErrors { message } } }"""
STATES = "{ printers { nodes { status { connection state progress } } } }"
EVENTS = "subscription { farmEvents(types: [PRINT_STARTED, PRINT_FINISHED]) { type cursor } }"


@pytest.fixture
async def servers(
    postgres_url: str, redis_url: str, broker_url: str, tmp_path: Path
) -> AsyncIterator[list[Command]]:
    """Three processes that share everything but their folders."""
    shared = {
        "database_url": postgres_url.replace("+asyncpg", ""),
        "broadcast_url": redis_url,
        "mqtt_url": broker_url,
        "secret_key": "the same for all of them",
        "rate_limits": f"bambuddy.control={LIMIT}/hour",
    }
    async with AsyncExitStack() as stack:
        yield await asyncio.gather(
            *(
                stack.enter_async_context(serving(tmp_path / str(number), **shared))
                for number in range(3)
            )
        )


async def _owner(servers: list[Command]) -> Command | None:
    """The one that holds the only printer."""
    for server in servers:
        if "spoolgraph_printers_held 1.0" in (await server.get("/metrics")).text:
            return server
    return None


async def _add(server: Command, printer: SimulatedPrinter, *, address: bool) -> None:
    told = printer.describe()
    given = {"name": told["name"], "serialNumber": told["serial_number"]}
    if address:
        given |= {
            "ipAddress": told["ip_address"],
            "accessCode": told["access_code"],
            "mqttPort": told["mqtt_port"],
        }
    data = await server.graphql(ADD, {"input": given})
    assert data["addPrinter"]["userErrors"] == []


async def _status(server: Command) -> dict[str, Any]:
    (node,) = (await server.graphql(STATES))["printers"]["nodes"]
    status: dict[str, Any] = node["status"]
    return status


async def _history(server: Command, wanted: list[dict[str, str]]) -> bool:
    found = await server.graphql("{ archives { nodes { name status } } }")
    return bool(found["archives"]["nodes"] == wanted)


async def _shows(servers: list[Command], name: str, value: str) -> bool:
    return all([(await _status(server))[name] == value for server in servers])


async def _subscribed(stack: AsyncExitStack, server: Command) -> Subscription:
    socket = await stack.enter_async_context(
        websockets.connect(
            server.base.replace("http", "ws") + "/graphql",
            subprotocols=[websockets.Subprotocol("graphql-transport-ws")],
        )
    )
    await socket.send(json.dumps({"type": "connection_init", "payload": {"X-API-Key": KEY}}))
    assert await receive(socket) == {"type": "connection_ack"}
    message = {"id": "1", "type": "subscribe", "payload": {"query": EVENTS}}
    await socket.send(json.dumps(message))
    return Subscription(socket)


@pytest.mark.parametrize("way", ["address", "broker"])
async def test_the_owner_of_a_printer_is_killed(
    servers: list[Command], broker_url: str, way: str
) -> None:
    """In mid-print: another takes over in time, the print goes on as one archive, and clients of
    the others are told everything once."""
    options = SimulatorOptions(
        printers=1,
        models=("p2s",),
        speed=30,
        base_port=0,
        broker=broker_url if way == "broker" else None,
    )
    async with SimulatedFarm(options) as farm, AsyncExitStack() as stack:
        (printer,) = farm.printers
        await _add(servers[0], printer, address=way == "address")
        await eventually(lambda: _shows(servers, "connection", "CONNECTED"), 30)
        killed = await eventually(lambda: _owner(servers))
        others = [server for server in servers if server is not killed]
        feeds = [await _subscribed(stack, server) for server in others]
        job = Job("Kept", seconds=600, layers=60, filaments=(Filament(),), prepare=5, warm_up=5)
        printer.sim.start(job)
        await eventually(lambda: _shows(servers, "state", "PRINTING"), 30)
        await killed.end(signal.SIGKILL)
        began = time.monotonic()
        await eventually(lambda: _owner(others), 30)
        await eventually(lambda: _shows(others, "connection", "CONNECTED"), 30)
        assert time.monotonic() - began < TAKEN_OVER_SECONDS
        kept = [{"name": "Kept", "status": "SUCCESS"}]
        await eventually(lambda: _history(others[0], kept), 90)
        for feed in feeds:
            told = [(await feed.next())["farmEvents"]["type"] for _ in range(2)]
            assert told == ["PRINT_STARTED", "PRINT_FINISHED"]


async def test_limits_and_revocations_reach_every_process(servers: list[Command]) -> None:
    """Requests are counted together wherever they arrive; a key that is revoked at one process is
    refused by the others, and its sockets close."""
    left = []
    for number in range(LIMIT + 2):
        answer = await servers[number % 3].post("/api/v1/printers/1/refresh-status")
        left.append((answer.status_code, answer.headers["X-RateLimit-Remaining"]))
    assert left == [
        *((404, str(LIMIT - 1 - number)) for number in range(LIMIT)),
        (429, "0"),
        (429, "0"),
    ]
    async with AsyncExitStack() as stack:
        made = await servers[0].graphql(
            """mutation { createApiKey(input: {name: "short-lived"}) {
                value apiKey { id } userErrors { message } } }"""
        )
        key = made["createApiKey"]["value"]
        socket = await stack.enter_async_context(
            websockets.connect(
                servers[2].base.replace("http", "ws") + "/graphql",
                subprotocols=[websockets.Subprotocol("graphql-transport-ws")],
            )
        )
        await socket.send(json.dumps({"type": "connection_init", "payload": {"X-API-Key": key}}))
        assert await receive(socket) == {"type": "connection_ack"}
        assert (await servers[1].get("/api/v1/printers", key=key)).status_code == 200
        revoked = await servers[0].graphql(
            """mutation($id: ID!) { revokeApiKey(input: {id: $id}) { userErrors { message } } }""",
            {"id": made["createApiKey"]["apiKey"]["id"]},
        )
        assert revoked["revokeApiKey"]["userErrors"] == []

        async def refused() -> bool:
            return (await servers[1].get("/api/v1/printers", key=key)).status_code == 401

        await eventually(refused)
        async with asyncio.timeout(DEADLINE):
            await socket.wait_closed()
        assert socket.close_code == 4401
