"""Root fields of printers."""

from enum import Enum

import strawberry

from app.accounts.models import Scope
from app.errors import Invalid
from app.keyset import Order
from app.printers import queries
from app.printers.status import PrinterState
from schema.archives.connections import OrderDirection
from schema.context import Context, Info
from schema.fields import about
from schema.ids import integer_id
from schema.listings import Listed, Listing
from schema.pagination import Connection
from schema.plans.sources import Arguments, One, Unplannable, planned
from schema.printers.types import Printer


@strawberry.enum(description="What printers can be sorted by.")
class PrinterOrderField(Enum):
    ID = "id"
    NAME = "name"
    CREATED_AT = "created_at"


@strawberry.input(description="How printers are sorted; ties are broken by id.")
class PrinterOrder:
    field: PrinterOrderField = about("By what.", default=PrinterOrderField.ID)
    direction: OrderDirection = about("Which way.", default=OrderDirection.ASC)


@strawberry.input(description="Which printers; all conditions hold.")
class PrinterFilter:
    model: str | None = about("Of this model, in any case.", default=None)
    state: list[PrinterState] | None = about("Doing one of these things now.", default=None)
    search: str | None = about("Every word occurs in name, model or serial.", default=None)


def conditions(context: Context, wanted: PrinterFilter | None) -> queries.PrinterFilter:
    """The filter as the domain knows it; states are looked up in memory."""
    if wanted is None:
        return queries.PrinterFilter()
    ids = None
    if wanted.state is not None:
        ids = frozenset(context.runtime.live.in_states(wanted.state))
    return queries.PrinterFilter(model=wanted.model, search=wanted.search, ids=ids)


def ordering(wanted: PrinterOrder | None) -> Order:
    """The order as the domain knows it."""
    wanted = wanted or PrinterOrder()
    return queries.ORDERS[wanted.field.value, wanted.direction is OrderDirection.DESC]


def _key(given: Arguments) -> int | None:
    """The number of a printer asked for by its id; by its serial number the resolver answers."""
    if given.get("id") is None or given.get("serial_number") is not None:
        raise Unplannable("a printer by its serial number")
    return integer_id(given["id"], "Printer")


LISTING = Listing(listed=queries.listed, counted=queries.counted, wanted=conditions, order=ordering)


@strawberry.type
class PrinterQueries:
    @strawberry.field(
        description="One printer by id or serial number; null when there is none.",
        metadata=planned(One(_key)),
    )
    async def printer(
        self, info: Info, id: strawberry.ID | None = None, serial_number: str | None = None
    ) -> Printer | None:
        context = info.context
        context.viewer.require(Scope.READ)
        if (id is None) == (serial_number is None):
            raise Invalid("Give either an id or a serial number.", field="id")
        if id is not None:
            row = await context.loaders.printers.get(integer_id(id, "Printer"))
        else:
            async with context.read() as session:
                row = await queries.by_serial(session, serial_number or "")
        return None if row is None else Printer.of(row)

    @strawberry.field(description="The printers, oldest first.", metadata=planned(Listed(LISTING)))
    async def printers(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        offset: int | None = None,
        filter: PrinterFilter | None = None,
        order_by: PrinterOrder | None = None,
    ) -> Connection[Printer]:
        return await LISTING.page(
            info.context,
            Printer.of,
            first=first,
            after=after,
            last=last,
            before=before,
            offset=offset,
            filter=filter,
            order_by=order_by,
        )
