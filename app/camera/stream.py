"""One camera in this process: a single source of pictures, and everybody who watches it.

Watchers see the newest picture; those between are skipped. The source is opened for the first
watcher and closed ten seconds after the last one left.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

import structlog

from app.camera.target import CameraRefused
from app.errors import DomainError, Unreachable
from app.records import record

log = structlog.get_logger(__name__)

LINGER_SECONDS = 10.0
# A source without a picture for so long is opened anew.
SILENCE_SECONDS = 10.0
# A watcher that saw nothing for so long is sent away.
GIVE_UP_SECONDS = 60.0
RETRY_SECONDS = (0.3, 1.0, 2.0, 5.0, 10.0)
REFUSED_RETRY_SECONDS = 30.0

Pictures = AsyncGenerator[bytes, None]


@record
class Picture:
    """A JPEG and when it came (monotonic seconds)."""

    data: bytes
    came: float


class Watcher:
    """One who watches, at most `fps` pictures a second."""

    def __init__(self, stream: CameraStream, fps: float) -> None:
        self.fps = fps
        self._stream = stream
        self._changed = asyncio.Event()
        self._seen: Picture | None = None
        self._due = 0.0
        self._closed = False

    @property
    def closed(self) -> bool:
        """True once it sees nothing any more."""
        return self._closed

    @property
    def trouble(self) -> Unreachable | None:
        """Why there are no pictures at the moment."""
        return self._stream.trouble

    def wake(self) -> None:
        """Something about the stream changed."""
        self._changed.set()

    def close(self) -> None:
        """Watch no longer; `next` ends. May be called twice."""
        self._closed = True
        self._changed.set()
        self._stream.leave(self)

    async def first(self, seconds: float) -> bytes:
        """A picture no older than the stream's silence, within so many seconds.

        Raises `Unreachable` with the reason why there is none.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not self._closed:
                    fresh = self._stream.fresh
                    if fresh is not None:
                        return self._take(fresh)
                    if isinstance(self._stream.trouble, CameraRefused):
                        raise self._stream.trouble
                    await self._wait()
        if self._stream.trouble is not None:
            raise self._stream.trouble
        words = "was stopped" if self._closed else f"sent no picture within {seconds:g} seconds"
        raise Unreachable(f"The camera {words}.")

    async def next(self) -> bytes | None:
        """The newest picture once it is time for one; nothing when the stream ended, or when it
        showed nothing for a minute."""
        picture = await self.soon(GIVE_UP_SECONDS)
        if picture is None:
            self.close()
        return picture

    async def soon(self, seconds: float) -> bytes | None:
        """The newest picture once it is time for one, nothing when none comes so soon."""
        await asyncio.sleep(max(0.0, self._due - time.monotonic()))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not self._closed:
                    latest = self._stream.latest
                    if latest is not None and latest is not self._seen:
                        return self._take(latest)
                    await self._wait()
        return None

    def _take(self, picture: Picture) -> bytes:
        self._seen = picture
        self._due = max(time.monotonic(), self._due) + 1 / self.fps
        return picture.data

    async def _wait(self) -> None:
        self._changed.clear()
        await self._changed.wait()


class CameraStream:
    """`connect` opens the source; `gone` is told when the stream is over."""

    def __init__(
        self,
        connect: Callable[[CameraStream], Pictures],
        gone: Callable[[CameraStream], None],
    ) -> None:
        self.linger = LINGER_SECONDS
        self.latest: Picture | None = None
        self.trouble: Unreachable | None = None
        self.watchers: set[Watcher] = set()
        self.reconnects = 0
        self._connect = connect
        self._gone = gone
        self._ending: asyncio.TimerHandle | None = None
        self._anew = asyncio.Event()
        self._task = asyncio.create_task(self._run())

    @property
    def fresh(self) -> Picture | None:
        """The latest picture unless it is too old to speak of now."""
        latest = self.latest
        if latest is None or time.monotonic() - latest.came > SILENCE_SECONDS:
            return None
        return latest

    @property
    def fps(self) -> float:
        """The most that any watcher wants, pictures a second."""
        return max((watcher.fps for watcher in self.watchers), default=1.0)

    def watch(self, fps: float) -> Watcher:
        """Somebody watches; `close` what this returns."""
        if self._ending is not None:
            self._ending.cancel()
            self._ending = None
        watcher = Watcher(self, fps)
        self.watchers.add(watcher)
        return watcher

    def leave(self, watcher: Watcher) -> None:
        """Somebody left; after the last one the source is closed in a while."""
        if watcher not in self.watchers:
            return
        self.watchers.discard(watcher)
        if not self.watchers and not self._task.done():
            loop = asyncio.get_running_loop()
            self._ending = loop.call_later(self.linger, self.end)

    def restart(self) -> None:
        """Open the source anew: what it depends on has changed."""
        self._anew.set()

    def end(self) -> None:
        """Close the source and send everybody away, at once."""
        if self._ending is not None:
            self._ending.cancel()
        self._task.cancel()
        self._gone(self)
        for watcher in list(self.watchers):
            watcher.close()

    async def closed(self) -> None:
        """Wait until the source is closed, after `end`."""
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        failures = 0
        while True:
            self._anew.clear()
            began = self.latest
            try:
                await self._read()
                self.trouble = None
            except DomainError as error:
                self._fail(error if isinstance(error, Unreachable) else Unreachable(error.message))
            except Exception as error:
                log.exception("camera failed")
                self._fail(Unreachable(f"The camera failed ({type(error).__name__})."))
            failures = 0 if self.latest is not began else failures + 1
            self.reconnects += 1
            refused = isinstance(self.trouble, CameraRefused)
            wait = RETRY_SECONDS[min(failures, len(RETRY_SECONDS) - 1)]
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(REFUSED_RETRY_SECONDS if refused else wait):
                    await self._anew.wait()

    async def _read(self) -> None:
        """Pictures until the source fails, falls silent, or is to be opened anew."""
        anew = asyncio.create_task(self._anew.wait())
        try:
            async with aclosing(self._connect(self)) as pictures:
                while not anew.done():
                    coming = asyncio.ensure_future(anext(pictures))
                    try:
                        await asyncio.wait(
                            (coming, anew),
                            timeout=SILENCE_SECONDS,
                            return_when=asyncio.FIRST_COMPLETED,
                        )
                        if coming.done():
                            self._show(coming.result())
                        elif not anew.done():
                            raise Unreachable(f"No picture came for {SILENCE_SECONDS:g} seconds.")
                    finally:
                        await _cancelled(coming)
        except StopAsyncIteration:
            raise Unreachable("The camera ended its pictures.") from None
        finally:
            anew.cancel()

    def _show(self, data: bytes) -> None:
        self.latest = Picture(data, time.monotonic())
        self.trouble = None
        self._tell()

    def _fail(self, trouble: Unreachable) -> None:
        self.trouble = trouble
        self._tell()

    def _tell(self) -> None:
        for watcher in self.watchers:
            watcher.wake()


async def _cancelled(task: asyncio.Future[bytes]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
