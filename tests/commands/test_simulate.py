"""`simulate` as a process: what it prints, and everything its control port can do."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from typing import Any

import aiomqtt
import httpx
import pytest

from tests.commands.process import GONE, Command, ended, started
from tests.running import eventually
from tests.services import free_port

FIELDS = {
    "name": str,
    "model": str,
    "ip_address": str,
    "serial_number": str,
    "access_code": str,
    "mqtt_port": int,
    "ftps_port": int,
    "camera_port": int,
}


def _lines(command: Command) -> list[dict[str, Any]]:
    return [json.loads(line) for line in command.output.splitlines() if line.startswith("{")]


@pytest.fixture
async def control() -> AsyncIterator[httpx.AsyncClient]:
    """The control port of one fast printer."""
    port = free_port()
    arguments = ["--printers", "1", "--models", "p2s", "--speed", "60", "--base-port", "0"]
    async with (
        started("simulate", *arguments, "--json", "--control-port", str(port)) as command,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as client,
    ):
        await eventually(lambda: len(_lines(command)) == 1, 60)

        async def listens() -> bool:
            try:
                return (await client.get("/printers")).status_code == 200
            except httpx.TransportError:
                return False

        await eventually(listens)
        yield client


async def test_one_line_per_printer() -> None:
    """Exactly the documented fields, the models in turn, each with ports of its own."""
    arguments = ["--printers", "3", "--models", "p1s,h2d", "--base-port", "0", "--json"]
    async with started("simulate", *arguments) as command:
        await eventually(lambda: len(_lines(command)) == 3, 60)
        lines = _lines(command)
    for line in lines:
        assert {name: type(value) for name, value in line.items()} == FIELDS
    assert [line["model"] for line in lines] == ["P1S", "H2D", "P1S"]
    assert len({line["mqtt_port"] for line in lines}) == 3
    assert len({line["serial_number"] for line in lines}) == 3


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("inherited", [signal.SIG_DFL, signal.SIG_IGN])
async def test_it_ends_when_told_to(sent: signal.Signals, inherited: signal.Handlers) -> None:
    """At once and well, also when a shell started it in the background, ignoring Ctrl-C."""
    arguments = ["--printers", "2", "--base-port", "0", "--json"]
    before = signal.signal(sent, inherited)
    try:
        async with started("simulate", *arguments) as command:
            await eventually(lambda: len(_lines(command)) == 2, 60)
            assert await command.end(sent) < GONE
    finally:
        signal.signal(sent, before)
    assert command.process.returncode == 0
    assert "Traceback" not in command.output


async def test_an_unknown_model_is_refused() -> None:
    """With the models there are."""
    status, printed = await ended("simulate", "--models", "mk4")
    assert status == 2
    assert "There is no model mk4" in printed


async def test_every_verb_of_the_control_port(control: httpx.AsyncClient) -> None:
    """A print begins, pauses, goes on, is cancelled; the rest happens to the printer."""
    (printer,) = (await control.get("/printers")).json()
    serial = printer["serial_number"]

    async def act(verb: str, body: object = None, status: int = 200) -> dict[str, Any]:
        content = b"" if body is None else json.dumps(body).encode()
        answer = await control.post(f"/printers/{serial}/{verb}", content=content)
        assert answer.status_code == status, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def state(wanted: str) -> bool:
        (now,) = (await control.get("/printers")).json()
        return bool(now["state"] == wanted)

    job = {
        "name": "Benchy",
        "seconds": 1800,
        "layers": 50,
        "filaments": [{"type": "PETG", "color": "#00FF00", "grams": 12.5}],
    }
    for verb in ("pause", "resume", "cancel"):
        await act(verb, status=409)
    begun = await act("start", job)
    assert (begun["job"], begun["total_layers"]) == ("Benchy", 50)
    await act("start", job, status=409)
    await eventually(lambda: state("RUNNING"))
    await act("pause")
    assert await state("PAUSE")
    await act("resume")
    await eventually(lambda: state("RUNNING"))
    await act("cancel")
    await eventually(lambda: state("FAILED"))
    await act("start", job)
    await act("fail", {"hms": "0300-0100-0001-0007"})
    await eventually(lambda: state("FAILED"))
    assert (await act("offline"))["online"] is False
    assert (await act("online"))["online"] is True
    assert (await act("reboot"))["state"] == "IDLE"
    assert (await act("access-code", {"code": "87654321"}))["access_code"] == "87654321"
    await act("garbage", {"messages": 20})
    for verb, body, field in (
        ("start", {"seconds": -1}, "seconds"),
        ("start", {"layers": "many"}, "layers"),
        ("start", {"surprise": 1}, "surprise"),
        ("fail", {"hms": "nonsense"}, "hms"),
        ("access-code", {}, "code"),
        ("garbage", {"messages": 0}, "messages"),
    ):
        assert (await act(verb, body, status=422))["field"] == field
    for path in (f"/printers/{serial}/dance", "/printers/nobody/pause"):
        assert (await control.post(path)).status_code == 404


async def test_printers_behind_one_broker(broker_url: str) -> None:
    """They publish under their serial numbers and answer requests there."""
    arguments = ["--printers", "2", "--models", "p1s,x1c", "--json", "--broker", broker_url]
    async with started("simulate", *arguments) as command:
        await eventually(lambda: len(_lines(command)) == 2, 60)
        serials = {line["serial_number"] for line in _lines(command)}
        port = int(broker_url.rsplit(":", 1)[1])
        heard: set[str] = set()
        async with aiomqtt.Client("127.0.0.1", port) as client, asyncio.timeout(20):
            await client.subscribe("device/+/report")
            while heard != serials:
                for serial in serials:
                    request = json.dumps({"pushing": {"command": "pushall", "sequence_id": "1"}})
                    await client.publish(f"device/{serial}/request", request)
                message = await anext(aiter(client.messages))
                heard.add(message.topic.value.split("/")[1])
