"""Root fields of products."""

from enum import Enum

import strawberry

from app.accounts.models import Scope
from app.keyset import Order
from app.products import queries
from app.products.orders import ORDERS, page_in_order
from schema.archives.connections import OrderDirection
from schema.context import Info
from schema.fields import about
from schema.ids import uuid_id
from schema.listings import Listed, Listing
from schema.pagination import Connection, connection, window
from schema.plans.sources import One, Unplannable, planned
from schema.products.types import Product


@strawberry.enum(description="What products can be sorted by.")
class ProductOrderField(Enum):
    CREATED_AT = "created_at"
    UPDATED_AT = "updated_at"
    NAME = "name"
    DESCRIPTION = "description"
    SKU = "sku"
    CATEGORY = "category"
    ESTIMATED_PRINT_TIME = "estimated_print_time"
    NOTES = "notes"
    MATERIAL_COST = "material_cost"
    COMPONENT_COST = "component_cost"
    TOTAL_COST = "total_cost"
    ID = "id"


@strawberry.input(description="How products are sorted; rows without a value come last.")
class ProductOrder:
    field: ProductOrderField = about("By what.", default=ProductOrderField.CREATED_AT)
    direction: OrderDirection = about("Which way.", default=OrderDirection.DESC)


@strawberry.input(description="Which products; all conditions hold.")
class ProductFilter:
    category: str | None = about("Of this category, in any case.", default=None)
    search: str | None = about("Every word occurs in name, description or SKU.", default=None)


def conditions(wanted: ProductFilter | None) -> queries.ProductFilter:
    """The filter as the domain knows it."""
    return queries.ProductFilter(**vars(wanted)) if wanted else queries.ProductFilter()


def ordering(wanted: ProductOrder | None) -> Order:
    """The order as the domain knows it, where the database can sort."""
    wanted = wanted or ProductOrder()
    found = ORDERS.get((wanted.field.value, wanted.direction is OrderDirection.DESC))
    if found is None:
        raise Unplannable("an order by what products cost")
    return found


LISTING = Listing(
    listed=queries.listed,
    counted=queries.counted,
    wanted=lambda _context, given: conditions(given),
    order=ordering,
)


@strawberry.type
class ProductQueries:
    @strawberry.field(
        description="One product; null when there is none with this id.",
        metadata=planned(One(lambda given: uuid_id(given["id"], "Product"))),
    )
    async def product(self, info: Info, id: strawberry.ID) -> Product | None:
        info.context.viewer.require(Scope.READ)
        row = await info.context.loaders.products.get(uuid_id(id, "Product"))
        return None if row is None else Product.of(row)

    @strawberry.field(description="The products, newest first.", metadata=planned(Listed(LISTING)))
    async def products(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        offset: int | None = None,
        filter: ProductFilter | None = None,
        order_by: ProductOrder | None = None,
    ) -> Connection[Product]:
        context = info.context
        context.viewer.require(Scope.READ)
        asked = window(context, first=first, after=after, last=last, before=before, offset=offset)
        wanted = conditions(filter)
        sort = order_by or ProductOrder()

        async def count() -> int:
            async with context.read() as session:
                return await queries.count(session, wanted)

        async with context.read() as session:
            descending = sort.direction is OrderDirection.DESC
            page = await page_in_order(session, wanted, sort.field.value, descending, asked)
        return connection(page, Product.of, count)
