"""Every change of archives, queue items and spools while connected, as they are now."""

from abc import abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from enum import Enum
from functools import partial
from typing import Any, ClassVar
from uuid import UUID

import strawberry

from app.errors import NotFound
from app.events import (
    ArchiveCreated,
    ArchiveDeleted,
    Event,
    PrintStarted,
    QueueItemAdded,
    QueueItemMoved,
    QueueItemRemoved,
    SpoolCreated,
    SpoolDeleted,
)
from app.farm_events.service import decode
from app.hub import EVENT, Message
from schema.archives.types import Archive
from schema.context import Context, Info
from schema.fields import about
from schema.following.sources import Item, Source, Value, followed, told
from schema.ids import global_id, integer_id, uuid_id
from schema.print_queue.types import QueueItem
from schema.spools.types import Spool


@strawberry.enum(description="What happened to an entity.")
class ChangeReason(Enum):
    CREATED = "created"
    UPDATED = "updated"
    MOVED = "moved"
    DELETED = "deleted"


# By what the subscription is about: a print that starts makes an archive, and changes an item.
_REASONS: dict[str, dict[type[Event], ChangeReason]] = {
    "archive_id": {
        PrintStarted: ChangeReason.CREATED,
        ArchiveCreated: ChangeReason.CREATED,
        ArchiveDeleted: ChangeReason.DELETED,
    },
    "queue_item_id": {
        QueueItemAdded: ChangeReason.CREATED,
        QueueItemMoved: ChangeReason.MOVED,
        QueueItemRemoved: ChangeReason.DELETED,
    },
    "spool_id": {
        SpoolCreated: ChangeReason.CREATED,
        SpoolDeleted: ChangeReason.DELETED,
    },
}


@strawberry.type(description="A change of an archive.")
class ArchiveChange:
    id: strawberry.ID = about("Global id of the archive, also when it is gone.")
    archive: Archive | None = about("The archive as it is now; null once it is deleted.")
    reason: ChangeReason = about("What happened.")
    seq: int = about("Grows by one with each change; a gap means: read again.")


@strawberry.type(description="A change of the queue.")
class QueueChange:
    id: strawberry.ID = about("Global id of the queue item, also when it is gone.")
    queue_item: QueueItem | None = about("The item as it is now; null once it is removed.")
    reason: ChangeReason = about("What happened.")
    seq: int = about("Grows by one with each change; a gap means: read again.")


@strawberry.type(description="A change of a spool.")
class SpoolChange:
    id: strawberry.ID = about("Global id of the spool, also when it is gone.")
    spool: Spool | None = about("The spool as it is now; null once it is deleted.")
    reason: ChangeReason = about("What happened.")
    seq: int = about("Grows by one with each change; a gap means: read again.")


class _Changes(Source[Value]):
    """Events about one kind of entity, with a number that jumps when some were missed.

    `subject` is the event's attribute with the key of the entity, `about` the one that a wanted
    key must be equal to, when one is wanted.
    """

    subject: ClassVar[str]
    about: ClassVar[str] = "printer_id"

    def __init__(self, context: Context, given: strawberry.ID | None = None) -> None:
        super().__init__(context)
        self.feed = context.runtime.hub.feed(EVENT, team_id=context.viewer.team_id)
        self._given = given
        self._wanted: object = None
        self._seq = self._missed = 0

    async def present(self) -> AsyncIterator[Item[Value]]:
        """Nothing. Raises `NotFound` when there is nothing with the id that is wanted."""
        if self._given is not None:
            self._wanted = await self._key(self._given)
        async for item in super().present():
            yield item

    async def read(self, message: Message) -> AsyncIterator[Item[Value]]:
        """The change that an event tells; after missed messages there is a gap."""
        if message.topic != EVENT:
            self._seq += 1  # messages of other processes may be missing
            return
        event = decode(message.body)
        key = getattr(event, self.subject, None)
        if key is None or self._wanted not in (None, getattr(event, self.about, None)):
            return
        self._seq += 1 + self.feed.dropped - self._missed
        self._missed = self.feed.dropped
        reason = _REASONS[self.subject].get(type(event), ChangeReason.UPDATED)
        yield Item(partial(await self._change(key), reason=reason, seq=self._seq))

    async def _key(self, given: strawberry.ID) -> object:
        row = await self.context.loaders.printers.get(integer_id(given, "Printer"))
        if row is None:
            raise NotFound("There is no such printer.", field="printer_id")
        return row.id

    @abstractmethod
    async def _change(self, key: Any) -> Callable[..., Value]:
        """What makes the change of an entity as it is now, of a reason and a number."""


class QueueChanges(_Changes[QueueChange]):
    """Changes of the queue, or of what waits for one printer."""

    subject = "queue_item_id"

    def __init__(self, context: Context, printer_id: strawberry.ID | None = None) -> None:
        super().__init__(context, printer_id)

    async def _change(self, key: int) -> Callable[..., QueueChange]:
        row = await self.context.loaders.queue_items.get(key)
        item = None if row is None else QueueItem.of(row)
        return partial(QueueChange, id=global_id("QueueItem", key), queue_item=item)


class ArchiveChanges(_Changes[ArchiveChange]):
    """Changes of the history, or of what one printer printed."""

    subject = "archive_id"

    def __init__(self, context: Context, printer_id: strawberry.ID | None = None) -> None:
        super().__init__(context, printer_id)

    async def _change(self, key: int) -> Callable[..., ArchiveChange]:
        row = await self.context.loaders.archives.get(key)
        archive = None if row is None else Archive.of(row)
        return partial(ArchiveChange, id=global_id("Archive", key), archive=archive)


class SpoolChanges(_Changes[SpoolChange]):
    """Changes of spools, or of one."""

    subject = about = "spool_id"

    def __init__(self, context: Context, spool_id: strawberry.ID | None = None) -> None:
        super().__init__(context, spool_id)

    async def _key(self, given: strawberry.ID) -> object:
        row = await self.context.loaders.spools.get(uuid_id(given, "Spool"))
        if row is None:
            raise NotFound("There is no such spool.", field="spool_id")
        return row.id

    async def _change(self, key: UUID) -> Callable[..., SpoolChange]:
        row = await self.context.loaders.spools.get(key)
        spool = None if row is None else Spool.of(row)
        return partial(SpoolChange, id=global_id("Spool", key), spool=spool)


@strawberry.type
class ChangeSubscriptions:
    @strawberry.subscription(
        description="Every change of the queue while connected.", metadata=followed(QueueChanges)
    )
    async def queue_changed(
        self, info: Info, printer_id: strawberry.ID | None = None
    ) -> AsyncGenerator[QueueChange, None]:
        async with aclosing(told(QueueChanges(info.context, printer_id))) as changes:
            async for change in changes:
                yield change

    @strawberry.subscription(
        description="Every change of the history while connected.",
        metadata=followed(ArchiveChanges),
    )
    async def archive_changed(
        self, info: Info, printer_id: strawberry.ID | None = None
    ) -> AsyncGenerator[ArchiveChange, None]:
        async with aclosing(told(ArchiveChanges(info.context, printer_id))) as changes:
            async for change in changes:
                yield change

    @strawberry.subscription(
        description="Every change of spools while connected.", metadata=followed(SpoolChanges)
    )
    async def spool_changed(
        self, info: Info, spool_id: strawberry.ID | None = None
    ) -> AsyncGenerator[SpoolChange, None]:
        async with aclosing(told(SpoolChanges(info.context, spool_id))) as changes:
            async for change in changes:
                yield change
