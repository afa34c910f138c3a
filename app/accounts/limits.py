"""How many requests a credential may make, counted in Redis when several processes run."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import NamedTuple

import structlog

from app.accounts.windows import Count, MemoryWindows, RedisWindows, Window
from app.errors import RateLimited
from app.rates import rates
from app.settings import ENV_PREFIX, SettingsError

log = structlog.get_logger(__name__)

# One row per class of requests. Several limits of one row all hold; answers show the nearest.
CLASSES: dict[str, str] = {
    "bambuddy.read": "100/minute",
    "bambuddy.write": "30/minute",
    "bambuddy.control": "10/minute",
    "batchivo": "100/minute;1000/hour",
    "platform.free": "100/hour",
    "platform.pro": "1000/hour",
    "platform.enterprise": "100000/hour",
    "reference.free": "1000/hour",
    "reference.professional": "10000/hour",
    "reference.enterprise": "100000/hour",
    "graphql": "600/minute",
    "sign-in.account": "10/15 minute",
    "sign-in.address": "30/15 minute",
    "sign-up.address": "10/hour",
    "password-reset.account": "5/hour",
    "password-reset.address": "20/hour",
    "refused.address": "300/minute",
}
# While Redis is away each process counts alone, and tries Redis again after this long.
RETRY_SECONDS = 5.0
MAX_IDENTITY = 100
# Identities whose windows are remembered.
IDENTITIES = 1_000


class LimitState(NamedTuple):
    """What the limit headers say. `reset_at` is in epoch seconds; `retry_after` is set when the
    request is one too many, in whole seconds."""

    limit: int
    remaining: int
    reset_at: int
    retry_after: int | None = None

    def headers(self) -> list[tuple[bytes, bytes]]:
        """The documented headers, as they go out."""
        headers = [
            (b"x-ratelimit-limit", b"%d" % self.limit),
            (b"x-ratelimit-remaining", b"%d" % self.remaining),
            (b"x-ratelimit-reset", b"%d" % self.reset_at),
        ]
        if self.retry_after is not None:
            headers.append((b"retry-after", b"%d" % self.retry_after))
        return headers


class RateLimiter:
    """Counts requests; `enabled=False` lifts every limit, `changed` gives classes other ones.

    Raises `SettingsError` for a class that there is not.
    """

    def __init__(
        self, url: str, *, enabled: bool, changed: Mapping[str, str] | None = None
    ) -> None:
        self.enabled = enabled
        classes = CLASSES | dict(changed or {})
        if unknown := classes.keys() - CLASSES.keys():
            raise SettingsError(
                f"{ENV_PREFIX}RATE_LIMITS: there is no class {', '.join(sorted(unknown))}; "
                f"there are {', '.join(CLASSES)}."
            )
        self._rows = {name: rates(text) for name, text in classes.items()}
        # The same few credentials ask again and again.
        self._windows = lru_cache(IDENTITIES)(self._windows_of)
        self._alone = MemoryWindows()
        self._shared = None if url.startswith("memory") else RedisWindows(url)
        self._shared_again_at = 0.0

    async def hit(self, name: str, identity: str) -> LimitState | None:
        """Count one request of class `name`; None when limits are off."""
        if not self.enabled:
            return None
        return _state(await self._count(self._windows(name, identity)))

    async def require(self, name: str, identity: str) -> LimitState | None:
        """As `hit`, but raises `RateLimited` when the request is one too many."""
        state = await self.hit(name, identity)
        if state is not None and state.retry_after is not None:
            raise RateLimited("Too many requests, try again later.", retry_after=state.retry_after)
        return state

    async def give_back(self, name: str, identity: str) -> None:
        """Uncount one request, which turned out to be none that the limit is meant for."""
        windows = self._windows(name, identity)
        self._alone.give_back(windows)
        if self._shared is None or time.monotonic() < self._shared_again_at:
            return
        try:
            await self._shared.give_back(windows)
        except Exception as error:  # then the window forgets it by itself
            log.warning("a limit could not be given back", error=type(error).__name__)

    async def forget(self, name: str, identity: str) -> None:
        """Count afresh: what was counted is no longer held against anybody."""
        windows = self._windows(name, identity)
        self._alone.forget(windows)
        if self._shared is None or time.monotonic() < self._shared_again_at:
            return
        try:
            await self._shared.forget(windows)
        except Exception as error:  # then the window ends by itself
            log.warning("a limit could not be reset", error=type(error).__name__)

    def _windows_of(self, name: str, identity: str) -> tuple[Window, ...]:
        identity = _short(identity)
        return tuple(
            Window(f"{name}:{rate.seconds}:{identity}", rate.amount, rate.seconds)
            for rate in self._rows[name]
        )

    async def close(self) -> None:
        """Give the connections back."""
        if self._shared is not None:
            await self._shared.close()

    async def _count(self, windows: Sequence[Window]) -> list[Count]:
        if self._shared is None or time.monotonic() < self._shared_again_at:
            return self._alone.count(windows)
        away = self._shared_again_at > 0
        if away:  # only this request waits to see whether Redis is back
            self._shared_again_at = time.monotonic() + RETRY_SECONDS
        try:
            counted = await self._shared.count(windows)
        except Exception as error:
            self._shared_again_at = time.monotonic() + RETRY_SECONDS
            if not away:
                log.warning("limits are counted alone", error=type(error).__name__)
            return self._alone.count(windows)
        if away:
            self._shared_again_at = 0.0
            log.info("limits are counted together again")
        return counted


def address_identity(address: str) -> str:
    """What requests from an address are counted under.

    A host has a whole /64 of IPv6 to itself, so one address of it tells nothing.
    """
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return f"{IPv6Address(int(parsed) >> 64 << 64)}/64"


def _short(identity: str) -> str:
    if len(identity) <= MAX_IDENTITY and identity.isascii():
        return identity
    return hashlib.sha256(identity.encode(errors="surrogatepass")).hexdigest()


def _left(counted: Count) -> int:
    return counted.window.amount - counted.count


def _state(counted: list[Count]) -> LimitState:
    """The state of the window that refuses, otherwise of the one with the fewest left."""
    last = counted[-1]
    refused = last.count > last.window.amount
    shown = last if refused or len(counted) == 1 else min(counted, key=_left)
    return LimitState(
        limit=shown.window.amount,
        remaining=max(0, shown.window.amount - shown.count),
        reset_at=math.ceil(shown.ends_at),
        retry_after=max(1, math.ceil(shown.ends_at - time.time())) if refused else None,
    )
