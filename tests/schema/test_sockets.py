"""GraphQL over WebSocket: signed in, robust, and closed when the credential ends."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from app.accounts.keys import revoke_key
from tests.running import DEADLINE, EMAIL, KEY, PASSWORD, RunningServer, receive

PROJECT = 'mutation { createProject(input: {name: "x"}) { project { id } userErrors { code } } }'


async def _closed(socket: Any) -> int:
    async with asyncio.timeout(DEADLINE):
        try:
            while True:
                await socket.recv()
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 1006


async def test_a_socket_runs_operations(server: RunningServer) -> None:
    """A query and a mutation over one socket; each sees what the one before it did."""
    async with server.socket({"X-API-Key": KEY}) as socket:
        for number, query in enumerate((PROJECT, "{ projects { totalCount } }")):
            message = {"id": str(number), "type": "subscribe", "payload": {"query": query}}
            await socket.send(json.dumps(message))
            answer = await receive(socket)
            assert answer["type"] == "next"
            assert (await receive(socket))["type"] == "complete"
        assert answer["payload"]["data"] == {"projects": {"totalCount": 1}}


@pytest.mark.parametrize("payload", [{}, {"X-API-Key": "wrong"}, {"Authorization": "Bearer x"}])
async def test_a_bad_credential_closes_with_4401(
    server: RunningServer, payload: dict[str, str]
) -> None:
    """Nothing is acknowledged."""
    async with server.socket() as socket:
        await socket.send(json.dumps({"type": "connection_init", "payload": payload}))
        assert await _closed(socket) == 4401


async def test_an_access_token_signs_a_socket_in(server: RunningServer) -> None:
    """`Authorization` in the payload, as the explorer sends it."""
    pair = await server.runtime.accounts.sign_in(EMAIL, PASSWORD, "192.0.2.1")
    async with server.socket({"Authorization": f"Bearer {pair.access_token}"}) as socket:
        await socket.send(json.dumps({"type": "ping"}))
        assert await receive(socket) == {"type": "pong"}


@pytest.mark.parametrize(
    "frame",
    [
        "[]",
        '"x"',
        "1",
        "null",
        "{not json",
        "{}",
        '{"type": "subscribe"}',
        '{"type": "subscribe", "id": "1", "payload": 7}',
        '{"type": "subscribe", "id": {}, "payload": {"query": "{ __typename }"}}',
        '{"type": "unheard of"}',
        "[" * 100_000,
    ],
)
async def test_frames_that_are_no_messages_close_with_4400(
    server: RunningServer, frame: str
) -> None:
    """Never 1006: the client learns that it was at fault."""
    async with server.socket({"X-API-Key": KEY}) as socket:
        await socket.send(frame)
        assert await _closed(socket) == 4400


async def test_subscribing_before_the_handshake_closes_with_4401(server: RunningServer) -> None:
    """The protocol's order is kept."""
    async with server.socket() as socket:
        message = {"id": "1", "type": "subscribe", "payload": {"query": "{ __typename }"}}
        await socket.send(json.dumps(message))
        assert await _closed(socket) == 4401


async def test_a_revoked_key_closes_its_open_sockets(server: RunningServer) -> None:
    """Within moments, with 4401, also in the middle of a subscription."""
    key = await server.stranger()
    viewer = await server.runtime.accounts.authenticate(api_key=key, authorization=None)
    async with server.subscription("subscription { farmEvents { type } }", key) as running:
        assert viewer.api_key_id is not None
        async with server.runtime.database.transaction(viewer.team_id) as session:
            await revoke_key(session, viewer, viewer.api_key_id)
        assert await _closed(running.socket) == 4401


async def test_a_page_of_another_origin_cannot_open_a_socket(server: RunningServer) -> None:
    """The handshake is refused with 403."""
    import websockets

    with pytest.raises(websockets.InvalidStatus) as refused:
        await websockets.connect(
            server.base.replace("http", "ws") + "/graphql",
            origin=websockets.Origin("https://evil.example"),
            subprotocols=[websockets.Subprotocol("graphql-transport-ws")],
        )
    assert refused.value.response.status_code == 403
