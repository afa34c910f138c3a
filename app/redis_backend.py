"""Redis for the broadcaster, made safe.

The backend that broadcaster ships starts listening before its subscription is confirmed and then
sleeps for ever, and a lost connection goes unnoticed. Here the subscription is confirmed before
anything is read, and `lost` tells of the end of the connection.
"""

from __future__ import annotations

import asyncio
from typing import Any

from broadcaster import BroadcastBackend, Event
from redis.asyncio import Redis

CONNECT_SECONDS = 5.0


class RedisBackend(BroadcastBackend):
    """One connection that listens and a pool that publishes."""

    def __init__(self, url: str) -> None:
        self._redis: Redis = Redis.from_url(
            url, socket_connect_timeout=CONNECT_SECONDS, socket_timeout=None
        )
        self._listening = self._redis.pubsub()
        self._subscribed = asyncio.Event()
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def connect(self) -> None:
        async with asyncio.timeout(CONNECT_SECONDS):
            await self._redis.ping()

    async def disconnect(self) -> None:
        await self._listening.aclose()  # type: ignore[no-untyped-call]
        await self._redis.aclose()
        if not self.lost.done():
            self.lost.cancel()

    async def subscribe(self, channel: str) -> None:
        async with asyncio.timeout(CONNECT_SECONDS):
            await self._listening.subscribe(channel)
            while (await self._listening.get_message(timeout=CONNECT_SECONDS)) is None:
                pass
        self._subscribed.set()

    async def unsubscribe(self, channel: str) -> None:
        await self._listening.unsubscribe(channel)

    async def publish(self, channel: str, message: Any) -> None:
        await self._redis.publish(channel, message)

    async def next_published(self) -> Event:
        await self._subscribed.wait()
        while True:
            try:
                message = await self._listening.get_message(
                    ignore_subscribe_messages=True, timeout=None
                )
            except Exception as error:
                if not self.lost.done():
                    self.lost.set_exception(ConnectionError(type(error).__name__))
                # The link above ends now and cancels this task: there is nothing more to read.
                await asyncio.Event().wait()
            else:
                if message is not None:
                    return Event(message["channel"].decode(), message["data"].decode())
