"""Lists of archives: filters, orders, pages."""

from dataclasses import replace
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Literal

import strawberry

from app.archives import queries
from app.archives.models import ArchiveStatus
from app.archives.reading import readings
from app.errors import Invalid
from app.keyset import Order
from schema.context import Context
from schema.fields import about
from schema.ids import integer_id
from schema.listings import Listing
from schema.loaders import ArchiveCountOf, ArchivesOf
from schema.pagination import Connection, connection, page_of_first, window

if TYPE_CHECKING:
    from schema.archives.types import Archive

# Matches no row: an id of another type, or one that cannot exist.
NOTHING = 0


@strawberry.enum(description="Which way a list is sorted.")
class OrderDirection(Enum):
    ASC = "ASC"
    DESC = "DESC"


@strawberry.enum(description="What archives can be sorted by.")
class ArchiveOrderField(Enum):
    CREATED_AT = "created_at"
    NAME = "name"


@strawberry.input(description="How archives are sorted; ties are broken by id.")
class ArchiveOrder:
    field: ArchiveOrderField = about("By what.", default=ArchiveOrderField.CREATED_AT)
    direction: OrderDirection = about("Which way.", default=OrderDirection.DESC)


@strawberry.input(description="Which archives; all conditions hold.")
class ArchiveFilter:
    printer_id: strawberry.ID | None = about("Printed on this printer.", default=None)
    project_id: strawberry.ID | None = about("Of this project.", default=None)
    status: list[ArchiveStatus] | None = about("With one of these statuses.", default=None)
    created_from: datetime | None = about("Made at this moment or later.", default=None)
    created_until: datetime | None = about("Made at this moment or earlier.", default=None)
    search: str | None = about(
        "Every word occurs in name, filename, notes, tags or filament type.", default=None
    )
    material: str | None = about("Printed from this filament type.", default=None)
    tag: str | None = about("With this tag.", default=None)


def _row_id(value: strawberry.ID | None, kind: str) -> int | None:
    return None if value is None else integer_id(value, kind) or NOTHING


def conditions(wanted: ArchiveFilter | None) -> queries.ArchiveFilter:
    """The filter as the domain knows it."""
    if wanted is None:
        return queries.ArchiveFilter()
    if wanted.search is not None and len(wanted.search) > 500:
        raise Invalid("A search has at most 500 characters.", field="filter.search")
    return queries.ArchiveFilter(
        printer_id=_row_id(wanted.printer_id, "Printer"),
        project_id=_row_id(wanted.project_id, "Project"),
        statuses=None if wanted.status is None else frozenset(wanted.status),
        created_from=wanted.created_from,
        created_until=wanted.created_until,
        search=wanted.search,
        material=wanted.material,
        tag=wanted.tag,
    )


def ordering(wanted: ArchiveOrder | None) -> Order:
    """The order as the domain knows it, newest first unless asked otherwise."""
    wanted = wanted or ArchiveOrder()
    return queries.ORDERS[wanted.field.value, wanted.direction is OrderDirection.DESC]


LISTING = Listing(
    listed=queries.listed,
    counted=queries.counted,
    wanted=lambda _context, given: conditions(given),
    order=ordering,
    readings=readings,
    numbers=queries.numbers,
)


async def archives_of(
    context: Context,
    column: Literal["printer_id", "project_id"],
    parent: int,
    first: int | None,
    after: str | None,
    filter: ArchiveFilter | None,
    order_by: ArchiveOrder | None,
) -> "Connection[Archive]":
    """Archives of a printer or project; first pages of many parents load together."""
    from schema.archives.types import Archive

    asked = window(context, first=first, after=after)
    wanted, order = conditions(filter), ordering(order_by)
    if after is not None:
        if column == "printer_id":
            narrowed = replace(wanted, printer_id=parent)
        else:
            narrowed = replace(wanted, project_id=parent)
        return await LISTING.found(context, Archive.of, narrowed, order, asked)

    async def count() -> int:
        key = ArchiveCountOf(column, parent, wanted)
        return await context.loaders.archive_counts_of.get(key) or 0

    key = ArchivesOf(column, parent, wanted, order, asked.size + 1)
    rows = await context.loaders.archives_of.get(key) or []
    return connection(page_of_first(rows, order, asked.size), Archive.of, count)
