"""Root fields of the history."""

import strawberry

from app.accounts.models import Scope
from schema.archives.connections import LISTING, ArchiveFilter, ArchiveOrder
from schema.archives.types import Archive
from schema.context import Info
from schema.ids import integer_id
from schema.listings import Listed
from schema.pagination import Connection
from schema.plans.sources import One, planned


@strawberry.type
class ArchiveQueries:
    @strawberry.field(
        description="One archive; null when there is none with this id.",
        metadata=planned(One(lambda given: integer_id(given["id"], "Archive"))),
    )
    async def archive(self, info: Info, id: strawberry.ID) -> Archive | None:
        info.context.viewer.require(Scope.READ)
        row = await info.context.loaders.archives.get(integer_id(id, "Archive"))
        return None if row is None else Archive.of(row)

    @strawberry.field(
        description="The print history, newest first.", metadata=planned(Listed(LISTING))
    )
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
        return await LISTING.page(
            info.context,
            Archive.of,
            first=first,
            after=after,
            last=last,
            before=before,
            offset=offset,
            filter=filter,
            order_by=order_by,
        )
