"""Open sockets and streams end when their credential does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Protocol, TypeVar
from weakref import WeakSet

import structlog

from app.accounts.authentication import is_revoked_by
from app.accounts.viewer import Viewer
from app.errors import NotFound, Unauthenticated, Unavailable
from app.events import CredentialRevoked
from app.farm_events.service import decode
from app.hub import EVENT, RESYNC, Hub, Message

log = structlog.get_logger(__name__)

Recheck = Callable[[], Awaitable[Viewer]]
Result = TypeVar("Result")
# While the database is away nobody's credential can be looked up again.
RECHECK_AGAIN_SECONDS = 2.0


class Closable(Protocol):
    """What tells something to the owner of a credential."""

    def close(self) -> None:
        """Tell nothing more."""


class Guard:
    """Watches one credential for as long as a socket or stream is open."""

    def __init__(self, viewer: Viewer, recheck: Recheck) -> None:
        self.viewer = viewer
        self._recheck = recheck
        self.ended = False
        self._watched: WeakSet[Closable] = WeakSet()
        self._callbacks: list[Callable[[], None]] = []
        self._timer: asyncio.TimerHandle | None = None
        if viewer.expires_at is not None:
            left = (viewer.expires_at - datetime.now(UTC)).total_seconds()
            self._timer = asyncio.get_running_loop().call_later(max(0.0, left), self.end)

    def watch(self, told: Closable) -> None:
        """Close this feed, or member of a group, when the credential ends."""
        self._watched.add(told)
        if self.ended:
            told.close()

    def on_end(self, callback: Callable[[], None]) -> None:
        """Call back once when the credential ends."""
        self._callbacks.append(callback)

    def end(self) -> None:
        """The credential was revoked or has expired."""
        if self.ended:
            return
        self.ended = True
        for told in list(self._watched):
            told.close()
        for callback in self._callbacks:
            callback()
        self.release()

    async def check(self) -> None:
        """Sign in again, and end when that fails or gives other permissions."""
        try:
            now = await self._recheck()
        except (Unauthenticated, NotFound):
            self.end()
        else:
            if (now.team_id, now.scopes) != (self.viewer.team_id, self.viewer.scopes):
                self.end()

    def release(self) -> None:
        """The socket or stream is closed: watch no longer."""
        self.ended = True
        if self._timer is not None:
            self._timer.cancel()
        self._callbacks.clear()


class Guards:
    """All guards of this process. Revocations reach them over the hub; when messages of the hub
    may have been missed, every credential is looked up again."""

    def __init__(self, hub: Hub) -> None:
        self._guards: WeakSet[Guard] = WeakSet()
        self._checking: asyncio.Task[None] | None = None
        self._check_again = False
        hub.listen(EVENT, self._on_event)
        hub.listen(RESYNC, self._on_resync)

    def guard(self, viewer: Viewer, recheck: Recheck) -> Guard:
        """A new guard for an open socket or stream; `recheck` signs in again."""
        made = Guard(viewer, recheck)
        self._guards.add(made)
        return made

    def _on_event(self, message: Message) -> None:
        if message.key != CredentialRevoked.kind:
            return
        event = decode(message.body)
        for guard in list(self._guards):
            if isinstance(event, CredentialRevoked) and is_revoked_by(guard.viewer, event):
                guard.end()

    def _on_resync(self, _message: Message) -> None:
        self._check_again = True
        if self._guards and (self._checking is None or self._checking.done()):
            self._checking = asyncio.create_task(self._check_all())

    async def _check_all(self) -> None:
        while self._check_again:
            self._check_again = False
            for guard in list(self._guards):
                await self._check(guard)

    async def _check(self, guard: Guard) -> None:
        while not guard.ended:
            try:
                await guard.check()
                return
            except Unavailable:
                await asyncio.sleep(RECHECK_AGAIN_SECONDS)
            except Exception:
                log.exception("a credential could not be looked up again")
                guard.end()


async def while_valid(
    guard: Guard, results: AsyncGenerator[Result, None]
) -> AsyncGenerator[Result, None]:
    """The results of a stream for as long as its credential is good."""
    try:
        async with aclosing(results):
            async for result in results:
                if guard.ended:
                    return
                yield result
    finally:
        guard.release()
