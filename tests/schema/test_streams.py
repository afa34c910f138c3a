"""Subscriptions over every transport: complete, in order, ended in time, and bounded."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from app.accounts import tokens
from app.accounts.keys import revoke_key
from app.database import Database
from app.events import Event
from app.farm_events import service as farm_events
from app.hub import EVENT, Hub
from app.webhooks import outbox
from schema import patience
from tests.running import EMAIL, KEY, PASSWORD, RunningServer, eventually, receive

EVENTS = "subscription { farmEvents { type cursor project { name } } }"


@asynccontextmanager
async def events_of(
    server: RunningServer, query: str, headers: dict[str, str]
) -> AsyncIterator[AsyncIterator[tuple[str, Any]]]:
    """The server-sent events of an operation: their names and what they carry."""
    client = server.client(None)
    sent = {"Accept": "text/event-stream", **headers}
    async with client.stream("POST", "/graphql", json={"query": query}, headers=sent) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield _parsed(answer)


async def _parsed(answer: httpx.Response) -> AsyncIterator[tuple[str, Any]]:
    name = ""
    async for line in answer.aiter_lines():
        if line.startswith("event:"):
            name = line[6:].strip()
        elif line.startswith("data:"):
            yield name, json.loads(line[5:].strip() or "null")


async def _make(server: RunningServer, *names: str) -> None:
    for name in names:
        await server.graphql(
            "mutation($n: String!) { createProject(input: {name: $n}) { userErrors { message }}}",
            {"n": name},
        )


async def test_events_over_an_event_stream(server: RunningServer) -> None:
    """As they happen, in order."""
    async with events_of(server, EVENTS, {"X-API-Key": KEY}) as events:
        await eventually(lambda: server.runtime.hub.subscribers == 1)
        await _make(server, "One", "Two")
        async with asyncio.timeout(20):
            told = [await anext(events) for _ in range(2)]
    assert [name for name, _ in told] == ["next", "next"]
    assert [item["data"]["farmEvents"]["project"]["name"] for _, item in told] == ["One", "Two"]


async def test_a_query_over_an_event_stream(server: RunningServer) -> None:
    """Its answer, then the end."""
    async with events_of(server, "{ viewer { role } }", {"X-API-Key": KEY}) as events:
        told = [item async for item in events]
    assert told[0] == ("next", {"data": {"viewer": {"role": "OWNER"}}})
    assert [name for name, _ in told[1:]] in ([], ["complete"])


async def test_nothing_is_lost_across_a_reconnect(server: RunningServer) -> None:
    """What happened while nobody listened comes after the cursor, once and in order."""
    names = [f"P{number}" for number in range(130)]
    await _make(server, *names[:2])
    seen: list[str] = []
    cursor = None
    async with server.subscription(EVENTS) as events:
        await eventually(lambda: server.runtime.hub.subscribers == 1)
        await _make(server, *names[2:5])
        for _ in range(3):
            event = (await events.next())["farmEvents"]
            seen.append(event["project"]["name"])
            cursor = event["cursor"]
    await _make(server, *names[5:125])  # more than are read at once
    query = EVENTS.replace("farmEvents", f'farmEvents(after: "{cursor}")')
    async with server.subscription(query) as events:
        making = asyncio.create_task(_make(server, *names[125:]))
        while seen[-1] != names[-1]:
            seen.append((await events.next())["farmEvents"]["project"]["name"])
        await making
    assert seen == names[2:]


@pytest.mark.parametrize("cursor", ["nonsense", "RmFybUV2ZW50OjA=x", ""])
async def test_a_cursor_that_is_none_is_refused(server: RunningServer, cursor: str) -> None:
    """With a code, naming the argument."""
    query = EVENTS.replace("farmEvents", f'farmEvents(after: "{cursor}")')
    async with server.socket({"X-API-Key": KEY}) as opened:
        await opened.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": query}}))
        message = await receive(opened)
    errors = message["payload"] if message["type"] == "error" else message["payload"]["errors"]
    assert errors[0]["extensions"]["field"] == "after"


async def test_streams_end_when_their_sign_in_does(server: RunningServer) -> None:
    """Signing out everywhere closes a socket with 4401 and ends an event stream."""
    login = {"email": EMAIL, "password": PASSWORD}
    tokens = (await server.client(None).post("/api/v1/auth/login", json=login)).json()
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    async with (
        server.socket(headers) as opened,
        events_of(server, EVENTS, headers) as events,
    ):
        subscribe = {"id": "1", "type": "subscribe", "payload": {"query": EVENTS}}
        await opened.send(json.dumps(subscribe))
        await eventually(lambda: server.runtime.hub.subscribers == 2)
        given = {"refresh_token": tokens["refresh_token"]}
        answer = await server.client(None).post("/api/v1/auth/logout", json=given)
        assert answer.status_code == 204, answer.text
        async with asyncio.timeout(20):
            await opened.wait_closed()
            assert [name async for name, _ in events] in ([], ["complete"])
    assert opened.close_code == 4401
    await eventually(lambda: server.runtime.hub.subscribers == 0)


async def test_streams_end_when_their_token_expires(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the moment the access token says, and not before: a token of seconds closes a socket
    with 4401 and ends an event stream, while those of a longer token go on."""
    accounts = server.runtime.accounts
    longer = (await accounts.sign_in(EMAIL, PASSWORD, "192.0.2.1")).access_token
    monkeypatch.setattr(tokens, "ACCESS_SECONDS", 8)
    brief = (await accounts.sign_in(EMAIL, PASSWORD, "192.0.2.1")).access_token
    expires_at = (
        await accounts.authenticate(api_key=None, authorization=f"Bearer {brief}")
    ).expires_at
    assert expires_at is not None
    headers = {"Authorization": f"Bearer {brief}"}
    subscribe = json.dumps({"id": "1", "type": "subscribe", "payload": {"query": EVENTS}})
    async with (
        server.socket(headers) as opened,
        server.socket({"Authorization": f"Bearer {longer}"}) as other,
        events_of(server, EVENTS, headers) as events,
    ):
        await opened.send(subscribe)
        await other.send(subscribe)
        await eventually(lambda: server.runtime.hub.subscribers == 3)
        await _make(server, "Seen")
        assert (await receive(opened))["payload"]["data"]["farmEvents"]["project"] == {
            "name": "Seen"
        }
        async with asyncio.timeout(20):
            await opened.wait_closed()
            assert datetime.now(UTC) >= expires_at
            assert [name async for name, _ in events] in (["next"], ["next", "complete"])
        assert opened.close_code == 4401
        await receive(other)
        await _make(server, "Later")
        told = (await receive(other))["payload"]["data"]["farmEvents"]["project"]
        assert told == {"name": "Later"}
    await eventually(lambda: server.runtime.hub.subscribers == 0)


