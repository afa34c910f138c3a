"""One source of pictures and those who watch it, without any camera."""

import asyncio
from collections import deque

import pytest

from app.camera import stream as streams
from app.camera.stream import CameraStream
from app.camera.target import CameraRefused
from app.errors import Unreachable
from tests.running import eventually


class Source:
    """A camera made by hand: `show` is its next picture, `fail` ends it."""

    def __init__(self):
        self.opened = 0
        self.closed = 0
        self._coming = deque()
        self._more = asyncio.Event()
        self.gone = []
        self.stream = CameraStream(self._connect, self.gone.append)

    def show(self, data):
        self._coming.append(data)
        self._more.set()

    fail = show

    async def _connect(self, _stream):
        self.opened += 1
        try:
            while True:
                while not self._coming:
                    self._more.clear()
                    await self._more.wait()
                item = self._coming.popleft()
                if isinstance(item, Exception):
                    raise item
                yield item
        finally:
            self.closed += 1


@pytest.fixture
async def source():
    """A source that is closed after the test."""
    made = Source()
    yield made
    made.stream.end()
    await made.stream.closed()


async def test_a_slow_watcher_gets_what_is_there_now(source):
    """Pictures it had no time for are skipped, and nobody waits for it."""
    slow, fast = source.stream.watch(1_000), source.stream.watch(1_000)
    seen = []
    for number in range(20):
        source.show(b"%d" % number)
        seen.append(await fast.next())
        if number == 0:
            assert await slow.next() == b"0"
    assert seen == [b"%d" % number for number in range(20)]
    assert await slow.next() == b"19"


async def test_no_picture_is_shown_twice(source):
    """A watcher that saw the latest waits for the next."""
    watcher = source.stream.watch(1_000)
    source.show(b"one")
    assert await watcher.next() == b"one"
    waiting = asyncio.create_task(watcher.next())
    await asyncio.sleep(0.05)
    assert not waiting.done()
    source.show(b"two")
    assert await waiting == b"two"


async def test_the_source_is_closed_a_while_after_the_last_watcher(source):
    """Whoever comes in between keeps it open; after it the stream is over."""
    source.stream.linger = 0.2
    first = source.stream.watch(10)
    source.show(b"one")
    await first.next()
    first.close()
    second = source.stream.watch(10)
    await asyncio.sleep(0.4)
    assert (source.opened, source.closed, source.gone) == (1, 0, [])
    second.close()
    second.close()
    await eventually(lambda: source.closed)
    assert source.gone == [source.stream]


async def test_the_end_sends_everybody_away(source):
    """Also those who wait for a picture."""
    watcher = source.stream.watch(10)
    waiting = asyncio.create_task(watcher.next())
    await asyncio.sleep(0)
    source.stream.end()
    assert await waiting is None
    assert watcher.closed
    with pytest.raises(Unreachable, match="was stopped"):
        await watcher.first(1)


async def test_a_failed_source_is_opened_again(source, monkeypatch):
    """After a pause, under the same watcher; meanwhile the reason is known."""
    monkeypatch.setattr(streams, "RETRY_SECONDS", (0.01,))
    watcher = source.stream.watch(1_000)
    source.fail(Unreachable("It went dark."))
    await eventually(lambda: source.opened == 2)
    assert source.stream.trouble.message == "It went dark."
    source.show(b"light")
    assert await watcher.next() == b"light"
    assert source.stream.trouble is None


async def test_a_silent_source_is_opened_again(source, monkeypatch):
    """Without a picture for too long."""
    monkeypatch.setattr(streams, "SILENCE_SECONDS", 0.1)
    monkeypatch.setattr(streams, "RETRY_SECONDS", (0.01,))
    watcher = source.stream.watch(10)
    source.show(b"one")
    await watcher.next()
    await eventually(lambda: source.opened >= 3)
    assert source.closed >= 2


async def test_a_refusal_is_told_at_once(source):
    """Who waits for a first picture does not wait in vain."""
    watcher = source.stream.watch(10)
    source.fail(CameraRefused("Not you."))
    with pytest.raises(CameraRefused, match="Not you"):
        await watcher.first(60)


async def test_an_old_picture_is_no_snapshot(source, monkeypatch):
    """A first picture is never older than the silence that is allowed."""
    watcher = source.stream.watch(10)
    source.show(b"one")
    assert await watcher.first(5) == b"one"
    assert await source.stream.watch(10).first(5) == b"one"
    monkeypatch.setattr(streams, "SILENCE_SECONDS", 0.0)
    with pytest.raises(Unreachable, match=r"[Nn]o picture"):
        await source.stream.watch(10).first(0.1)


async def test_a_watcher_that_sees_nothing_is_sent_away(source, monkeypatch):
    """After a minute, here a moment."""
    monkeypatch.setattr(streams, "GIVE_UP_SECONDS", 0.1)
    watcher = source.stream.watch(10)
    assert await watcher.next() is None
    assert watcher.closed
