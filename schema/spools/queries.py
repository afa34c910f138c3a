"""Root fields of spools."""

from dataclasses import replace
from datetime import datetime
from enum import Enum

import strawberry

from app.accounts.models import Scope
from app.errors import Invalid
from app.keyset import Order
from app.spools import queries
from app.spools.models import TransactionType
from app.spools.orders import ORDERS
from schema.archives.connections import OrderDirection
from schema.context import Info
from schema.fields import about
from schema.ids import uuid_id
from schema.listings import Listed, Listing
from schema.pagination import Connection
from schema.plans.sources import One, planned
from schema.spools import types
from schema.spools.types import InventoryTransaction, Spool


@strawberry.enum(description="What spools can be sorted by.")
class SpoolOrderField(Enum):
    CREATED_AT = "created_at"
    UPDATED_AT = "updated_at"
    MATERIAL = "material"
    BRAND = "brand"
    COLOR = "color"
    COLOR_HEX = "color_hex"
    FINISH = "finish"
    DIAMETER = "diameter"
    NET_WEIGHT = "net_weight"
    REMAINING_WEIGHT = "remaining_weight"
    SPOOL_WEIGHT = "spool_weight"
    PURCHASE_PRICE = "purchase_price"
    COST_PER_GRAM = "cost_per_gram"
    SUPPLIER = "supplier"
    PURCHASE_DATE = "purchase_date"
    NOTES = "notes"
    ID = "id"


@strawberry.input(description="How spools are sorted; rows without a value come last.")
class SpoolOrder:
    field: SpoolOrderField = about("By what.", default=SpoolOrderField.CREATED_AT)
    direction: OrderDirection = about("Which way.", default=OrderDirection.DESC)


@strawberry.input(description="Which spools; all conditions hold.")
class SpoolFilter:
    material: str | None = about("Of this material, in any case.", default=None)
    brand: str | None = about("Of this brand, in any case.", default=None)
    color: str | None = about("Of this colour, in any case.", default=None)
    in_stock: bool | None = about("With or without anything left.", default=None)
    low_stock: bool | None = about("With less than a fifth left, or not.", default=None)


@strawberry.input(description="Which weight changes; all conditions hold.")
class InventoryTransactionFilter:
    spool_id: strawberry.ID | None = about("Of this spool.", default=None)
    types: list[TransactionType] | None = about("Of one of these kinds.", default=None)
    created_from: datetime | None = about("At this moment or later.", default=None)
    created_until: datetime | None = about("At this moment or earlier.", default=None)


def _wanted(given: InventoryTransactionFilter | None) -> queries.TransactionFilter:
    if given is None:
        return queries.TransactionFilter()
    spool_id = None if given.spool_id is None else uuid_id(given.spool_id, "Spool")
    if given.spool_id is not None and spool_id is None:
        raise Invalid("This is no id of a spool.", field="filter.spool_id")
    types = None if given.types is None else frozenset(given.types)
    return queries.TransactionFilter(spool_id, types, given.created_from, given.created_until)


def ordering(wanted: SpoolOrder | None) -> Order:
    """The order as the domain knows it."""
    wanted = wanted or SpoolOrder()
    return ORDERS[wanted.field.value, wanted.direction is OrderDirection.DESC]


CHANGES = replace(types.CHANGES, wanted=lambda _context, given: _wanted(given))
LISTING = Listing(
    listed=queries.listed,
    counted=queries.counted,
    wanted=lambda _context, given: (
        queries.SpoolFilter() if given is None else queries.SpoolFilter(**vars(given))
    ),
    order=ordering,
)


@strawberry.type
class SpoolQueries:
    @strawberry.field(
        description="One spool; null when there is none with this id.",
        metadata=planned(One(lambda given: uuid_id(given["id"], "Spool"))),
    )
    async def spool(self, info: Info, id: strawberry.ID) -> Spool | None:
        info.context.viewer.require(Scope.READ)
        row = await info.context.loaders.spools.get(uuid_id(id, "Spool"))
        return None if row is None else Spool.of(row)

    @strawberry.field(description="The spools, newest first.", metadata=planned(Listed(LISTING)))
    async def spools(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        offset: int | None = None,
        filter: SpoolFilter | None = None,
        order_by: SpoolOrder | None = None,
    ) -> Connection[Spool]:
        return await LISTING.page(
            info.context,
            Spool.of,
            first=first,
            after=after,
            last=last,
            before=before,
            offset=offset,
            filter=filter,
            order_by=order_by,
        )

    @strawberry.field(
        description="Every change of a weight of the team's spools, newest first.",
        metadata=planned(Listed(CHANGES)),
    )
    async def inventory_transactions(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        offset: int | None = None,
        filter: InventoryTransactionFilter | None = None,
    ) -> Connection[InventoryTransaction]:
        return await CHANGES.page(
            info.context,
            InventoryTransaction.of,
            first=first,
            after=after,
            last=last,
            before=before,
            offset=offset,
            filter=filter,
        )
