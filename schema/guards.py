"""Open sockets and streams end when their credential does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from weakref import WeakSet

from app.accounts.authentication import is_revoked_by
from app.accounts.viewer import Viewer
from app.events import CredentialRevoked
from app.farm_events.service import decode
from app.hub import EVENT, Feed, Hub, Message


class Guard:
    """Watches one credential for as long as a socket or stream is open."""

    def __init__(self, viewer: Viewer) -> None:
        self.viewer = viewer
        self.ended = False
        self._feeds: WeakSet[Feed] = WeakSet()
        self._callbacks: list[Callable[[], None]] = []
        self._timer: asyncio.TimerHandle | None = None
        if viewer.expires_at is not None:
            left = (viewer.expires_at - datetime.now(UTC)).total_seconds()
            self._timer = asyncio.get_running_loop().call_later(max(0.0, left), self.end)

    def watch(self, feed: Feed) -> Feed:
        """Close this feed when the credential ends."""
        self._feeds.add(feed)
        if self.ended:
            feed.close()
        return feed

    def on_end(self, callback: Callable[[], None]) -> None:
        """Call back once when the credential ends."""
        self._callbacks.append(callback)

    def end(self) -> None:
        """The credential was revoked or has expired."""
        if self.ended:
            return
        self.ended = True
        for feed in list(self._feeds):
            feed.close()
        for callback in self._callbacks:
            callback()
        self.release()

    def release(self) -> None:
        """The socket or stream is closed: watch no longer."""
        if self._timer is not None:
            self._timer.cancel()
        self._callbacks.clear()


class Guards:
    """All guards of this process; revocations reach them over the hub."""

    def __init__(self, hub: Hub) -> None:
        self._guards: WeakSet[Guard] = WeakSet()
        hub.listen(EVENT, self._on_event)

    def guard(self, viewer: Viewer) -> Guard:
        """A new guard for an open socket or stream."""
        made = Guard(viewer)
        self._guards.add(made)
        return made

    def _on_event(self, message: Message) -> None:
        if message.key != CredentialRevoked.kind:
            return
        event = decode(message.body)
        for guard in list(self._guards):
            if isinstance(event, CredentialRevoked) and is_revoked_by(guard.viewer, event):
                guard.end()
