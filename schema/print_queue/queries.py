"""Root field of the queue."""

import strawberry

from app.accounts.models import Scope
from schema.context import Info
from schema.listings import Listed
from schema.pagination import Connection, window
from schema.plans.sources import planned
from schema.print_queue.connections import LISTING, QueueFilter, conditions, queue_page
from schema.print_queue.types import QueueItem


@strawberry.type
class QueueQueries:
    @strawberry.field(
        description="The print queue in its order; ended items newest first.",
        metadata=planned(Listed(LISTING)),
    )
    async def queue(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        offset: int | None = None,
        filter: QueueFilter | None = None,
    ) -> Connection[QueueItem]:
        info.context.viewer.require(Scope.READ)
        asked = window(
            info.context, first=first, after=after, last=last, before=before, offset=offset
        )
        return await queue_page(info.context, conditions(filter), asked)
