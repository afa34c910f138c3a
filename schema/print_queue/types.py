"""Queue items."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.print_queue import models
from app.print_queue.models import QueueStatus
from app.print_queue.service import waiting_reason
from schema.context import Info
from schema.fields import about
from schema.ids import global_id
from schema.nodes import Node

if TYPE_CHECKING:
    from schema.archives.types import Archive
    from schema.printers.types import Printer

LazyArchive = Annotated["Archive", strawberry.lazy("schema.archives.types")]


@strawberry.type(description="A print to do.")
class QueueItem(Node):
    row: strawberry.Private[models.QueueItem]
    database_id: int = about("The number older APIs use.")
    status: QueueStatus = about("How it stands.")
    position: int = about("Its place in the queue, lowest first.")
    scheduled_time: datetime | None = about("Not before this moment.")
    created_at: datetime = about("When it was added.")
    started_at: datetime | None = about("When its print began.")
    completed_at: datetime | None = about("When it ended.")
    error: str | None = about("Why it failed.")

    @classmethod
    def of(cls, row: models.QueueItem) -> QueueItem:
        return cls(
            row=row,
            id=global_id("QueueItem", row.id),
            database_id=row.id,
            status=row.status,
            position=row.position,
            scheduled_time=row.scheduled_time,
            created_at=row.created_at,
            started_at=row.started_at,
            completed_at=row.completed_at,
            error=row.error,
        )

    @strawberry.field(description="What is printed.")
    async def archive(self, info: Info) -> LazyArchive:
        from schema.archives.types import Archive

        row = await info.context.loaders.archives.get(self.row.archive_id)
        if row is None:
            raise RuntimeError("a queue item without its archive")
        return Archive.of(row)

    @strawberry.field(description="The record of the history that printing it made.")
    async def result(self, info: Info) -> LazyArchive | None:
        from schema.archives.types import Archive

        row = await info.context.loaders.archives.get(self.row.result_archive_id)
        return None if row is None else Archive.of(row)

    @strawberry.field(description="The printer; null while any free one that fits may take it.")
    async def printer(
        self, info: Info
    ) -> Annotated[Printer, strawberry.lazy("schema.printers.types")] | None:
        from schema.printers.types import Printer

        row = await info.context.loaders.printers.get(self.row.printer_id)
        return None if row is None else Printer.of(row)

    @strawberry.field(description="Why it waits, in words; null once it does not wait any more.")
    async def waiting_reason(self, info: Info) -> str | None:
        loaders = info.context.loaders
        printer, ahead = await asyncio.gather(
            loaders.printers.get(self.row.printer_id), loaders.items_ahead.get(self.row)
        )
        status = None if printer is None else info.context.runtime.live.status(printer.id)
        return waiting_reason(self.row, printer, status, ahead or 0, datetime.now(UTC))
