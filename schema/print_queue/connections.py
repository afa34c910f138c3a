"""Lists of queue items."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import strawberry
from sqlalchemy import Select

from app.keyset import Order, Window
from app.print_queue import listing, models, queries
from app.print_queue.models import QueueStatus
from app.records import record
from schema.context import Context
from schema.fields import about
from schema.ids import integer_id
from schema.listings import Listing
from schema.loaders import QueueCountOf, QueueOf
from schema.pagination import Connection, connection, window

if TYPE_CHECKING:
    from schema.print_queue.types import QueueItem


@strawberry.input(description="Which queue items; all conditions hold.")
class QueueFilter:
    printer_id: strawberry.ID | None = about("For this printer.", default=None)
    status: list[QueueStatus] | None = about("With one of these statuses.", default=None)


def conditions(wanted: QueueFilter | None) -> queries.QueueFilter:
    """The filter as the domain knows it."""
    if wanted is None:
        return queries.QueueFilter()
    printer_id = wanted.printer_id
    return queries.QueueFilter(
        printer_id=None if printer_id is None else integer_id(printer_id, "Printer") or 0,
        statuses=None if wanted.status is None else frozenset(wanted.status),
    )


@record
class QueueListing(Listing[models.QueueItem, queries.QueueFilter]):
    """What waits or runs, in queue order, and then what ended, newest first."""

    def windowed(
        self,
        listed: Callable[[queries.QueueFilter], Select[models.QueueItem]],
        wanted: queries.QueueFilter,
        order: Order,
        window: Window,
    ) -> tuple[Select[models.QueueItem], Any]:
        """Of both parts of the list."""
        return listing.windowed(listed, wanted, window)


LISTING = QueueListing(
    listed=queries.listed,
    counted=queries.counted,
    wanted=lambda _context, given: conditions(given),
    order=lambda _given: listing.ORDER,
)


async def queue_page(
    context: Context, wanted: queries.QueueFilter, asked: Window
) -> "Connection[QueueItem]":
    """A page of what waits or runs, in queue order, and then of what ended, newest first."""
    from schema.print_queue.types import QueueItem

    async def count() -> int:
        async with context.read() as session:
            return await queries.count(session, wanted)

    async with context.read() as session:
        page = await listing.page(session, wanted, asked)
    return connection(page, QueueItem.of, count)


async def queue_of(
    context: Context,
    printer_id: int,
    first: int | None,
    after: str | None,
    filter: QueueFilter | None,
) -> "Connection[QueueItem]":
    """Items of a printer; first pages of many printers load together."""
    from schema.print_queue.types import QueueItem

    asked = window(context, first=first, after=after)
    wanted = conditions(filter)
    of_printer = replace(wanted, printer_id=printer_id)
    if after is not None:
        return await queue_page(context, of_printer, asked)

    async def count() -> int:
        key = QueueCountOf(printer_id, wanted)
        return await context.loaders.queue_counts_of.get(key) or 0

    key = QueueOf(printer_id, wanted, asked.size + 1)
    rows = await context.loaders.queue_of.get(key) or []
    return connection(listing.first_page(rows, asked.size), QueueItem.of, count)
