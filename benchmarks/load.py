"""Asks for the same things over and over: `python -m benchmarks.load HOST:PORT FILE SECONDS`.

A process of its own on raw sockets, so that asking is cheap. Prints how many were answered; dies
when an answer is not the expected one.
"""

from __future__ import annotations

import asyncio
import itertools
import pickle
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import orjson
import uvloop

CONNECTIONS = 16
LAST_ANSWER_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Question:
    """A request as it goes over the wire, and what its answer must contain."""

    wire: bytes
    expected: bytes


def get(path: str, expected: str, key: str) -> Question:
    """`GET` of a path with its query."""
    head = f"GET {path} HTTP/1.1\r\nHost: farm\r\nX-API-Key: {key}\r\n\r\n"
    return Question(head.encode(), expected.encode())


def post(path: str, body: object, expected: str, key: str) -> Question:
    """`POST` of a JSON body."""
    data = orjson.dumps(body)
    head = (
        f"POST {path} HTTP/1.1\r\nHost: farm\r\nX-API-Key: {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
    )
    return Question(head.encode() + data, expected.encode())


class Connection(asyncio.Protocol):
    """One question after the other, until the time is over."""

    def __init__(self, questions: Iterator[Question], until: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._questions, self._until = questions, until
        self._received = bytearray()
        self.answered = 0
        self.ended: asyncio.Future[None] = self._loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)
        self._ask()

    def _ask(self) -> None:
        self._received.clear()
        self._asked = next(self._questions)
        self._transport.write(self._asked.wire)

    def data_received(self, data: bytes) -> None:
        """A part of an answer, which ends where its Content-Length says."""
        self._received += data
        head = self._received.find(b"\r\n\r\n")
        if head < 0:
            return
        headers = bytes(self._received[:head]).lower()
        length = int(headers.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
        if len(self._received) < head + 4 + length:
            return
        if not headers.startswith(b"http/1.1 200") or self._asked.expected not in self._received:
            self._end(RuntimeError(f"unexpected: {bytes(self._received[:1000])!r}"))
            return
        self.answered += 1
        if self._loop.time() < self._until:
            self._ask()
        else:
            self._end()

    def connection_lost(self, error: Exception | None) -> None:
        """Only ever too early: it is closed here."""
        self._end(error or ConnectionError("the connection was closed"))

    def _end(self, error: Exception | None = None) -> None:
        if self.ended.done():
            return
        if error is None:
            self.ended.set_result(None)
        else:
            self.ended.set_exception(error)
        self._transport.abort()


async def ask(address: str, questions: Sequence[Question], seconds: float) -> int:
    """How many were answered in that time, on several connections at once."""
    host, port = address.split(":")
    loop = asyncio.get_running_loop()
    turns = itertools.cycle(questions)
    until = loop.time() + seconds
    connections = [
        (await loop.create_connection(lambda: Connection(turns, until), host, int(port)))[1]
        for _ in range(CONNECTIONS)
    ]
    async with asyncio.timeout(seconds + LAST_ANSWER_SECONDS):
        await asyncio.gather(*(connection.ended for connection in connections))
    return sum(connection.answered for connection in connections)


if __name__ == "__main__":
    # The file was written by the very run that started this process.
    asked = pickle.loads(Path(sys.argv[2]).read_bytes())  # noqa: S301
    print(uvloop.run(ask(sys.argv[1], asked, float(sys.argv[3]))))
