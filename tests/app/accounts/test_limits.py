"""Limits: exact numbers, shared counts, never without a limit."""

from __future__ import annotations

import asyncio
import math
import socket
import time
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable, Iterator

import pytest
from redis.asyncio import Redis

from app.accounts import limits
from app.accounts.limits import LimitState, RateLimiter, address_identity
from app.accounts.windows import MemoryWindows, Window
from app.errors import RateLimited
from tests import services


@pytest.fixture(params=["memory", "redis"])
def url(request: pytest.FixtureRequest) -> str:
    """The test runs once per storage."""
    if request.param == "memory":
        return "memory://"
    found: str = request.getfixturevalue("redis_url")
    return found


@pytest.fixture
def silent_redis() -> Iterator[str]:
    """Something that takes connections and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}"


async def _hits(
    limiter: RateLimiter, name: str, times: int, who: str = "key:1"
) -> list[LimitState]:
    states = [await limiter.hit(name, who) for _ in range(times)]
    return [state for state in states if state is not None]


@pytest.mark.parametrize(
    ("name", "limit", "seconds"),
    [
        ("bambuddy.read", 100, 60),
        ("bambuddy.write", 30, 60),
        ("bambuddy.control", 10, 60),
        ("sign-in.account", 10, 900),
        ("sign-in.address", 30, 900),
    ],
)
async def test_the_headers_are_exact(url: str, name: str, limit: int, seconds: int) -> None:
    """Remaining counts down to 0, the reset stays the same second, one more is refused."""
    limiter = RateLimiter(url, enabled=True)
    before = time.time()
    states = await _hits(limiter, name, limit + 1)
    after = time.time()
    assert [state.limit for state in states] == [limit] * (limit + 1)
    assert [state.remaining for state in states] == [*range(limit - 1, -1, -1), 0]
    assert [state.retry_after is None for state in states] == [True] * limit + [False]
    (reset_at,) = {state.reset_at for state in states}
    assert before + seconds - 0.001 <= reset_at <= math.ceil(after + seconds)
    retry_after = states[-1].retry_after
    assert retry_after is not None
    assert 1 <= retry_after <= seconds
    # Who waits as long as told comes after the end of the window.
    assert time.time() + retry_after + 1 >= reset_at
    assert dict(states[0].headers()) == {
        b"x-ratelimit-limit": str(limit).encode(),
        b"x-ratelimit-remaining": str(limit - 1).encode(),
        b"x-ratelimit-reset": str(reset_at).encode(),
    }
    assert dict(states[-1].headers())[b"retry-after"] == str(retry_after).encode()
    await limiter.close()


async def test_processes_share_their_counts(redis_url: str) -> None:
    """Two limiters on one Redis share ten requests a minute, each credential its own."""
    pair = [RateLimiter(redis_url, enabled=True) for _ in range(2)]
    states = [await pair[n % 2].hit("bambuddy.control", "key:1") for n in range(11)]
    assert [state.remaining for state in states if state] == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0]
    other = await pair[0].hit("bambuddy.control", "key:2")
    assert other is not None
    assert other.remaining == 9
    for limiter in pair:
        await limiter.close()


async def test_requests_at_once_are_counted_once_each(url: str) -> None:
    """Of a hundred and fifty concurrent reads exactly a hundred pass."""
    limiter = RateLimiter(url, enabled=True)
    states = await asyncio.gather(*(limiter.hit("bambuddy.read", "key:1") for _ in range(150)))
    assert sum(state is not None and state.retry_after is None for state in states) == 100
    await limiter.close()


async def test_both_limits_hold_and_the_nearer_is_shown(url: str) -> None:
    """A minute's refusals take nothing from the hour, so the hour is still at a hundred."""
    limiter = RateLimiter(url, enabled=True)
    states = await _hits(limiter, "batchivo", 1101, "user:1")
    assert states[0] == LimitState(100, 99, states[0].reset_at)
    assert {state.limit for state in states} == {100}
    assert states[-1].retry_after is not None
    assert states[-1].retry_after <= 60
    await limiter.close()


