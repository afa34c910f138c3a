"""A system that is told things: a real HTTP server on the loopback that answers as it is told."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from standardwebhooks.webhooks import Webhook

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


def status(code: int, body: str = "", *headers: str) -> bytes:
    """An answer."""
    lines = [f"HTTP/1.1 {code} Told", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


@dataclass
class Received:
    """One request, as it arrived."""

    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        """The id of the message."""
        return self.headers["webhook-id"]

    @property
    def json(self) -> dict[str, Any]:
        """What was told."""
        found: dict[str, Any] = json.loads(self.body)
        return found

    def verify(self, secret: str | bytes) -> None:
        """Raises unless the signature and its time are good."""
        Webhook(secret).verify(self.body, self.headers)


Answer = Callable[[Received, asyncio.StreamWriter], Awaitable[bytes]]


@dataclass
class Receiver:
    """`answers` are given in turn, the last one for ever."""

    url: str = ""
    port: int = 0
    received: list[Received] = field(default_factory=list)
    answers: list[bytes | Answer] = field(default_factory=lambda: [OK])

    @property
    def told(self) -> list[str]:
        """The names of the events, in the order in which they arrived."""
        return [item.json["event"] for item in self.received]

    async def until(self, number: int) -> list[Received]:
        """Wait until so many requests came."""
        async with asyncio.timeout(20):
            while len(self.received) < number:
                await asyncio.sleep(0.01)
        return self.received

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
            headers = {
                name.lower(): value.strip()
                for name, _, value in (line.partition(":") for line in lines)
            }
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            request = Received(first.split(" ")[1], headers, body)
            self.received.append(request)
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            writer.write(answer if isinstance(answer, bytes) else await answer(request, writer))
            await writer.drain()
            writer.close()
            await writer.wait_closed()


@asynccontextmanager
async def receiving(
    *answers: bytes | Answer, context: ssl.SSLContext | None = None
) -> AsyncIterator[Receiver]:
    """A receiver that listens."""
    receiver = Receiver()
    if answers:
        receiver.answers = list(answers)
    server = await asyncio.start_server(receiver._serve, "127.0.0.1", 0, ssl=context)
    receiver.port = server.sockets[0].getsockname()[1]
    scheme = "http" if context is None else "https"
    receiver.url = f"{scheme}://127.0.0.1:{receiver.port}/hook"
    try:
        yield receiver
    finally:
        server.close()
