"""Hundreds of sockets that subscribe and do next to nothing with what they get."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import cast
from urllib.parse import urlsplit

import orjson

_UPGRADE = (
    "GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
)
Heard = Callable[[bytes], None]


def _masked(message: dict[str, object]) -> bytes:
    """A text frame of a client; with a mask of zeros it is its own payload."""
    text = orjson.dumps(message)
    size = bytes((0x80 | len(text),)) if len(text) < 126 else b"\xfe" + len(text).to_bytes(2, "big")
    return b"\x81" + size + b"\0\0\0\0" + text


class Listener(asyncio.Protocol):
    """One socket: counts frames, and gives each text to `heard`."""

    def __init__(self, url: str, key: str | None, query: str, name: str) -> None:
        self.heard: Heard | None = None
        self.frames = 0
        parts = urlsplit(url)
        self._hello = _UPGRADE.format(path=parts.path or "/", host=parts.netloc).encode()
        self._messages: list[dict[str, object]] = [
            {"type": "connection_init", "payload": {"X-API-Key": key}},
            {"id": name, "type": "subscribe", "payload": {"query": query}},
        ]
        self._says = key is not None
        self._buffer = b""
        self._upgraded = False
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade."""
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(self._hello)

    def data_received(self, data: bytes) -> None:
        """Cut frames out of what comes; servers send neither masks nor fragments."""
        data = self._buffer + data if self._buffer else data
        place = 0
        if not self._upgraded:
            place = data.find(b"\r\n\r\n") + 4
            if place < 4:
                self._buffer = data
                return
            self._upgraded = True
            if self._says:
                self.transport.write(b"".join(map(_masked, self._messages)))
            self.opened.set_result(None)
        while len(data) - place >= 4:
            size, start = data[place + 1], place + 2
            if size == 126:
                size, start = int.from_bytes(data[start : start + 2], "big"), start + 2
            if len(data) < start + size:
                break
            if data[place] == 0x81:
                self.frames += 1
                if self.heard is not None:
                    self.heard(data[start : start + size])
            place = start + size
        self._buffer = data[place:]


@asynccontextmanager
async def listening(
    url: str, *, sockets: int, key: str | None = None, query: str = ""
) -> AsyncIterator[list[Listener]]:
    """Open sockets, each with an operation id of its own."""
    parts = urlsplit(url)
    loop = asyncio.get_running_loop()
    opened: list[Listener] = []
    try:
        for number in range(sockets):
            name = f"{number:08x}-0000-4000-8000-000000000000"
            _, listener = await loop.create_connection(
                lambda name=name: Listener(url, key, query, name),  # type: ignore[misc]
                parts.hostname,
                parts.port,
            )
            opened.append(listener)
            await asyncio.wait_for(listener.opened, 20)
        yield opened
    finally:
        for listener in opened:
            listener.transport.close()
