"""What resolvers get: who asks, and the parts of the server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import strawberry

from app.accounts.viewer import Viewer
from app.database import ReadSession, WriteSession
from app.hub import Feed
from app.runtime import Runtime
from schema.guards import Guard
from schema.loaders import Loaders

MAX_PAGE = 100
# Documents of the REST façade may ask for more rows at once than a client may.
FACADE_MAX_PAGE = 500
# A mutation may wait ten seconds for a printer; nothing has a reason to take longer than this.
OPERATION_SECONDS = 30.0
# A file that was sent may have a long way to a bucket.
UPLOAD_SECONDS = 600.0


@dataclass
class Context:
    """One operation, or one event of a subscription: loaders never outlive it."""

    runtime: Runtime
    viewer: Viewer
    request_id: str
    guard: Guard | None = None
    max_page_size: int = MAX_PAGE
    address: str = ""
    # How long the operation may take.
    seconds: float = OPERATION_SECONDS
    # What ends the operation when it takes longer.
    patience: asyncio.Timeout | None = field(default=None, init=False)
    # Why no plan answered the operation, for those who look into it.
    unplanned: str = field(default="plans are off", init=False)
    _loaders: Loaders | None = field(default=None, init=False)

    @property
    def loaders(self) -> Loaders:
        """Made when they are needed first: most events of a subscription load nothing."""
        if self._loaders is None:
            self._loaders = Loaders(self.read)
        return self._loaders

    @property
    def planned(self) -> bool:
        """Whether plans may answer instead of the resolvers."""
        return self.runtime.settings.plans != "off"

    def read(self) -> AbstractAsyncContextManager[ReadSession]:
        """A short session that reads as the viewer's team, or as all of the teams it reaches."""
        return self.runtime.database.read(self.viewer.reads_as)

    def transaction(self) -> AbstractAsyncContextManager[WriteSession]:
        """One transaction as the viewer's team."""
        return self.runtime.database.transaction(self.viewer.team_id)

    def go_on(self) -> None:
        """From now the operation may take as long as at its beginning."""
        if self.patience is not None:
            self.patience.reschedule(asyncio.get_running_loop().time() + self.seconds)

    @asynccontextmanager
    async def step(self) -> AsyncIterator[WriteSession]:
        """One transaction of work that has several; each may take as long as an operation."""
        self.go_on()
        async with self.transaction() as session:
            yield session

    @asynccontextmanager
    async def watched(self, feed: Feed) -> AsyncIterator[Feed]:
        """An open feed that ends when the viewer's credential does."""
        if self.guard is not None:
            self.guard.watch(feed)
        async with feed:
            yield feed

    def renewed(self) -> Context:
        """The same context with fresh loaders, for the next operation of a socket."""
        return replace(self)

    def renew_loaders(self) -> None:
        """Forget what was loaded: the next event of a subscription reads anew."""
        self._loaders = None


Info: TypeAlias = strawberry.Info[Context, None]
