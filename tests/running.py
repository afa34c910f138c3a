"""The whole server on a free port, inside the test's own loop, and clients for it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import websockets
from websockets.asyncio.client import ClientConnection

from app.accounts import members, queries
from app.accounts.keys import NewApiKey, create_key
from app.accounts.models import Role, Scope
from app.accounts.viewer import Viewer, effective_scopes
from app.asgi import create_app, open_farm
from app.database import EVERY_TEAM
from app.dispatch.timing import DispatchTiming
from app.runtime import Runtime
from app.server import Server
from app.settings import Settings
from app.simulator.farm import SimulatedPrinter
from tests.services import free_port

DEADLINE = 20.0
KEY = "key-of-the-tests"
EMAIL, PASSWORD = "owner@farm.example", "correct horse"


@dataclass
class RunningServer:
    """One server and its owner's key."""

    runtime: Runtime
    base: str
    key: str = KEY
    clients: list[httpx.AsyncClient] = field(default_factory=list)

    def client(self, key: str | None = KEY) -> httpx.AsyncClient:
        """An HTTP client with a key, or without any."""
        headers = {} if key is None else {"X-API-Key": key}
        made = httpx.AsyncClient(base_url=self.base, headers=headers, timeout=DEADLINE)
        self.clients.append(made)
        return made

    async def graphql(
        self, query: str, variables: dict[str, Any] | None = None, *, key: str = KEY
    ) -> dict[str, Any]:
        """The data of an operation that must not have errors."""
        body = {"query": query, "variables": variables or {}}
        answer = (await self.client(key).post("/graphql", json=body)).json()
        assert "errors" not in answer, answer
        data: dict[str, Any] = answer["data"]
        return data

    async def add(self, printer: SimulatedPrinter) -> dict[str, Any]:
        """Make a simulated printer one of the farm's."""
        told = printer.describe()
        data = await self.graphql(
            """mutation($input: AddPrinterInput!) {
                addPrinter(input: $input) { printer { id databaseId } userErrors { message } }
            }""",
            {
                "input": {
                    "name": told["name"],
                    "serialNumber": told["serial_number"],
                    "ipAddress": told["ip_address"],
                    "accessCode": told["access_code"],
                    "mqttPort": told["mqtt_port"],
                    "ftpsPort": told["ftps_port"],
                    "cameraPort": told["camera_port"],
                }
            },
        )
        assert data["addPrinter"]["userErrors"] == []
        added: dict[str, Any] = data["addPrinter"]["printer"]
        return added

    async def stranger(self, *scopes: Scope) -> str:
        """A key of the owner of another team."""
        return await self.member(f"team {uuid4()}", Role.OWNER, *scopes)

    async def member(self, team: str | None, role: Role, *scopes: Scope) -> str:
        """A key of a new user with a role in a team."""
        database = self.runtime.database
        email = f"{uuid4().hex}@farm.example"
        user = await members.create_user(database, email, PASSWORD, team=team, role=role)
        async with database.read(EVERY_TEAM) as session:
            membership = await queries.default_membership(session, user.id)
        assert membership is not None
        everything = effective_scopes(Role.OWNER)
        viewer = Viewer(membership.team_id, user.id, role, everything, "test")
        async with database.transaction(viewer.team_id) as session:
            new = NewApiKey("test", frozenset(scopes) or None)
            return (await create_key(session, viewer, new))[1]

    @asynccontextmanager
    async def socket(
        self, payload: dict[str, Any] | None = None
    ) -> AsyncIterator[ClientConnection]:
        """An open graphql-transport-ws socket; not yet initialised without a payload."""
        address = self.base.replace("http", "ws") + "/graphql"
        async with websockets.connect(
            address, subprotocols=[websockets.Subprotocol("graphql-transport-ws")]
        ) as socket:
            if payload is not None:
                await socket.send(json.dumps({"type": "connection_init", "payload": payload}))
                assert await receive(socket) == {"type": "connection_ack"}
            yield socket

    @asynccontextmanager
    async def subscription(self, query: str, key: str = KEY) -> AsyncIterator[Subscription]:
        """A running subscription."""
        async with self.socket({"X-API-Key": key}) as socket:
            message = {"id": "1", "type": "subscribe", "payload": {"query": query}}
            await socket.send(json.dumps(message))
            yield Subscription(socket)


@dataclass
class Subscription:
    """The events of one subscription."""

    socket: ClientConnection

    async def next(self) -> dict[str, Any]:
        """The data of the next event."""
        message = await receive(self.socket)
        assert message["type"] == "next", message
        assert "errors" not in message["payload"], message
        data: dict[str, Any] = message["payload"]["data"]
        return data

    async def until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first event that is wanted; those before it are passed over."""
        async with asyncio.timeout(DEADLINE):
            while True:
                data = await self.next()
                if wanted(data):
                    return data


async def receive(socket: ClientConnection) -> dict[str, Any]:
    """The next message of a socket."""
    async with asyncio.timeout(DEADLINE):
        message: dict[str, Any] = json.loads(await socket.recv())
        return message


async def eventually(condition: Callable[[], Any], deadline: float = DEADLINE) -> Any:
    """Wait until an (async) condition holds; returns what it returned."""
    async with asyncio.timeout(deadline):
        while True:
            found = condition()
            if asyncio.iscoroutine(found):
                found = await found
            if found:
                return found
            await asyncio.sleep(0.02)


@asynccontextmanager
async def running(
    folder: Path, *, timing: DispatchTiming | None = None, **settings: Any
) -> AsyncIterator[RunningServer]:
    """A server over SQLite in `folder`, unless the settings say otherwise."""
    port = free_port()
    chosen: dict[str, Any] = {
        "data_dir": folder,
        "port": port,
        "admin_email": EMAIL,
        "admin_password": PASSWORD,
        "api_key": KEY,
        "rate_limits": "off",
        "shutdown_seconds": 1,
        **settings,
    }
    async with open_farm(Settings(**chosen)) as runtime:
        if timing is not None:
            runtime.dispatcher.desk.timing = timing
        server = Server(create_app(runtime))
        serving = asyncio.create_task(server.serve())
        await server.listens.wait()
        assert server.started
        made = RunningServer(runtime, f"http://127.0.0.1:{port}")
        try:
            yield made
        finally:
            for client in made.clients:
                await client.aclose()
            runtime.hub.close()
            server.should_exit = True
            await serving
