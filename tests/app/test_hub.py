"""The hub tells listeners here and in other processes, bounded, and heals its link."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
import redis.asyncio

from app.calls import Calls
from app.errors import Conflict, Unreachable
from app.hub import EVENT, RESYNC, STATUS, Hub, Message

DEADLINE = 20.0


def _status(key: str, body: bytes = b"{}", team_id: int = 1) -> Message:
    return Message(STATUS, key, team_id, body)


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not condition():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def _running(*hubs: Hub) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(hub.run()) for hub in hubs]
    try:
        await _until(lambda: all(hub.connected for hub in hubs))
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_slow_reader_of_latest_gets_the_newest_per_key() -> None:
    """Fifty thousand statuses of two printers wait as two messages."""
    hub = Hub("memory://", "a")
    async with hub.feed(STATUS, team_id=1, latest=True) as feed:
        for number in range(50_000):
            hub.publish(_status(str(number % 2), b"%d" % number))
        hub.close()
        received = [message.body async for message in feed]
    assert received == [b"49998", b"49999"]
    assert feed.dropped == 0


async def test_a_full_feed_drops_the_oldest_and_counts() -> None:
    """A feed of three keeps the last three events of five and says that two are missing."""
    hub = Hub("memory://", "a")
    async with hub.feed(EVENT, team_id=1, bound=3) as feed:
        for number in range(5):
            hub.publish(Message(EVENT, "print_started", 1, b"%d" % number))
        hub.close()
        assert [message.body async for message in feed] == [b"2", b"3", b"4"]
    assert feed.dropped == 2


async def test_a_feed_hears_its_own_team_alone() -> None:
    """Messages of another team never reach a team's feed; a feed of all teams gets both."""
    hub = Hub("memory://", "a")
    async with hub.feed(STATUS, team_id=1) as ours, hub.feed(STATUS) as everybody:
        hub.publish(_status("5", team_id=2))
        hub.publish(_status("6", team_id=1))
        hub.close()
        assert [message.key async for message in ours] == ["6"]
        assert [message.key async for message in everybody] == ["5", "6"]
    assert hub.subscribers == 0


async def test_messages_reach_other_processes(redis_url: str) -> None:
    """What one process publishes is heard in the other once, and not echoed at home."""
    here, there = Hub(redis_url, "a"), Hub(redis_url, "b")
    async with (
        _running(here, there),
        there.feed(EVENT, team_id=1) as far,
        here.feed(EVENT, team_id=1) as near,
    ):
        for number in range(300):
            here.publish(Message(EVENT, "x", 1, b"%d" % number))
        async with asyncio.timeout(DEADLINE):
            received = [(await anext(far)).body for _ in range(300)]
        at_home = [(await anext(near)).body for _ in range(300)]
        near.close()
        assert [message async for message in near] == []
    assert received == at_home == [b"%d" % number for number in range(300)]


async def test_a_killed_connection_is_made_anew_and_listeners_read_again(redis_url: str) -> None:
    """After Redis drops every client, feeds get a resync and messages flow again."""
    here, there = Hub(redis_url, "a"), Hub(redis_url, "b")
    async with _running(here, there), there.feed(EVENT, team_id=1) as far:
        async with redis.asyncio.Redis.from_url(redis_url) as admin:
            await admin.client_kill_filter(_type="pubsub")
        async with asyncio.timeout(DEADLINE):
            assert (await anext(far)).topic == RESYNC
        await _until(lambda: here.connected and there.connected)
        here.publish(Message(EVENT, "x", 1, b'"again"'))
        async with asyncio.timeout(DEADLINE):
            while (message := await anext(far)).topic != EVENT:
                pass
        assert message.body == b'"again"'


async def test_without_redis_local_listeners_still_hear() -> None:
    """The link is down from the start: what is published here is still told here."""
    hub = Hub("redis://127.0.0.1:1", "a")
    task = asyncio.create_task(hub.run())
    async with hub.feed(STATUS, team_id=1) as feed:
        hub.publish(_status("5"))
        async with asyncio.timeout(DEADLINE):
            assert (await anext(feed)).key == "5"
    assert not hub.connected
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_calls_are_answered_by_the_process_they_name(redis_url: str) -> None:
    """An answer comes back, a refusal is raised again, silence is unreachable."""
    hubs = Hub(redis_url, "a"), Hub(redis_url, "b")
    asking, answering = (Calls(hub) for hub in hubs)

    async def answer(body: dict[str, object]) -> dict[str, object]:
        if body["printer"] == 2:
            raise Conflict("Nothing is printing.", code="NOT_PRINTING")
        return {"doubled": body["printer"]}

    answering.answer("pause", answer)
    async with _running(*hubs):
        assert await asking.ask("b", "pause", {"printer": 1}, timeout=DEADLINE) == {"doubled": 1}
        with pytest.raises(Conflict, match="Nothing is printing") as refused:
            await asking.ask("b", "pause", {"printer": 2}, timeout=DEADLINE)
        assert refused.value.code == "NOT_PRINTING"
        with pytest.raises(Unreachable):
            await asking.ask("nobody", "pause", {"printer": 1}, timeout=0.05)
