"""Pictures from the process that holds a printer to the others, over Redis.

A printer shows its camera to one viewer, so only the process that holds the printer opens it. Each
camera has a channel of its own: who listens there gets the pictures, and the sender learns from
Redis when nobody listens any more.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Any

import structlog

from app.camera.stream import Watcher
from app.errors import Unreachable

if TYPE_CHECKING:
    from redis.asyncio import Redis

log = structlog.get_logger(__name__)

CONNECT_SECONDS = 5.0
# How soon a sender without pictures notices that nobody listens.
ALIVE_SECONDS = 2.0
_PICTURE, _TROUBLE, _ALIVE = b"P", b"T", b"A"


def _channel(printer_id: int) -> str:
    return f"spoolgraph:camera:{printer_id}"


def client_of(url: str) -> Redis:
    """The connections of this process; made when they are first used."""
    from redis.asyncio import Redis  # large, and one process does without

    return Redis.from_url(url, socket_connect_timeout=CONNECT_SECONDS)


def _away() -> tuple[type[Exception], ...]:
    from redis.exceptions import RedisError

    return RedisError, OSError


async def received(redis: Redis, printer_id: int, ask: Any) -> AsyncGenerator[bytes, None]:
    """The pictures another process sends; `ask` asks it to, once this one listens.

    Raises `Unreachable` with the reason the other one gives.
    """
    listening = redis.pubsub()
    try:
        await listening.subscribe(_channel(printer_id))
        await listening.get_message(timeout=CONNECT_SECONDS)  # the confirmation
        await ask()
        async for message in listening.listen():
            if message["type"] != "message":
                continue
            data: bytes = message["data"]
            kind, content = data[:1], data[1:]
            if kind == _PICTURE:
                yield content
            elif kind == _TROUBLE:
                raise Unreachable(content.decode())
    except _away() as error:
        raise Unreachable(
            f"The other server processes cannot be reached ({type(error).__name__})."
        ) from None
    finally:
        await listening.aclose()  # type: ignore[no-untyped-call]


class Relay:
    """Sends the pictures of one stream for as long as somebody listens."""

    def __init__(self, redis: Redis, printer_id: int, watcher: Watcher) -> None:
        self._redis = redis
        self._channel = _channel(printer_id)
        self._asked = 0
        self._watcher = watcher

    def ask(self, fps: float) -> None:
        """Somebody began to listen."""
        self._asked += 1
        self._watcher.fps = max(self._watcher.fps, fps)

    async def run(self) -> None:
        """Send until nobody listens or the stream ends."""
        watcher = self._watcher
        told: Unreachable | None = None
        try:
            while not watcher.closed:
                asked = self._asked
                picture = await watcher.soon(ALIVE_SECONDS)
                trouble = watcher.trouble
                if picture is not None:
                    listening = await self._send(_PICTURE + picture)
                elif trouble is not None and trouble is not told:
                    told = trouble
                    listening = await self._send(_TROUBLE + trouble.message.encode())
                else:
                    listening = await self._send(_ALIVE)
                if not listening and asked == self._asked:
                    return
        except _away() as error:
            log.warning("camera relay lost", error=type(error).__name__)
        finally:
            watcher.close()

    async def _send(self, data: bytes) -> int:
        async with asyncio.timeout(CONNECT_SECONDS):
            count: int = await self._redis.publish(self._channel, data)
        return count