async def test_the_hour_refuses_when_it_is_used_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a thousand requests over many minutes the hour is the nearer limit."""
    now = 1_000_000.0
    monkeypatch.setattr(time, "time", lambda: now)
    limiter = RateLimiter("memory://", enabled=True)
    for _ in range(10):
        states = await _hits(limiter, "batchivo", 100, "user:1")
        now += 60
    assert (states[-1].limit, states[-1].remaining) == (100, 0)
    (state,) = await _hits(limiter, "batchivo", 1, "user:1")
    assert state == LimitState(1000, 0, 1_003_600, retry_after=3000)
    now += 3000
    (state,) = await _hits(limiter, "batchivo", 1, "user:1")
    assert (state.remaining, state.retry_after) == (99, None)


async def test_no_window_stays_for_ever(redis_url: str) -> None:
    """Every key that counting leaves in Redis has an expiry within its window."""
    limiter = RateLimiter(redis_url, enabled=True)
    await _hits(limiter, "batchivo", 1, "user:1")
    client = Redis.from_url(redis_url)
    left = sorted([await client.pttl(key) async for key in client.scan_iter()])
    assert len(left) == 2
    assert 0 < left[0] <= 60_000 < left[1] <= 3_600_000
    await client.aclose()
    await limiter.close()


async def test_limits_hold_while_redis_is_away() -> None:
    """Nothing listens: counting goes on alone, and the eleventh is refused."""
    limiter = RateLimiter(f"redis://127.0.0.1:{services.free_port()}", enabled=True)
    states = await _hits(limiter, "bambuddy.control", 11)
    assert [state.remaining for state in states] == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0]
    assert states[-1].retry_after is not None
    await limiter.close()


async def test_a_redis_that_does_not_answer_stops_nobody(silent_redis: str) -> None:
    """A connection that never answers is given up, and the requests are counted alone."""
    limiter = RateLimiter(silent_redis, enabled=True)
    async with asyncio.timeout(20):
        states = await _hits(limiter, "bambuddy.control", 11)
    assert states[-1].retry_after is not None
    await limiter.close()


async def test_counting_together_resumes_when_redis_is_back(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A limiter that was alone counts in Redis again once Redis can be reached."""
    monkeypatch.setattr(limits, "RETRY_SECONDS", 0.0)
    port = services.free_port()
    limiter = RateLimiter(f"redis://127.0.0.1:{port}", enabled=True)
    assert (await _hits(limiter, "bambuddy.control", 1))[0].remaining == 9
    other = RateLimiter(redis_url, enabled=True)
    await _hits(other, "bambuddy.control", 4)
    async with await asyncio.start_server(_passing_on_to(redis_url), "127.0.0.1", port):
        assert (await _hits(limiter, "bambuddy.control", 1))[0].remaining == 5
        for item in (limiter, other):
            await item.close()


def _passing_on_to(url: str) -> Callable[[StreamReader, StreamWriter], Awaitable[None]]:
    async def copy(reader: StreamReader, writer: StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
        writer.close()

    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        there = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
        await asyncio.gather(copy(reader, there[1]), copy(there[0], writer))

    return serve


async def test_limits_can_be_lifted() -> None:
    """Switched off, nothing is counted and nothing refused."""
    limiter = RateLimiter("memory://", enabled=False)
    assert [await limiter.require("bambuddy.control", "key:1") for _ in range(50)] == [None] * 50


async def test_one_too_many_is_raised_where_it_is_required() -> None:
    """The error carries the whole seconds to wait."""
    limiter = RateLimiter("memory://", enabled=True)
    for _ in range(10):
        await limiter.require("bambuddy.control", "key:1")
    with pytest.raises(RateLimited) as refused:
        await limiter.require("bambuddy.control", "key:1")
    assert 1 <= refused.value.retry_after <= 60


def test_memory_is_bounded() -> None:
    """A flood of identities never keeps more windows than the bound; the newest stay."""
    windows = MemoryWindows(bound=100)
    for number in range(1_000):
        windows.count([Window(f"address:{number}", 10, 60)])
        assert len(windows) <= 100
    (counted,) = windows.count([Window("address:999", 10, 60)])
    assert counted.count == 2


@pytest.mark.parametrize(
    ("address", "identity"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("testclient", "testclient"),
    ],
)
def test_an_address_is_counted_by_its_host(address: str, identity: str) -> None:
    """IPv6 hosts own a /64; an IPv4 address is the same in either notation."""
    assert address_identity(address) == identity


async def test_what_is_given_back_was_never_counted(url: str) -> None:
    """One request is free again; an empty window owes nothing."""
    limiter = RateLimiter(url, enabled=True)
    await limiter.give_back("sign-in.account", "key:1")
    await _hits(limiter, "sign-in.account", 10)
    assert (await _hits(limiter, "sign-in.account", 1))[0].retry_after is not None
    await limiter.give_back("sign-in.account", "key:1")
    await limiter.give_back("sign-in.account", "key:1")
    (state,) = await _hits(limiter, "sign-in.account", 1)
    assert (state.remaining, state.retry_after) == (0, None)
    await limiter.close()


async def test_what_is_forgotten_is_counted_afresh(url: str) -> None:
    """The whole limit is there again for the one identity, and for no other."""
    limiter = RateLimiter(url, enabled=True)
    for identity in ("key:1", "key:2"):
        for _ in range(10):
            await limiter.hit("sign-in.account", identity)
    await limiter.forget("sign-in.account", "key:1")
    free, full = [await limiter.hit("sign-in.account", key) for key in ("key:1", "key:2")]
    assert free is not None
    assert full is not None
    assert (free.remaining, free.retry_after) == (9, None)
    assert full.retry_after is not None
    await limiter.close()