async def test_a_revocation_told_by_another_process_ends_streams(server: RunningServer) -> None:
    """A message of the hub is enough: nothing of this process had a part in the revocation."""
    key = await server.stranger()
    viewer = await server.runtime.accounts.authenticate(api_key=key, authorization=None)
    assert viewer.api_key_id is not None
    subscribe = json.dumps({"id": "1", "type": "subscribe", "payload": {"query": EVENTS}})
    async with (
        server.socket({"X-API-Key": key}) as opened,
        events_of(server, EVENTS, {"X-API-Key": key}) as events,
    ):
        await opened.send(subscribe)
        await eventually(lambda: server.runtime.hub.subscribers == 2)
        told: list[Event] = []
        elsewhere = Database(server.runtime.settings.sqlalchemy_url, tell=told.extend)
        elsewhere.store = outbox.store
        async with elsewhere.transaction(viewer.team_id) as session:
            await revoke_key(session, viewer, viewer.api_key_id)
        await elsewhere.close()
        assert server.runtime.hub.subscribers == 2
        hub = Hub("memory://", "another process")
        hub.listen(EVENT, server.runtime.hub.publish)
        farm_events.teller(hub)(told)
        async with asyncio.timeout(20):
            await opened.wait_closed()
            assert [name async for name, _ in events] in ([], ["complete"])
        assert opened.close_code == 4401
        refused = await server.client(key).get("/api/v1/printers")
        assert refused.status_code == 401
    await eventually(lambda: server.runtime.hub.subscribers == 0)


async def test_a_reader_that_takes_nothing_is_dropped(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others get everything meanwhile; after the bound its connection is given up."""
    monkeypatch.setattr(patience, "SEND_SECONDS", 0.5)
    host, port = server.base.removeprefix("http://").split(":")
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(deaf, (host, int(port)))
    query = (
        "subscription { farmEvents { type occurredAt cursor project { "
        + " ".join(f"a{number}: description" for number in range(40))
        + " } } }"
    )
    body = json.dumps({"query": query}).encode()
    head = (
        f"POST /graphql HTTP/1.1\r\nHost: {host}\r\nX-API-Key: {KEY}\r\n"
        "Accept: text/event-stream\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    await loop.sock_sendall(deaf, head.encode() + body)
    async with server.subscription(EVENTS) as events:
        await eventually(lambda: server.runtime.hub.subscribers == 2)
        text = "x" * 1_900
        for number in range(60):
            await server.graphql(
                """mutation($n: String!, $d: String!) { createProject(
                    input: {name: $n, description: $d}) { userErrors { message } } }""",
                {"n": f"P{number}", "d": text},
            )
            told = (await events.next())["farmEvents"]
            assert told["project"]["name"] == f"P{number}"
        await eventually(lambda: server.runtime.hub.subscribers == 1)
    deaf.close()


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""],
)
async def test_what_a_foreign_page_can_send_unasked_is_refused(
    server: RunningServer, content_type: str
) -> None:
    """A form of another origin changes nothing, whatever it holds."""
    mutation = 'mutation { createProject(input: {name: "Foreign"}) { userErrors { message } } }'
    answer = await server.client().post(
        "/graphql",
        content=json.dumps({"query": mutation}).encode(),
        headers={"Content-Type": content_type, "Origin": "https://elsewhere.example"},
    )
    assert 400 <= answer.status_code < 500
    assert (await server.graphql("{ projects { totalCount } }"))["projects"]["totalCount"] == 0


async def test_a_foreign_page_may_not_ask_in_advance(server: RunningServer) -> None:
    """The preflight of an origin that is not configured allows nothing."""
    answer = await server.client(None).options(
        "/graphql",
        headers={
            "Origin": "https://elsewhere.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type,x-api-key",
        },
    )
    assert "access-control-allow-origin" not in answer.headers
