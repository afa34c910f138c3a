"""uvicorn's HTTP protocol, with the head and the body of a short answer in one write.

ASGI tells an answer in two messages, and uvicorn writes each as it comes: two system calls and two
packets, which is a good part of what a short answer costs. Here the head of an answer that says how
short it is waits for the body. Everything else goes uvicorn's way.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import chain
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

# Bytes of a body that are copied behind the head; past this a second write costs less.
SHORT = 65_536
# Seconds that a short answer waits for a reader whose buffers are full.
PATIENCE = 30.0
_END = b"\r\n"
# What the lines of a head are made of; control characters are not.
_SAFE = bytes({*range(0x20, 0x100), ord("\t")} - {0x7F})
_NAME = re.compile(rb"[a-z0-9_-]+")
_LENGTH = b"content-length"
_DIGITS = len(str(SHORT))
# Said by what the answer means for the connection, which is uvicorn's to say.
_CONNECTION = frozenset((b"connection", b"transfer-encoding"))
# Statuses that have no body.
_BODILESS = frozenset((204, 304))


class HttpProtocol(HttpToolsProtocol):
    """Runs the application with a `send` that joins."""

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        super()._start_asgi_task(cycle, _joining(cycle, app))


def _joining(cycle: RequestResponseCycle, app: ASGIApp) -> Any:
    async def run(scope: Scope, receive: Receive, _send: Send) -> None:
        send = _Joined(cycle)
        await app(scope, receive, send)
        await send.finish()

    return run


class _Joined:
    """`send` of one answer."""

    __slots__ = ("_cycle", "_start")

    def __init__(self, cycle: RequestResponseCycle) -> None:
        self._cycle = cycle
        self._start: Any = None

    async def __call__(self, message: Any) -> None:
        """Take a message; the start of an answer waits for the next one."""
        start, self._start = self._start, None
        if start is None and message["type"] == "http.response.start":
            if self._cycle.response_started or not _is_short(message):
                await self._cycle.send(message)
            else:
                self._start = message
        elif start is None or not self._wrote(start, message):
            if start is None:
                await self._cycle.send(message)
            else:
                await self._send_in_time(start, message)

    async def finish(self) -> None:
        """The application has returned; a head that nothing followed is uvicorn's to judge."""
        if self._start is not None:
            await self._cycle.send(self._start)

    async def _send_in_time(self, *messages: Any) -> None:
        """Send uvicorn's way. A reader that takes not even a short answer is dropped, so that
        nobody keeps connections who asks and asks and never reads."""
        try:
            async with asyncio.timeout(PATIENCE):
                for message in messages:
                    await self._cycle.send(message)
        except TimeoutError:
            self._cycle.disconnected = True
            self._cycle.transport.abort()

    def _wrote(self, start: Any, message: Any) -> bool:
        """Write a whole answer at once, if this is one and nothing is in its way."""
        cycle, status = self._cycle, start["status"]
        if (
            message["type"] != "http.response.body"
            or message.get("more_body", False)
            or cycle.flow.write_paused
            or cycle.disconnected
            or not cycle.keep_alive
            or cycle.access_log
            or cycle.scope["method"] == "HEAD"
            or status in _BODILESS
            or len(body := message.get("body", b"")) > SHORT
        ):
            return False
        headers = chain(cycle.default_headers, start.get("headers", ()))
        head = _head(status, headers, len(body))
        if head is None:
            return False
        cycle.response_started = cycle.response_complete = True
        cycle.waiting_for_100_continue = False
        cycle.transport.write(head + body)
        cycle.message_event.set()
        cycle.on_response()
        return True


def _is_short(start: Any) -> bool:
    """Whether the start of an answer tells a short length; a stream has none and begins at once."""
    for name, value in start.get("headers", ()):
        if name == _LENGTH:
            return value.isdigit() and len(value) <= _DIGITS and int(value) <= SHORT
    return False


def _head(status: int, headers: Iterable[tuple[bytes, bytes]], size: int) -> bytes | None:
    """The head of an answer that says its length; None for any other, and for what is not sane."""
    lines = [STATUS_LINE[status]]
    said = None
    for name, value in headers:
        if not _is_plain(name):
            return None
        if name == _LENGTH:
            said = value
        lines.append(b"%b: %b\r\n" % (name, value))
    lines.append(_END)
    head = b"".join(lines)
    if said != b"%d" % size or head.translate(None, _SAFE) != _END * len(lines):
        return None
    return head


@lru_cache(maxsize=256)
def _is_plain(name: bytes) -> bool:
    return name not in _CONNECTION and _NAME.fullmatch(name) is not None
