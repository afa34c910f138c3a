"""Root fields of production runs."""

import strawberry

from app.accounts.models import Scope
from app.production import statistics
from schema.context import Info
from schema.ids import uuid_id
from schema.listings import Listed
from schema.pagination import Connection
from schema.plans.sources import One, planned
from schema.production.connections import LISTING, ProductionRunFilter, ProductionRunOrder
from schema.production.statistics import ProductionStatistics, ProductionStatisticsFilter
from schema.production.types import ProductionRun


@strawberry.type
class ProductionQueries:
    @strawberry.field(
        description="One production run; null when there is none with this id.",
        metadata=planned(One(lambda given: uuid_id(given["id"], "ProductionRun"))),
    )
    async def production_run(self, info: Info, id: strawberry.ID) -> ProductionRun | None:
        info.context.viewer.require(Scope.READ)
        row = await info.context.loaders.runs.get(uuid_id(id, "ProductionRun"))
        return None if row is None else ProductionRun.of(row)

    @strawberry.field(
        description="The production runs, newest first.", metadata=planned(Listed(LISTING))
    )
    async def production_runs(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        offset: int | None = None,
        filter: ProductionRunFilter | None = None,
        order_by: ProductionRunOrder | None = None,
    ) -> Connection[ProductionRun]:
        return await LISTING.page(
            info.context,
            ProductionRun.of,
            first=first,
            after=after,
            last=last,
            before=before,
            offset=offset,
            filter=filter,
            order_by=order_by,
        )

    @strawberry.field(description="Figures of the production runs that ended.")
    async def production_statistics(
        self, info: Info, filter: ProductionStatisticsFilter | None = None
    ) -> ProductionStatistics:
        info.context.viewer.require(Scope.READ)
        period = statistics.Period() if filter is None else filter.period()
        async with info.context.read() as session:
            return ProductionStatistics.of(await statistics.totals(session, period))
