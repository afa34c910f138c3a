"""What a subscription tells, said once: for one subscriber, or for all that asked the same."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Hashable
from typing import Any, Generic, TypeVar

from app.accounts.models import Scope
from app.hub import Feed, Message
from app.records import record
from schema.context import Context

Value = TypeVar("Value")
_KEY = "follows"


@record
class Item(Generic[Value]):
    """One thing to tell. `make` gives the value that the selected fields are read from.

    Of two items with the same `key` the later one is enough for whoever reads slowly; without a
    key each one counts. `shows` are the objects that alone decide what the value's own fields say.
    """

    make: Callable[[], Value]
    key: Hashable = None
    shows: tuple[object, ...] = ()


class Source(ABC, Generic[Value]):
    """What one subscription field tells, for given arguments and permissions.

    Raises a `DomainError` when the arguments are wrong or something is not allowed: in the
    constructor or from `present`, before anything is told.
    """

    feed: Feed
    _nothing: tuple[Item[Value], ...] = ()

    def __init__(self, context: Context) -> None:
        context.viewer.require(Scope.READ)
        self.context = context

    async def missed(self) -> AsyncIterator[Item[Value]]:
        """What those who listen already are to hear before `present` is read for another one."""
        for item in self._nothing:
            yield item

    async def present(self) -> AsyncIterator[Item[Value]]:
        """What a new subscriber is told first."""
        for item in self._nothing:
            yield item

    @abstractmethod
    def read(self, message: Message) -> AsyncIterator[Item[Value]]:
        """What a message of the feed means to those who listen."""


def followed(source: Callable[..., Source[Any]]) -> dict[str, object]:
    """Metadata of a subscription field: what makes its source, from the context and arguments."""
    return {_KEY: source}


def followed_by(field: Any) -> Callable[..., Source[Any]] | None:
    """What a Strawberry field was declared to follow; None for one that nobody can share."""
    found: Callable[..., Source[Any]] | None = field.metadata.get(_KEY)
    return found


async def told(source: Source[Value]) -> AsyncGenerator[Value, None]:
    """The values of a source for one subscriber alone; each is told with fresh loaders."""
    context = source.context
    async with context.watched(source.feed) as feed:
        async for item in source.present():
            context.renew_loaders()
            yield item.make()
        async for message in feed:
            context.renew_loaders()
            async for item in source.read(message):
                yield item.make()
                context.renew_loaders()
