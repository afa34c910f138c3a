"""The way out of one socket: at once while its client keeps up, the newest of each thing if not."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from itertools import islice

from starlette.websockets import WebSocketDisconnect, WebSocketDisconnected

from app.websocket import WriteFrames, text_of

# Messages that wait for one slow client, over all of its operations.
BOUND = 10_000
# Frames in one write to a client that reads again.
AT_ONCE = 16
# Who a message belongs to, and what it is about.
Name = tuple[object, Hashable]


class Outbox:
    """Frames go to the transport directly. Once it takes no more, they wait here, a later one in
    the place of an earlier one with the same name, and one task sends them as the client reads;
    it ends when nothing waits."""

    def __init__(self, send: Callable[[str], Awaitable[None]], write: WriteFrames | None) -> None:
        self._send = send
        self._write = write
        self._waiting: OrderedDict[Name, bytes] = OrderedDict()
        self._sending: asyncio.Task[None] | None = None
        self._closed = False

    def write(self, frames: bytes) -> bool:
        """Write frames at once; False when they have to wait."""
        return self._sending is None and self._write is not None and self._write(frames)

    def keep(self, name: Name, frame: bytes) -> None:
        """Have a frame wait, in the place of one with the same name."""
        if self._closed:
            return
        self._waiting[name] = frame
        if len(self._waiting) > BOUND:
            self._waiting.popitem(last=False)
        if self._sending is None:
            self._sending = asyncio.create_task(self._send_waiting())

    def forget(self, owner: object) -> None:
        """Drop what waits for an operation that has ended."""
        for name in [name for name in self._waiting if name[0] is owner]:
            del self._waiting[name]

    async def sent(self) -> None:
        """Return once nothing waits any more."""
        if self._sending is not None:
            await asyncio.wait({self._sending})

    def close(self) -> None:
        """Nothing leaves any more."""
        self._closed = True
        self._write = None
        self._waiting.clear()
        if self._sending is not None:
            self._sending.cancel()

    async def _send_waiting(self) -> None:
        try:
            while self._waiting:
                # ASGI's `send` returns when the client takes more, or tells that it is gone.
                await self._send(text_of(self._waiting.popitem(last=False)[1]))
                while self._waiting and self._write_waiting():
                    pass
        except (WebSocketDisconnect, WebSocketDisconnected):
            self.close()
        finally:
            self._sending = None

    def _write_waiting(self) -> bool:
        """Write some of what waits at once, if the transport takes it."""
        frames = list(islice(self._waiting.values(), AT_ONCE))
        if self._write is None or not self._write(b"".join(frames)):
            return False
        for _ in frames:
            self._waiting.popitem(last=False)
        return True
