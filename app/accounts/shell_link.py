"""How a shell command tells running servers what it revoked."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from uuid import uuid4

import orjson
import structlog

from app.database import TellEvents
from app.events import Event
from app.farm_events import service as farm_events
from app.hub import EVENT, RESYNC, Hub, Message

log = structlog.get_logger(__name__)

# How long to wait for Redis before and after the work of a command.
TELL_SECONDS = 2.0


@asynccontextmanager
async def telling(url: str) -> AsyncIterator[TellEvents]:
    """Gives what `Database.tell` calls; ends when every event has passed through Redis.

    Without Redis, or when it does not answer in time, servers see a revocation by themselves
    after a few seconds.
    """
    link = _Link(url)
    if not link.speaks.remote:
        yield farm_events.teller(link.speaks)
        return
    tasks = [asyncio.create_task(hub.run()) for hub in (link.speaks, link.hears)]
    try:
        await link.wait_until_connected()
        yield link.tell
        await link.wait_until_heard()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Link:
    """Two hubs on one Redis: what the second one hears, the servers hear too."""

    def __init__(self, url: str) -> None:
        self.speaks = Hub(url, f"shell-{uuid4().hex}")
        self.hears = Hub(url, f"shell-{uuid4().hex}")
        self._missing: Counter[bytes] = Counter()
        self._news = asyncio.Event()
        # A hub tells its listeners to read again once it is connected.
        for hub in (self.speaks, self.hears):
            hub.listen(RESYNC, lambda _message: self._news.set())
        self.hears.listen(EVENT, self._hear)
        self._pass_on = farm_events.teller(self.speaks)

    def tell(self, events: Sequence[Event]) -> None:
        self._missing.update(_same(farm_events.encode(event)) for event in events)
        self._pass_on(events)

    def _hear(self, message: Message) -> None:
        self._missing.subtract([_same(message.body)])
        self._news.set()

    async def wait_until_connected(self) -> None:
        await self._wait(lambda: self.speaks.connected and self.hears.connected)

    async def wait_until_heard(self) -> None:
        await self._wait(lambda: max(self._missing.values(), default=0) <= 0)

    async def _wait(self, done: Callable[[], bool]) -> None:
        try:
            async with asyncio.timeout(TELL_SECONDS):
                while not done():
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            log.warning("Redis does not answer: running servers learn of this in a few seconds")


def _same(body: bytes) -> bytes:
    """The body of an event as it looks after a journey through JSON."""
    return orjson.dumps(orjson.loads(body))
