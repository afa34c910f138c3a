"""Lists of production runs: filters, orders, pages."""

from datetime import datetime
from enum import Enum

import strawberry

from app.keyset import Order
from app.production import queries
from app.production.models import RunStatus
from app.production.orders import NEWEST_FIRST, ORDERS
from schema.archives.connections import OrderDirection
from schema.context import Context
from schema.fields import about
from schema.ids import integer_id, optional_uuid
from schema.listings import Listing
from schema.loaders import RunsOf
from schema.pagination import Connection, connection, page_of_first, window
from schema.production.types import ProductionRun

# Matches no row: an id of another type, or one that cannot exist.
NOTHING = 0


@strawberry.enum(description="What production runs can be sorted by.")
class ProductionRunOrderField(Enum):
    CREATED_AT = "created_at"
    UPDATED_AT = "updated_at"
    RUN_NUMBER = "run_number"
    STATUS = "status"
    PRINTER_NAME = "printer_name"
    STARTED_AT = "started_at"
    COMPLETED_AT = "completed_at"
    ESTIMATED_PRINT_TIME = "estimated_print_time"
    ACTUAL_PRINT_TIME = "actual_print_time"
    ESTIMATED_TOTAL_FILAMENT = "estimated_total_filament"
    ACTUAL_TOTAL_FILAMENT = "actual_total_filament"
    QUALITY_RATING = "quality_rating"
    QUALITY_NOTES = "quality_notes"
    NOTES = "notes"
    ID = "id"


@strawberry.input(description="How production runs are sorted; rows without a value come last.")
class ProductionRunOrder:
    field: ProductionRunOrderField = about("By what.", default=ProductionRunOrderField.CREATED_AT)
    direction: OrderDirection = about("Which way.", default=OrderDirection.DESC)


@strawberry.input(description="Which production runs; all conditions hold.")
class ProductionRunFilter:
    status: list[RunStatus] | None = about("With one of these statuses.", default=None)
    printer_name: str | None = about("On this printer, in any case.", default=None)
    project_id: strawberry.ID | None = about("Of this project.", default=None)
    product_id: strawberry.ID | None = about("That make this product.", default=None)
    created_from: datetime | None = about("Made at this moment or later.", default=None)
    created_until: datetime | None = about("Made at this moment or earlier.", default=None)
    search: str | None = about("Every word occurs in number, printer or notes.", default=None)

    def wanted(self) -> queries.RunFilter:
        """The filter of the domain."""
        fields = vars(self) | {
            "project_id": None
            if self.project_id is None
            else integer_id(self.project_id, "Project") or NOTHING,
            "product_id": optional_uuid(self.product_id, "Product"),
            "statuses": None if self.status is None else frozenset(self.status),
        }
        del fields["status"]
        return queries.RunFilter(**fields)


def ordering(wanted: ProductionRunOrder | None) -> Order:
    """The order as the domain knows it."""
    wanted = wanted or ProductionRunOrder()
    return ORDERS[wanted.field.value, wanted.direction is OrderDirection.DESC]


LISTING = Listing(
    listed=queries.listed,
    counted=queries.counted,
    wanted=lambda _context, given: queries.RunFilter() if given is None else given.wanted(),
    order=ordering,
)


async def runs_of_project(
    context: Context,
    project_id: int,
    first: int | None,
    after: str | None,
    offset: int | None = None,
) -> Connection[ProductionRun]:
    """A page of the runs of one project; the first ones of many projects come in one batch."""
    asked = window(context, first=first, after=after, offset=offset)

    async def count() -> int:
        return await context.loaders.run_counts.get(project_id) or 0

    if after is None and not asked.offset:
        rows = await context.loaders.runs_of.get(RunsOf(project_id, asked.size + 1)) or []
        page = page_of_first(rows, NEWEST_FIRST, asked.size)
    else:
        async with context.read() as session:
            wanted = queries.RunFilter(project_id=project_id)
            page = await queries.page(session, wanted, NEWEST_FIRST, asked)
    return connection(page, ProductionRun.of, count)
