"""How many requests a credential may make, counted in Redis when several processes run."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import structlog
from limits import RateLimitItem, parse_many
from limits.aio.storage import MemoryStorage, Storage
from limits.aio.strategies import FixedWindowRateLimiter
from limits.storage import storage_from_string

from app.errors import RateLimited

log = structlog.get_logger(__name__)

# One row per class of requests. Several limits of one row all hold; answers show the nearest.
CLASSES: dict[str, str] = {
    "bambuddy.read": "100/minute",
    "bambuddy.write": "30/minute",
    "bambuddy.control": "10/minute",
    "batchivo": "100/minute;1000/hour",
    "graphql": "600/minute",
    "sign-in.account": "10/15 minute",
    "sign-in.address": "30/15 minute",
    "refused.address": "300/minute",
}
# While Redis is away each process counts alone, and tries Redis again after this long.
RETRY_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class LimitState:
    """What the limit headers say. `reset_at` is in epoch seconds; `retry_after` is set when the
    request is one too many, in whole seconds."""

    limit: int
    remaining: int
    reset_at: int
    retry_after: int | None = None

    def headers(self) -> dict[str, str]:
        """The documented headers."""
        headers = {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(self.reset_at),
        }
        if self.retry_after is not None:
            headers["Retry-After"] = str(self.retry_after)
        return headers


class RateLimiter:
    """Counts requests in fixed windows; `enabled=False` lifts every limit."""

    def __init__(self, url: str, *, enabled: bool) -> None:
        self.enabled = enabled
        self._items = {name: tuple(parse_many(text)) for name, text in CLASSES.items()}
        self._alone = FixedWindowRateLimiter(MemoryStorage())
        self._shared: FixedWindowRateLimiter | None = None
        self._shared_again_at = 0.0
        if not url.startswith("memory"):
            storage = storage_from_string(f"async+{url}")
            if not isinstance(storage, Storage):
                raise TypeError("the limits need an asynchronous storage")
            self._shared = FixedWindowRateLimiter(storage)

    async def hit(self, name: str, identity: str) -> LimitState | None:
        """Count one request of class `name`; None when limits are off."""
        if not self.enabled:
            return None
        if self._shared is not None and time.monotonic() >= self._shared_again_at:
            try:
                return await self._count(self._shared, name, identity)
            except Exception as error:
                self._shared_again_at = time.monotonic() + RETRY_SECONDS
                log.warning("limits are counted alone", error=type(error).__name__)
        return await self._count(self._alone, name, identity)

    async def require(self, name: str, identity: str) -> LimitState | None:
        """As `hit`, but raises `RateLimited` when the request is one too many."""
        state = await self.hit(name, identity)
        if state is not None and state.retry_after is not None:
            raise RateLimited("Too many requests, try again later.", retry_after=state.retry_after)
        return state

    async def _count(self, counter: FixedWindowRateLimiter, name: str, identity: str) -> LimitState:
        states = [
            await self._count_one(counter, item, f"{name}:{identity}") for item in self._items[name]
        ]
        refused = [state for state in states if state.retry_after is not None]
        if refused:
            return max(refused, key=lambda state: state.reset_at)
        return min(states, key=lambda state: state.remaining / state.limit)

    async def _count_one(
        self, counter: FixedWindowRateLimiter, item: RateLimitItem, key: str
    ) -> LimitState:
        allowed = await counter.hit(item, key)
        stats = await counter.get_window_stats(item, key)
        reset_at = math.ceil(stats.reset_time)
        return LimitState(
            limit=item.amount,
            remaining=max(0, stats.remaining),
            reset_at=reset_at,
            retry_after=None if allowed else max(1, reset_at - int(time.time())),
        )
