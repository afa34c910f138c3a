"""Root fields of the history."""

from __future__ import annotations

import strawberry

from app.accounts.models import Scope
from schema.archives.connections import (
    ArchiveFilter,
    ArchiveOrder,
    archive_page,
    conditions,
    ordering,
)
from schema.archives.types import Archive
from schema.context import Info
from schema.ids import integer_id
from schema.pagination import Connection, window


@strawberry.type
class ArchiveQueries:
    @strawberry.field(description="One archive; null when there is none with this id.")
    async def archive(self, info: Info, id: strawberry.ID) -> Archive | None:
        info.context.viewer.require(Scope.READ)
        row = await info.context.loaders.archives.get(integer_id(id, "Archive"))
        return None if row is None else Archive.of(row)

    @strawberry.field(description="The print history, newest first.")
    async def archives(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        offset: int | None = None,
        filter: ArchiveFilter | None = None,
        order_by: ArchiveOrder | None = None,
    ) -> Connection[Archive]:
        context = info.context
        context.viewer.require(Scope.READ)
        asked = window(context, first=first, after=after, last=last, before=before, offset=offset)
        return await archive_page(context, conditions(filter), ordering(order_by), asked)
