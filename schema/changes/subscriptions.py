"""Every change of archives, queue items and spools while connected, as they are now."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from enum import Enum

import strawberry

from app.accounts.models import Scope
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
from app.hub import EVENT
from schema.archives.types import Archive
from schema.context import Context, Info
from schema.fields import about
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
    seq: int = about("Counts the changes of this subscription; a gap means: read again.")


@strawberry.type(description="A change of the queue.")
class QueueChange:
    id: strawberry.ID = about("Global id of the queue item, also when it is gone.")
    queue_item: QueueItem | None = about("The item as it is now; null once it is removed.")
    reason: ChangeReason = about("What happened.")
    seq: int = about("Counts the changes of this subscription; a gap means: read again.")


@strawberry.type(description="A change of a spool.")
class SpoolChange:
    id: strawberry.ID = about("Global id of the spool, also when it is gone.")
    spool: Spool | None = about("The spool as it is now; null once it is deleted.")
    reason: ChangeReason = about("What happened.")
    seq: int = about("Counts the changes of this subscription; a gap means: read again.")


async def _events(
    context: Context, subject: str, **wanted: object
) -> AsyncIterator[tuple[Event, ChangeReason, int]]:
    """Events about a subject, with a number that jumps when some were missed."""
    feed = context.runtime.hub.feed(EVENT, team_id=context.viewer.team_id)
    seq = missed = 0
    async with context.watched(feed):
        async for message in feed:
            if message.topic != EVENT:
                seq += 1  # messages of other processes may be missing: show a gap
                continue
            event = decode(message.body)
            if getattr(event, subject, None) is None or any(
                value is not None and getattr(event, name, None) != value
                for name, value in wanted.items()
            ):
                continue
            seq += 1 + feed.dropped - missed
            missed = feed.dropped
            context.renew_loaders()
            yield event, _REASONS[subject].get(type(event), ChangeReason.UPDATED), seq


async def _printer(context: Context, printer_id: strawberry.ID | None) -> int | None:
    if printer_id is None:
        return None
    row = await context.loaders.printers.get(integer_id(printer_id, "Printer"))
    if row is None:
        raise NotFound("There is no such printer.", field="printer_id")
    return row.id


@strawberry.type
class ChangeSubscriptions:
    @strawberry.subscription(description="Every change of the queue while connected.")
    async def queue_changed(
        self, info: Info, printer_id: strawberry.ID | None = None
    ) -> AsyncGenerator[QueueChange, None]:
        context = info.context
        context.viewer.require(Scope.READ)
        wanted = await _printer(context, printer_id)
        async for event, reason, seq in _events(context, "queue_item_id", printer_id=wanted):
            item_id: int = event.queue_item_id  # type: ignore[attr-defined]
            row = await context.loaders.queue_items.get(item_id)
            yield QueueChange(
                id=global_id("QueueItem", item_id),
                queue_item=None if row is None else QueueItem.of(row),
                reason=reason,
                seq=seq,
            )

    @strawberry.subscription(description="Every change of the history while connected.")
    async def archive_changed(
        self, info: Info, printer_id: strawberry.ID | None = None
    ) -> AsyncGenerator[ArchiveChange, None]:
        context = info.context
        context.viewer.require(Scope.READ)
        wanted = await _printer(context, printer_id)
        async for event, reason, seq in _events(context, "archive_id", printer_id=wanted):
            archive_id: int = event.archive_id  # type: ignore[attr-defined]
            row = await context.loaders.archives.get(archive_id)
            yield ArchiveChange(
                id=global_id("Archive", archive_id),
                archive=None if row is None else Archive.of(row),
                reason=reason,
                seq=seq,
            )

    @strawberry.subscription(description="Every change of spools while connected.")
    async def spool_changed(
        self, info: Info, spool_id: strawberry.ID | None = None
    ) -> AsyncGenerator[SpoolChange, None]:
        context = info.context
        context.viewer.require(Scope.READ)
        wanted = None
        if spool_id is not None:
            found = await context.loaders.spools.get(uuid_id(spool_id, "Spool"))
            if found is None:
                raise NotFound("There is no such spool.", field="spool_id")
            wanted = found.id
        async for event, reason, seq in _events(context, "spool_id", spool_id=wanted):
            changed = event.spool_id  # type: ignore[attr-defined]
            row = await context.loaders.spools.get(changed)
            yield SpoolChange(
                id=global_id("Spool", changed),
                spool=None if row is None else Spool.of(row),
                reason=reason,
                seq=seq,
            )
