"""What goes over the wire is what uvicorn would send, in fewer writes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from app import http_protocol
from app.http_protocol import SHORT, HttpProtocol
from app.server import TellingServer
from tests.services import free_port

Messages = list[dict[str, Any]]


def _start(status: int = 200, **headers: str) -> dict[str, Any]:
    raw = [
        (name.replace("_", "-").encode("latin-1"), value.encode("latin-1"))
        for name, value in headers.items()
    ]
    return {"type": "http.response.start", "status": status, "headers": raw}


def _body(body: bytes = b"", *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.response.body", "body": body, "more_body": more}


ANSWERS: dict[str, Messages] = {
    "whole": [_start(content_length="2", etag='"a"'), _body(b"ok")],
    "created": [_start(201, content_length="0"), _body()],
    "bodiless": [_start(204), _body()],
    "not modified": [_start(304, etag='"a"'), _body()],
    "chunked": [_start(), _body(b"one")],
    "streamed": [_start(), _body(b"one", more=True), _body(b"two", more=True), _body()],
    "in parts": [_start(content_length="6"), _body(b"one", more=True), _body(b"two")],
    "long": [_start(content_length=str(SHORT + 1)), _body(b"x" * (SHORT + 1))],
    "closed": [_start(content_length="2", connection="close"), _body(b"ok")],
    "upper case": [_start(**{"Content-Length": "2"}), _body(b"ok")],
    "too long": [_start(content_length="1"), _body(b"ok")],
    "too short": [_start(content_length="3"), _body(b"ok")],
    "a line too many": [_start(content_length="2", x="a\r\nset-cookie: b=c"), _body(b"ok")],
    "half a line": [_start(content_length="2", x="a\nb: c"), _body(b"ok")],
    "a control character": [_start(content_length="2", x="a\x00b"), _body(b"ok")],
    "no body": [_start(content_length="2")],
    "nothing": [],
}


def _telling(messages: Messages) -> ASGIApp:
    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        for message in messages:
            await send(message)

    return app


@asynccontextmanager
async def _serving(protocol: type[HttpToolsProtocol], app: ASGIApp) -> AsyncIterator[int]:
    port = free_port()
    config = uvicorn.Config(
        app, port=port, http=protocol, log_config=None, access_log=False, lifespan="off"
    )
    server = TellingServer(config)
    serving = asyncio.create_task(server.serve())
    await server.listens.wait()
    try:
        yield port
    finally:
        server.should_exit = True
        await serving


async def _exchange(protocol: type[HttpToolsProtocol], messages: Messages, method: str) -> bytes:
    """All bytes of two answers on one connection, without the moment of answering."""
    async with _serving(protocol, _telling(messages)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        asked = f"{method} / HTTP/1.1\r\nHost: farm\r\n"
        writer.write(f"{asked}\r\n{asked}Connection: close\r\n\r\n".encode())
        async with asyncio.timeout(20):
            received = await reader.read()
        writer.close()
    return b"\r\n".join(line for line in received.split(b"\r\n") if not line.startswith(b"date:"))


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("name", ANSWERS)
async def test_the_bytes_are_those_of_uvicorn(name: str, method: str) -> None:
    """Whatever an application says, right or wrong."""
    ours = await _exchange(HttpProtocol, ANSWERS[name], method)
    assert ours == await _exchange(HttpToolsProtocol, ANSWERS[name], method)


async def test_a_stream_begins_before_there_is_anything_to_send() -> None:
    """Its head is there at once."""
    go_on = asyncio.Event()

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send(_start(content_type="text/event-stream"))
        await go_on.wait()
        await send(_body(b"data: 1\n\n"))

    async with _serving(HttpProtocol, app) as port, asyncio.timeout(20):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: farm\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 OK\r\n")
        go_on.set()
        assert await reader.readuntil(b"0\r\n\r\n") == b"9\r\ndata: 1\n\n\r\n0\r\n\r\n"
        writer.close()


class _Recording(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 1), "sockname": ("127.0.0.1", 2)})
        self.written: list[bytes] = []
        self.aborted = False

    def write(self, data: Any) -> None:
        self.written.append(bytes(data))

    def is_closing(self) -> bool:
        return False

    def resume_reading(self) -> None:
        """Nothing is held back here."""

    def close(self) -> None:
        """There is nothing to close."""

    def abort(self) -> None:
        self.aborted = True


def _connected(
    protocol: type[HttpToolsProtocol], messages: Messages
) -> tuple[HttpToolsProtocol, _Recording]:
    config = uvicorn.Config(_telling(messages), log_config=None, access_log=False, lifespan="off")
    config.load()
    transport = _Recording()
    asked = protocol(config, ServerState(), {}, asyncio.get_running_loop())
    asked.connection_made(transport)
    return asked, transport


@pytest.mark.parametrize(("protocol", "writes"), [(HttpProtocol, 1), (HttpToolsProtocol, 2)])
async def test_a_short_answer_is_one_write(protocol: type[HttpToolsProtocol], writes: int) -> None:
    """The head waits for the body."""
    asked, transport = _connected(protocol, ANSWERS["whole"])
    asked.data_received(b"GET / HTTP/1.1\r\nHost: farm\r\n\r\n")
    await asyncio.gather(*asked.tasks)
    assert b"".join(transport.written).endswith(b"\r\n\r\nok")
    assert len(transport.written) == writes
    asked.connection_lost(None)


async def test_a_reader_that_takes_nothing_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its buffers are full, and an answer waits for them only so long."""
    monkeypatch.setattr(http_protocol, "PATIENCE", 0.01)
    asked, transport = _connected(HttpProtocol, ANSWERS["whole"])
    asked.pause_writing()
    asked.data_received(b"GET / HTTP/1.1\r\nHost: farm\r\n\r\n")
    async with asyncio.timeout(20):
        await asyncio.gather(*asked.tasks)
    assert transport.aborted
    assert transport.written == []
    asked.connection_lost(None)
