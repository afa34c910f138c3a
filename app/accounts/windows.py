"""Counting in windows that begin with their first request, in memory or shared over Redis.

The moment a window ends is fixed when it begins, so every answer about it names the same moment.
A request counts in several windows from the first to the last and stops at the first full one:
what a short window refuses takes nothing from a longer one.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

# Windows kept in memory. Past this the oldest are forgotten: their credentials count afresh.
MEMORY_BOUND = 100_000
REDIS_CONNECTIONS = 16
# Redis answers in a millisecond; one that needs longer than this is away.
REDIS_SECONDS = 1.0

# One round trip; a window never stays without its expiry, whatever dies in between.
_COUNT = """
local answer = {}
for i, key in ipairs(KEYS) do
  local count = redis.call('HINCRBY', key, 'count', 1)
  if count == 1 then
    redis.call('HSET', key, 'ends', ARGV[3 * i - 2])
    redis.call('PEXPIRE', key, ARGV[3 * i - 1])
  end
  answer[i] = {count, redis.call('HGET', key, 'ends')}
  if count > tonumber(ARGV[3 * i]) then break end
end
return answer
"""

# Only where the window still runs; a new one owes nothing to an old one.
_GIVE_BACK = """
for _, key in ipairs(KEYS) do
  local count = tonumber(redis.call('HGET', key, 'count') or '0')
  if count > 0 then redis.call('HINCRBY', key, 'count', -1) end
end
return 0
"""


class Window(NamedTuple):
    """`amount` requests in `seconds`, counted under `key`."""

    key: str
    amount: int
    seconds: int


@dataclass(slots=True)
class Count:
    """How often a window was counted, this time included, and when it ends (epoch seconds)."""

    window: Window
    count: int
    ends_at: float


class MemoryWindows:
    """Counts of this process alone."""

    def __init__(self, bound: int = MEMORY_BOUND) -> None:
        self._bound = bound
        self._counts: OrderedDict[str, Count] = OrderedDict()

    def __len__(self) -> int:
        return len(self._counts)

    def count(self, windows: Sequence[Window]) -> list[Count]:
        """Count one request in each window up to the first full one."""
        now = time.time()
        counted = []
        for window in windows:
            known = self._counts.get(window.key)
            if known is None or known.ends_at <= now:
                self._counts.pop(window.key, None)
                self._make_room(now)
                known = self._counts[window.key] = Count(window, 0, now + window.seconds)
            known.count += 1
            counted.append(known)
            if known.count > window.amount:
                break
        return counted

    def give_back(self, windows: Sequence[Window]) -> None:
        """Take one request out of each window that still runs."""
        for window in windows:
            known = self._counts.get(window.key)
            if known is not None and known.count > 0 and known.ends_at > time.time():
                known.count -= 1

    def forget(self, windows: Sequence[Window]) -> None:
        """Count these windows afresh."""
        for window in windows:
            self._counts.pop(window.key, None)

    def _make_room(self, now: float) -> None:
        if len(self._counts) < self._bound:
            return
        for key in [key for key, known in self._counts.items() if known.ends_at <= now]:
            del self._counts[key]
        # A tenth at once, so that the walk above happens seldom.
        while len(self._counts) > self._bound * 9 // 10:
            self._counts.popitem(last=False)


class RedisWindows:
    """Counts that every process of the farm shares."""

    def __init__(self, url: str) -> None:
        # Large, and one process does without.
        from redis.asyncio import BlockingConnectionPool, Redis
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff

        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=REDIS_CONNECTIONS,
            timeout=REDIS_SECONDS,
            socket_connect_timeout=REDIS_SECONDS,
            socket_timeout=REDIS_SECONDS,
            retry=Retry(NoBackoff(), 1),
        )
        self._redis: Redis = Redis.from_pool(pool)
        self._count = self._redis.register_script(_COUNT)
        self._give_back = self._redis.register_script(_GIVE_BACK)

    async def count(self, windows: Sequence[Window]) -> list[Count]:
        """Count one request in each window up to the first full one.

        Raises an exception of the client, or `TimeoutError`, when Redis is away.
        """
        now = time.time()
        values = [
            value
            for window in windows
            for value in (f"{now + window.seconds:.3f}", window.seconds * 1000, window.amount)
        ]
        keys = [_key(window) for window in windows]
        async with asyncio.timeout(REDIS_SECONDS):
            answer = await self._count(keys=keys, args=values)
        return [
            Count(window, int(count), float(ends))
            for window, (count, ends) in zip(windows, answer, strict=False)
        ]

    async def give_back(self, windows: Sequence[Window]) -> None:
        """Take one request out of each window that still runs. Raises as `count` does."""
        keys = [_key(window) for window in windows]
        async with asyncio.timeout(REDIS_SECONDS):
            await self._give_back(keys=keys)

    async def forget(self, windows: Sequence[Window]) -> None:
        """Count these windows afresh. Raises as `count` does."""
        async with asyncio.timeout(REDIS_SECONDS):
            await self._redis.delete(*(_key(window) for window in windows))

    async def close(self) -> None:
        """Give the connections back."""
        await self._redis.aclose()


def _key(window: Window) -> str:
    return f"spoolgraph:limit:{window.key}"
