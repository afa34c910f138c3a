"""The log of what happened on the farm, from now or from a place in the past, without a gap."""

from collections.abc import AsyncGenerator
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.accounts.models import Scope
from app.errors import Invalid
from app.events import KINDS
from app.farm_events import models, queries
from app.hub import EVENT
from schema.context import Context, Info
from schema.fields import about
from schema.ids import global_id, integer_id
from schema.nodes import Node
from schema.scalars import Json

if TYPE_CHECKING:
    from schema.archives.types import Archive
    from schema.print_queue.types import QueueItem
    from schema.printers.types import Printer
    from schema.production.types import ProductionRun
    from schema.products.types import Product
    from schema.projects.types import Project
    from schema.spools.types import Spool

BATCH = 100

FarmEventType = Enum(  # type: ignore[misc]
    "FarmEventType",
    {name.upper(): name for name, kind in sorted(KINDS.items()) if kind.kept},
)
strawberry.enum(FarmEventType, description="What can happen on a farm.")


@strawberry.type(description="Something that happened.")
class FarmEvent(Node):
    row: strawberry.Private[models.FarmEvent]
    type: FarmEventType = about("What happened.")
    occurred_at: datetime = about("When.")
    cursor: str = about("Where to go on from: give it as `after`.")
    detail: Json = about("What else is known about it.")

    @classmethod
    def of(cls, row: models.FarmEvent) -> "FarmEvent":
        return cls(
            row=row,
            id=global_id("FarmEvent", row.id),
            type=FarmEventType(row.type),
            occurred_at=row.occurred_at,
            cursor=global_id("FarmEvent", row.id),
            detail=Json(row.detail),
        )

    @strawberry.field(description="The printer it is about, unless it is gone.")
    async def printer(
        self, info: Info
    ) -> Annotated["Printer", strawberry.lazy("schema.printers.types")] | None:
        from schema.printers.types import Printer

        row = await info.context.loaders.printers.get(self.row.printer_id)
        return None if row is None else Printer.of(row)

    @strawberry.field(description="The archive it is about, unless it is gone.")
    async def archive(
        self, info: Info
    ) -> Annotated["Archive", strawberry.lazy("schema.archives.types")] | None:
        from schema.archives.types import Archive

        row = await info.context.loaders.archives.get(self.row.archive_id)
        return None if row is None else Archive.of(row)

    @strawberry.field(description="The queue item it is about, unless it is gone.")
    async def queue_item(
        self, info: Info
    ) -> Annotated["QueueItem", strawberry.lazy("schema.print_queue.types")] | None:
        from schema.print_queue.types import QueueItem

        row = await info.context.loaders.queue_items.get(self.row.queue_item_id)
        return None if row is None else QueueItem.of(row)

    @strawberry.field(description="The project it is about, unless it is gone.")
    async def project(
        self, info: Info
    ) -> Annotated["Project", strawberry.lazy("schema.projects.types")] | None:
        from schema.projects.types import Project

        row = await info.context.loaders.projects.get(self.row.project_id)
        return None if row is None else Project.of(row)

    @strawberry.field(description="The production run it is about, unless it is gone.")
    async def production_run(
        self, info: Info
    ) -> Annotated["ProductionRun", strawberry.lazy("schema.production.types")] | None:
        from schema.production.types import ProductionRun

        row = await info.context.loaders.runs.get(self.row.production_run_id)
        return None if row is None else ProductionRun.of(row)

    @strawberry.field(description="The product it is about, unless it is gone.")
    async def product(
        self, info: Info
    ) -> Annotated["Product", strawberry.lazy("schema.products.types")] | None:
        from schema.products.types import Product

        row = await info.context.loaders.products.get(self.row.product_id)
        return None if row is None else Product.of(row)

    @strawberry.field(description="The spool it is about, unless it is gone.")
    async def spool(
        self, info: Info
    ) -> Annotated["Spool", strawberry.lazy("schema.spools.types")] | None:
        from schema.spools.types import Spool

        row = await info.context.loaders.spools.get(self.row.spool_id)
        return None if row is None else Spool.of(row)


async def _start(context: Context, after: str | None) -> int:
    """The id to read on from; raises `Invalid` for a cursor that is none or too old."""
    async with context.read() as session:
        if after is None:
            return await queries.newest_event_id(session)
        place = integer_id(after, "FarmEvent")
        if place is None:
            raise Invalid("This is not a cursor of an event.", field="after")
        if place < await queries.forgotten_until(session):
            raise Invalid("The events after this cursor are not kept any more.", field="after")
        return place


@strawberry.type
class FarmEventSubscriptions:
    @strawberry.subscription(
        description="Every event from now on, or after a cursor; none is lost, none comes twice."
    )
    async def farm_events(
        self, info: Info, types: list[FarmEventType] | None = None, after: str | None = None
    ) -> AsyncGenerator[FarmEvent, None]:
        context = info.context
        context.viewer.require(Scope.READ)
        wanted = None if types is None else {item.value for item in types}
        feed = context.runtime.hub.feed(EVENT, team_id=context.viewer.team_id, latest=True)
        async with context.watched(feed):
            place = await _start(context, after)
            while True:
                async with context.read() as session:
                    newest = await queries.newest_event_id(session)
                    rows = await queries.events_after(session, place, types=wanted, limit=BATCH)
                for row in rows:
                    context.renew_loaders()
                    yield FarmEvent.of(row)
                if rows:
                    place = rows[-1].id
                if len(rows) == BATCH:
                    continue
                place = max(place, newest)
                if await anext(feed, None) is None:
                    return
