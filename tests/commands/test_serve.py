"""`serve`, `demo` and `migrate` as processes: starting, refusing, ending, starting again."""

from __future__ import annotations

import asyncio
import json
import signal
from pathlib import Path

import httpx
import pytest
import websockets

from tests.commands.process import GONE, Command, ended, serving, settings, started
from tests.conftest import named, on_server, run_apart
from tests.running import KEY, eventually, receive

MUTE = 3
ADD = """mutation($input: AddPrinterInput!) {
    addPrinter(input: $input) { userErrors { message } } }"""


async def _subscribed(command: Command) -> websockets.ClientConnection:
    """An open subscription; its present state was told."""
    socket = await websockets.connect(
        command.base.replace("http", "ws") + "/graphql",
        subprotocols=[websockets.Subprotocol("graphql-transport-ws")],
    )
    await socket.send(json.dumps({"type": "connection_init", "payload": {"X-API-Key": KEY}}))
    assert await receive(socket) == {"type": "connection_ack"}
    query = "subscription { printerStatus { status { state } } }"
    message = {"id": "1", "type": "subscribe", "payload": {"query": query}}
    await socket.send(json.dumps(message))
    return socket


async def _mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A printer that accepts connections and answers nothing."""
    await reader.read(-1)
    writer.close()


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
async def test_the_demo_ends_at_once_and_keeps_its_data(
    tmp_path: Path, sent: signal.Signals
) -> None:
    """With open sockets, some of which read nothing, an open event stream, and printers that hang
    in their handshakes; the second start has the same history."""
    async with (
        await asyncio.start_server(_mute, "127.0.0.1", 0) as mute,
        serving(tmp_path, "demo") as demo,
    ):
        port = mute.sockets[0].getsockname()[1]
        told = {"ipAddress": "127.0.0.1", "accessCode": "12345678", "mqttPort": port}
        for number in range(MUTE):
            new = {"name": f"Mute {number}", "serialNumber": f"01S00A00000{number:04}", **told}
            data = await demo.graphql(ADD, {"input": new})
            assert data["addPrinter"]["userErrors"] == []
        sockets = [await _subscribed(demo) for _ in range(5)]
        for socket in sockets:
            await receive(socket)
        for socket in sockets[1:]:
            socket.transport.pause_reading()
        before = (await demo.get("/api/v1/archives?limit=500")).json()
        assert before["total"] >= 100
        printers = (await demo.get("/api/v1/printers")).json()
        assert len(printers) == 8 + MUTE
        async with (
            httpx.AsyncClient(base_url=demo.base, timeout=20) as client,
            client.stream(
                "POST",
                "/graphql",
                headers={"Accept": "text/event-stream", "X-API-Key": KEY},
                json={"query": "subscription { farmEvents { type } }"},
            ) as stream,
        ):
            assert stream.status_code == 200
            assert await demo.end(sent) < GONE
        assert demo.process.returncode == 0
        assert "Traceback" not in demo.output
        for socket in sockets:
            socket.transport.abort()
    async with serving(tmp_path, "demo") as demo:
        after = (await demo.get("/api/v1/archives?limit=500")).json()
        known = {item["id"]: item["name"] for item in after["archives"]}
        assert {item["id"]: item["name"] for item in before["archives"]}.items() <= known.items()
        again = (await demo.get("/api/v1/printers")).json()
        assert [item["id"] for item in again] == [item["id"] for item in printers]


async def test_the_demo_tells_how_to_use_it(tmp_path: Path) -> None:
    """The addresses, a login that works, a key that works, lines to paste that work."""
    given = settings(tmp_path)
    for name in ("ADMIN_EMAIL", "ADMIN_PASSWORD", "API_KEY"):
        del given[f"SPOOLGRAPH_{name}"]
    async with started("demo", **given) as demo:
        await eventually(demo.answers, 60)
        await eventually(lambda: "Ctrl-C" in demo.output)
        login = json.loads((tmp_path / "demo-login.json").read_text())
        assert (tmp_path / "demo-login.json").stat().st_mode & 0o077 == 0
        for told in (f"{demo.base}/graphql", f"{demo.base}/docs", *login.values()):
            assert told in demo.output
        lines = [line for line in demo.output.splitlines() if line.startswith("curl ")]
        assert len(lines) == 3
        for line in lines:
            status, printed = await _shell(line)
            assert status == 0
            assert json.loads(printed)
        async with httpx.AsyncClient(base_url=demo.base) as client:
            given = {"email": login["email"], "password": login["password"]}
            answer = await client.post("/api/v1/auth/login", json=given)
        assert answer.status_code == 200


async def _shell(line: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_shell(line, stdout=asyncio.subprocess.PIPE)
    printed, _ = await process.communicate()
    return process.returncode or 0, printed.decode()


async def test_a_second_server_on_one_file_is_refused(tmp_path: Path) -> None:
    """With one sentence that names the file and what to do, and exit status 1."""
    async with serving(tmp_path) as first:
        status, printed = await ended("serve", **settings(tmp_path))
        assert status == 1
        assert printed.count("\n") == 1
        assert f"is already served by the process {first.process.pid}." in printed
        assert "SPOOLGRAPH_DATABASE_URL" in printed
        assert (await first.get("/health")).status_code == 200


async def test_a_server_that_was_killed_leaves_no_lock(tmp_path: Path) -> None:
    """The next one starts over the same file."""
    async with serving(tmp_path) as first:
        await first.end(signal.SIGKILL)
    async with serving(tmp_path) as second:
        assert (await second.get("/api/v1/printers")).json() == []


async def test_a_server_database_must_be_migrated_first(
    postgres_server: str, tmp_path: Path
) -> None:
    """`serve` refuses with one sentence, `migrate` moves it, `serve` starts."""
    run_apart(on_server(postgres_server, "CREATE DATABASE unmigrated"))
    url = named(postgres_server, "unmigrated").replace("+asyncpg", "")
    given = settings(tmp_path, database_url=url)
    status, printed = await ended("serve", **given)
    assert status == 1
    assert printed.count("\n") == 1
    assert "spoolgraph migrate" in printed
    assert (await ended("migrate", **given))[0] == 0
    async with serving(tmp_path, database_url=url) as server:
        assert (await server.get("/health")).json()["database"] == "connected"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "many"),
        ("DATABASE_URL", "mysql://user:hidden-word@host/name"),
        ("BROADCAST_URL", "amqp://user:hidden-word@host"),
        ("MQTT_URL", "http://user:hidden-word@host"),
        ("RATE_LIMITS", "perhaps"),
        ("LOG_LEVEL", "loud"),
    ],
)
async def test_a_wrong_setting_is_told(tmp_path: Path, name: str, value: str) -> None:
    """One sentence with the variable's name, without its value where that may be secret."""
    given = settings(tmp_path) | {f"SPOOLGRAPH_{name}": value}
    status, printed = await ended("serve", **given)
    assert status == 1
    assert printed.startswith(f"SPOOLGRAPH_{name}: ")
    assert "hidden-word" not in printed
    assert "Traceback" not in printed
