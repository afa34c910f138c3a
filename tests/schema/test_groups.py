"""Subscribers who asked the same are told together; everybody else is told apart."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import websockets
import websockets.client
import websockets.protocol
import websockets.uri
from prometheus_client import REGISTRY
from websockets.asyncio.client import ClientConnection

from app.accounts.keys import NewApiKey, create_key, revoke_key
from app.accounts.viewer import Viewer
from app.database import ReadSession
from app.hub import EVENT, Message
from app.printers import queries
from app.printers.live import StatusChange, StatusReason
from app.printers.models import Printer
from app.printers.status import PrinterState, PrinterStatus
from app.websocket import text_frame, text_of
from schema.following.outbox import Outbox
from schema.ids import global_id
from schema.printers import subscriptions
from tests.farm import make_printer
from tests.running import DEADLINE, KEY, RunningServer, eventually, receive

STATUS = "subscription { printerStatus { printer { id name } status { progress } seq reason } }"
# A field below that only its resolver can answer.
RESOLVED = "subscription { printerStatus { printer { canStart } seq } }"
SOME = "subscription($ids: [ID!]) { printerStatus(printerIds: $ids) { seq } }"


def _executions(answered_by: str) -> float:
    name = "spoolgraph_subscription_executions_total"
    return REGISTRY.get_sample_value(name, {"answered_by": answered_by}) or 0.0


def _tell(server: RunningServer, printer: Printer, seq: int, **known: Any) -> None:
    status = replace(PrinterStatus.unknown(), state=PrinterState.PRINTING, seq=seq, **known)
    told = StatusChange(printer.id, status, StatusReason.REPORT)
    server.runtime.live.publish(printer.team_id, told)


@asynccontextmanager
async def subscribed(
    server: RunningServer,
    query: str,
    operation_id: str = "1",
    *,
    key: str = KEY,
    variables: dict[str, Any] | None = None,
) -> AsyncIterator[ClientConnection]:
    """A socket with one operation."""
    async with server.socket({"X-API-Key": key}) as opened:
        payload = {"query": query, "variables": variables}
        message = {"id": operation_id, "type": "subscribe", "payload": payload}
        await opened.send(json.dumps(message))
        yield opened


async def _seqs(opened: ClientConnection, last: int) -> list[int]:
    """The numbers that are told until the last one."""
    seen: list[int] = []
    while not seen or seen[-1] != last:
        seen.append((await receive(opened))["payload"]["data"]["printerStatus"]["seq"])
    return seen


@pytest.mark.parametrize(("query", "answered_by"), [(STATUS, "plan"), (RESOLVED, "resolvers")])
async def test_equal_operations_are_executed_once(
    server: RunningServer, printer: Printer, query: str, answered_by: str
) -> None:
    """Three sockets get the same payload, each under its own id, from one execution; and the
    payload is the one that an event stream, which shares nothing, gets."""
    ids = ("1", 'quoted " and \\', "ünïcode 🖨 \u2028")
    async with (
        subscribed(server, query, ids[0]) as first,
        subscribed(server, query, ids[1]) as second,
        subscribed(server, query, ids[2]) as third,
    ):
        sockets = (first, second, third)
        present = [await receive(item) for item in sockets]
        assert [message["id"] for message in present] == list(ids)
        await eventually(lambda: server.runtime.hub.subscribers == 3)
        before = _executions(answered_by)
        _tell(server, printer, 7, progress=12)
        told = [await receive(item) for item in sockets]
        assert _executions(answered_by) == before + 1
    assert [message["id"] for message in told] == list(ids)
    assert {message["type"] for message in told} == {"next"}
    payloads = [message["payload"] for message in told]
    assert payloads[0]["data"]["printerStatus"]["seq"] == 7
    assert payloads[0] == payloads[1] == payloads[2]
    await eventually(lambda: server.runtime.hub.subscribers == 0)


async def test_a_payload_is_what_one_subscriber_alone_gets(
    server: RunningServer, printer: Printer
) -> None:
    """Byte by byte what graphql-core answers, whoever rendered it."""
    _tell(server, printer, 3, progress=50)
    body = {"query": STATUS}
    headers = {"Accept": "text/event-stream"}
    async with (
        subscribed(server, STATUS) as opened,
        server.client().stream("POST", "/graphql", json=body, headers=headers) as answer,
    ):
        async with asyncio.timeout(DEADLINE):
            frame = str(await opened.recv())
            data = await _first_data(answer.aiter_lines())
    assert frame == f'{{"id":"1","type":"next","payload":{data}}}'


async def _first_data(lines: AsyncIterator[str]) -> str:
    async for line in lines:
        if line.startswith("data:") and "{" in line:
            return line.removeprefix("data:").strip()
    raise AssertionError("no data")


async def test_a_late_subscriber_is_told_the_present_first(
    server: RunningServer, printer: Printer
) -> None:
    """It alone; those before it hear nothing twice."""
    async with subscribed(server, STATUS) as early:
        assert await _seqs(early, 0) == [0]
        _tell(server, printer, 5)
        assert await _seqs(early, 5) == [5]
        async with subscribed(server, STATUS) as late:
            shown = (await receive(late))["payload"]["data"]["printerStatus"]
            assert (shown["seq"], shown["reason"]) == (5, "RESTORED")
            _tell(server, printer, 6)
            assert await _seqs(late, 6) == [6]
            assert await _seqs(early, 6) == [6]


@pytest.mark.parametrize(
    ("kind", "readings"), [("archive_updated", 0), ("spool_deducted", 0), ("printer_updated", 1)]
)
async def test_printers_are_read_again_after_events_that_may_have_changed_them(
    server: RunningServer,
    printer: Printer,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    readings: int,
) -> None:
    """A farm at work has many others, and everybody would wait for each reading."""
    made = []

    async def all_printers(session: ReadSession) -> Any:
        made.append(session)
        return await queries.all_printers(session)

    counting = SimpleNamespace(all_printers=all_printers)
    async with subscribed(server, STATUS) as opened:
        assert await _seqs(opened, 0) == [0]
        monkeypatch.setattr(subscriptions, "queries", counting)
        server.runtime.hub.publish(Message(EVENT, kind, printer.team_id, b"{}"))
        for seq in (1, 2):
            _tell(server, printer, seq)
            assert await _seqs(opened, seq) == [seq]
    assert len(made) == readings


async def test_other_variables_and_other_teams_are_told_apart(
    server: RunningServer, owner: Viewer, printer: Printer
) -> None:
    """A filter and a team each hear of their own printers; equal variables share."""
    other = await make_printer(server.runtime.database, owner, "Right")
    stranger = await server.stranger()
    wanted = {"ids": [global_id("Printer", other.id)]}
    async with (
        subscribed(server, SOME) as everything,
        subscribed(server, SOME, variables=wanted) as one,
        subscribed(server, SOME, variables=wanted) as another,
        subscribed(server, SOME, key=stranger) as foreign,
    ):
        await eventually(lambda: server.runtime.hub.subscribers == 4)
        before = _executions("plan")
        _tell(server, printer, 11)
        _tell(server, other, 12)
        assert await _seqs(everything, 12) == [0, 0, 11, 12]
        assert await _seqs(one, 12) == [0, 12]
        assert await _seqs(another, 12) == [0, 12]
        assert _executions("plan") == before + 3
        await foreign.send(json.dumps({"type": "ping"}))
        assert await receive(foreign) == {"type": "pong"}


async def test_a_printer_that_is_not_there_is_refused_alone(
    server: RunningServer, printer: Printer
) -> None:
    """With the code and the field, as without groups; the id may be used again."""
    wanted = {"ids": [global_id("Printer", 999_999)]}
    async with subscribed(server, SOME, variables=wanted) as opened:
        message = await receive(opened)
        assert (message["type"], message["id"]) == ("error", "1")
        extensions = message["payload"][0]["extensions"]
        assert extensions == {"code": "NOT_FOUND", "field": "printerIds"}
        again = {"id": "1", "type": "subscribe", "payload": {"query": SOME}}
        await opened.send(json.dumps(again))
        assert await _seqs(opened, 0) == [0]


async def test_a_slow_subscriber_gets_the_newest_and_holds_nobody_up(
    server: RunningServer, printer: Printer
) -> None:
    """While one client reads nothing, another gets every status; what the slow one gets when it
    reads again only grows, ends with the newest, and is not all of them."""
    query = "subscription { printerStatus { seq status { connectionDetail } } }"
    host, port = server.base.removeprefix("http://").split(":")
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    narrow.setblocking(False)
    await asyncio.get_running_loop().sock_connect(narrow, (host, int(port)))
    async with (
        subscribed(server, query) as quick,
        websockets.connect(
            server.base.replace("http", "ws") + "/graphql",
            sock=narrow,
            max_queue=1,
            subprotocols=[websockets.Subprotocol("graphql-transport-ws")],
        ) as slow,
    ):
        await slow.send(json.dumps({"type": "connection_init", "payload": {"X-API-Key": KEY}}))
        assert await receive(slow) == {"type": "connection_ack"}
        message = {"id": "slow", "type": "subscribe", "payload": {"query": query}}
        await slow.send(json.dumps(message))
        assert await _seqs(slow, 0) == [0]
        assert await _seqs(quick, 0) == [0]
        for seq in range(1, 401):
            _tell(server, printer, seq, connection_detail="x" * 4_000)
            assert await _seqs(quick, seq) == [seq]
        seen = await _seqs(slow, 400)
    assert seen == sorted(set(seen))
    assert len(seen) < 400


async def test_a_revoked_key_ends_its_own_subscription_alone(
    server: RunningServer, owner: Viewer, printer: Printer
) -> None:
    """Of two members of a group one is closed with 4401, the other hears on."""
    async with server.runtime.database.transaction(owner.team_id) as session:
        made, key = await create_key(session, owner, NewApiKey("second", None))
        made_id = made.id
    async with subscribed(server, STATUS) as kept, subscribed(server, STATUS, key=key) as ended:
        assert await _seqs(kept, 0) == [0]
        assert await _seqs(ended, 0) == [0]
        await eventually(lambda: server.runtime.hub.subscribers == 2)
        async with server.runtime.database.transaction(owner.team_id) as session:
            await revoke_key(session, owner, made_id)
        async with asyncio.timeout(DEADLINE):
            await ended.wait_closed()
        assert ended.close_code == 4401
        _tell(server, printer, 9)
        assert await _seqs(kept, 9) == [9]
    await eventually(lambda: server.runtime.hub.subscribers == 0)


async def test_one_socket_may_ask_the_same_twice_and_stop_one(
    server: RunningServer, printer: Printer
) -> None:
    """Two operations of one socket are two members; a completed one is told nothing more."""
    async with subscribed(server, SOME, "a") as opened:
        again = {"id": "b", "type": "subscribe", "payload": {"query": SOME}}
        await opened.send(json.dumps(again))
        assert {(await receive(opened))["id"] for _ in range(2)} == {"a", "b"}
        await eventually(lambda: server.runtime.hub.subscribers == 2)
        await opened.send(json.dumps({"id": "a", "type": "complete"}))
        await eventually(lambda: server.runtime.hub.subscribers == 1)
        _tell(server, printer, 4)
        assert (await receive(opened))["id"] == "b"


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536])
def test_frames_have_the_length_of_the_protocol(size: int) -> None:
    """Each of the three ways to write a length; and back."""
    frame = text_frame(b"x" * size)
    assert text_of(frame) == "x" * size
    parser = websockets.client.ClientProtocol(
        websockets.uri.parse_uri("ws://localhost/"), state=websockets.protocol.State.OPEN
    )
    parser.receive_data(frame)
    (event,) = parser.events_received()
    assert event.data == b"x" * size


async def test_what_waits_is_replaced_by_the_newest_and_leaves_in_order() -> None:
    """A transport that takes nothing for a while: three things wait, one of them twice; they leave
    as soon as the client reads, before what comes later."""
    reading = asyncio.Event()
    taken: list[str | bytes] = []

    async def send(text: str) -> None:
        await reading.wait()
        taken.append(text)

    def write(frames: bytes) -> bool:
        if reading.is_set():
            taken.append(frames)
        return reading.is_set()

    outbox = Outbox(send, write)
    owner = object()
    for name, text in (("a", b"a1"), ("b", b"b1"), ("a", b"a2"), ("c", b"c1")):
        frame = text_frame(text)
        assert not outbox.write(frame)
        outbox.keep((owner, name), frame)
    outbox.forget(owner)
    for name, text in (("a", b"a3"), ("a", b"a4"), ("b", b"b2")):
        outbox.keep((owner, name), text_frame(text))
    reading.set()
    assert not outbox.write(text_frame(b"later")), "it would overtake what waits"
    outbox.keep((owner, "d"), text_frame(b"later"))
    await outbox.sent()
    assert taken == ["a4", text_frame(b"b2") + text_frame(b"later")]
    assert outbox.write(text_frame(b"now"))
