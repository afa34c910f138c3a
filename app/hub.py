"""Fan-out of what happens to whoever listens, in this process and in the others.

Messages reach local listeners at once. With a Redis address they also travel to the other server
processes through one supervised broadcaster subscription; its own heartbeat comes back to it, so
a link that died silently is noticed and made anew, and listeners are told to read again.

Nothing here grows without bound: a feed keeps the latest message per key, or a fixed number of
messages and the count of those it dropped; the way out to Redis does the same.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, Self

import orjson
import structlog
from broadcaster import Broadcast

from app.records import record

log = structlog.get_logger(__name__)

CHANNEL = "spoolgraph"
FEED_BOUND = 1_000
OUTGOING_BOUND = 10_000
# Messages that travel together in one publish.
BATCH = 100
HEARTBEAT_SECONDS = 2.0
# A link whose own heartbeat did not come back for this long is dead.
SILENCE_SECONDS = 6.0
RETRY_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)

EVERY_TEAM_ID = 0
STATUS = "status"
EVENT = "event"
RESYNC = "resync"


@record
class Message:
    """`body` is JSON. Of two messages with the same topic and key the later one is enough
    wherever only the latest is kept."""

    topic: str
    key: str
    team_id: int
    body: bytes


Listener = Callable[[Message], None]


class Feed:
    """One listener's bounded view of the hub: an async iterator that ends when the hub closes.

    With `latest` a slow reader gets the newest message per key, otherwise the newest `bound`
    messages; `dropped` counts what it missed. A `RESYNC` message means: read the present again.
    """

    def __init__(
        self, hub: Hub, topics: Iterable[str], team_id: int, *, latest: bool, bound: int
    ) -> None:
        self.topics = frozenset(topics)
        self.team_id = team_id
        self.dropped = 0
        self.readers = 1  # a feed may be read for many
        self._hub = hub
        self._latest = latest
        self._bound = bound
        self._waiting: OrderedDict[object, Message] = OrderedDict()
        self._number = 0
        self._ready = asyncio.Event()
        self._closed = False

    @property
    def waiting(self) -> int:
        """How many messages can be read without waiting."""
        return len(self._waiting)

    def push(self, message: Message) -> None:
        """Take a message in; never blocks."""
        if self._latest:
            name: object = (message.topic, message.key)
        else:
            self._number += 1
            name = self._number
        if name not in self._waiting and len(self._waiting) >= self._bound:
            self._waiting.popitem(last=False)
            self.dropped += 1
        self._waiting[name] = message
        self._ready.set()

    def close(self) -> None:
        """End the iteration once what waits has been read."""
        self._closed = True
        self._ready.set()

    async def __aenter__(self) -> Self:
        self._hub.attach(self)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._hub.detach(self)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Message:
        while not self._waiting:
            if self._closed:
                raise StopAsyncIteration
            self._ready.clear()
            await self._ready.wait()
        return self._waiting.popitem(last=False)[1]


class Hub:
    """One per process; `process_id` tells processes apart."""

    def __init__(self, url: str, process_id: str) -> None:
        self.process_id = process_id
        self.remote = not url.startswith("memory")
        self.connected = not self.remote
        self._url = url
        self._feeds: dict[tuple[str, int], set[Feed]] = defaultdict(set)
        self._listeners: dict[str, list[Listener]] = defaultdict(list)
        self._outgoing_latest: OrderedDict[tuple[str, str], Message] = OrderedDict()
        self._outgoing: deque[Message] = deque(maxlen=OUTGOING_BOUND)
        self._outgoing_ready = asyncio.Event()
        self._heard_self = 0.0
        self._closed = False

    @property
    def subscribers(self) -> int:
        """How many read feeds of teams in this process; those of the server itself aside."""
        feeds = {feed for feeds in self._feeds.values() for feed in feeds}
        return sum(feed.readers for feed in feeds if feed.team_id != EVERY_TEAM_ID)

    @property
    def backlog(self) -> int:
        """Messages that wait to travel to other processes."""
        return len(self._outgoing) + len(self._outgoing_latest)

    def listen(self, topic: str, listener: Listener) -> None:
        """Call `listener` for every message of a topic, of all teams, before any feed gets it."""
        self._listeners[topic].append(listener)

    def feed(
        self,
        *topics: str,
        team_id: int = EVERY_TEAM_ID,
        latest: bool = False,
        bound: int = FEED_BOUND,
    ) -> Feed:
        """A feed of one team's messages (`EVERY_TEAM_ID`: of all). Use it as a context manager."""
        return Feed(self, (*topics, RESYNC), team_id, latest=latest, bound=bound)

    def attach(self, feed: Feed) -> None:
        for topic in feed.topics:
            self._feeds[topic, feed.team_id].add(feed)
        if self._closed:
            feed.close()

    def detach(self, feed: Feed) -> None:
        for topic in feed.topics:
            name = (topic, feed.team_id)
            self._feeds[name].discard(feed)
            if not self._feeds[name]:
                del self._feeds[name]

    def publish(self, message: Message) -> None:
        """Tell everybody; never blocks. Statuses may skip, every other message is kept in order."""
        self._deliver(message)
        if not self.remote:
            return
        if message.topic == STATUS:
            name = (message.topic, message.key)
            self._outgoing_latest.pop(name, None)
            self._outgoing_latest[name] = message
            if len(self._outgoing_latest) > OUTGOING_BOUND:
                self._outgoing_latest.popitem(last=False)
        else:
            self._outgoing.append(message)
        self._outgoing_ready.set()

    def _deliver(self, message: Message) -> None:
        for listener in self._listeners.get(message.topic, ()):
            listener(message)
        for team_id in {message.team_id, EVERY_TEAM_ID}:
            for feed in self._feeds.get((message.topic, team_id), ()):
                feed.push(message)

    def resync(self) -> None:
        """Tell every local listener that messages may have been missed."""
        message = Message(RESYNC, "", EVERY_TEAM_ID, b"{}")
        for listener in self._listeners.get(RESYNC, ()):
            listener(message)
        for (topic, _team), feeds in self._feeds.items():
            if topic == RESYNC:
                for feed in feeds:
                    feed.push(message)

    def close(self) -> None:
        """End every feed, so that open sockets and streams finish."""
        self._closed = True
        for feeds in list(self._feeds.values()):
            for feed in list(feeds):
                feed.close()

    async def run(self) -> None:
        """Keep the link to the other processes until cancelled. Returns at once without one."""
        if not self.remote:
            return
        attempt = 0
        while True:
            try:
                await self._link()
            except asyncio.CancelledError:
                raise
            except Exception as error:
                log.warning("hub link lost", error=type(error).__name__)
            attempt = 0 if self.connected else attempt + 1
            self.connected = False
            await asyncio.sleep(RETRY_SECONDS[min(attempt, len(RETRY_SECONDS) - 1)])

    async def _link(self) -> None:
        """One life of the connection: raises when it is lost."""
        from app.redis_backend import RedisBackend  # large, and one process does without

        backend = RedisBackend(self._url)
        async with (
            Broadcast(backend=backend) as broadcast,
            broadcast.subscribe(CHANNEL) as subscriber,
        ):
            self._heard_self = asyncio.get_running_loop().time()
            tasks: set[asyncio.Future[None]] = {
                backend.lost,
                asyncio.create_task(self._receive(subscriber)),
                asyncio.create_task(self._send(broadcast)),
                asyncio.create_task(self._beat(broadcast)),
            }
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def _receive(self, subscriber: Any) -> None:
        while True:
            event = await subscriber.get()
            envelope = orjson.loads(event.message)
            if envelope["from"] == self.process_id:
                self._hear_self()
                continue
            for topic, key, team_id, body in envelope["messages"]:
                self._deliver(Message(topic, key, team_id, orjson.dumps(body)))

    def _hear_self(self) -> None:
        self._heard_self = asyncio.get_running_loop().time()
        if not self.connected:
            self.connected = True
            self.resync()

    async def _send(self, broadcast: Broadcast) -> None:
        while True:
            await self._outgoing_ready.wait()
            batch = self._take_batch()
            if not batch:
                self._outgoing_ready.clear()
                continue
            await broadcast.publish(CHANNEL, self._envelope(batch))

    def _take_batch(self) -> list[Message]:
        batch: list[Message] = []
        while self._outgoing and len(batch) < BATCH:
            batch.append(self._outgoing.popleft())
        while self._outgoing_latest and len(batch) < BATCH:
            batch.append(self._outgoing_latest.popitem(last=False)[1])
        return batch

    def _envelope(self, messages: Iterable[Message]) -> str:
        return orjson.dumps(
            {
                "from": self.process_id,
                "messages": [
                    (item.topic, item.key, item.team_id, orjson.Fragment(item.body))
                    for item in messages
                ],
            }
        ).decode()

    async def _beat(self, broadcast: Broadcast) -> None:
        loop = asyncio.get_running_loop()
        while True:
            async with asyncio.timeout(SILENCE_SECONDS):
                await broadcast.publish(CHANNEL, self._envelope(()))
            await asyncio.sleep(HEARTBEAT_SECONDS if self.connected else 0.1)
            if loop.time() - self._heard_self > SILENCE_SECONDS:
                raise ConnectionError("own heartbeat did not come back")
