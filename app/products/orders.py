"""What products can be sorted by, each way. What they cost is in no column."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Text, func, literal

from app.keyset import Computed, Key, Order, Page, Window, decode_cursor, nullable, nulls_last
from app.products import costs, queries
from app.products.costs import NOTHING
from app.products.models import Product
from app.products.queries import ProductFilter, Session
from app.records import record

# Long texts are compared by how they begin, so that cursors stay short.
_BEGINNING = 100
_COSTS = ("material_cost", "component_cost", "total_cost")
_FILLERS: dict[str, Any] = {"sku": "", "category": "", "estimated_print_time": 0}
_TEXTS = ("description", "notes")
_NAMES = ("created_at", "updated_at", "name", *_FILLERS, *_TEXTS)


def _beginning(name: str, *, descending: bool) -> tuple[Key, ...]:
    column = getattr(Product, name)

    def of(row: Product) -> str | None:
        text: str | None = getattr(row, name)
        return None if text is None else text[:_BEGINNING]

    return nullable(func.substr(column, 1, _BEGINNING, type_=Text), of, "", descending=descending)


def _keys(name: str, *, descending: bool) -> tuple[Key, ...]:
    if name in _TEXTS:
        return _beginning(name, descending=descending)
    column = getattr(Product, name)
    if name in _FILLERS:
        return nulls_last(column, _FILLERS[name], descending=descending)
    return (column,)


ORDERS: dict[tuple[str, bool], Order] = {
    (name, descending): Order(
        f"products.{name}.{descending}",
        (*_keys(name, descending=descending), Product.id),
        descending,
    )
    for name in _NAMES
    for descending in (False, True)
} | {
    ("id", descending): Order(f"products.id.{descending}", (Product.id,), descending)
    for descending in (False, True)
}


async def page_in_order(
    session: Session, wanted: ProductFilter, name: str, descending: bool, window: Window
) -> Page[Product]:
    """One window of the products by a column or by a cost.

    Raises `Invalid` for a cursor of another order.
    """
    if name in _COSTS:
        return await _page_by_cost(session, wanted, name, descending, window)
    return await queries.page(session, wanted, ORDERS[name, descending], window)


Place = tuple[Decimal, UUID]


@record
class _Ranking:
    """Every product that matches, by cost; ties are broken by id."""

    places: list[Place]
    descending: bool

    def bound(self, place: Place, *, behind: bool) -> int:
        """How many products come before a place (or up to and with it)."""
        return sum(
            (found > place if self.descending else found < place) or (behind and found == place)
            for found in self.places
        )


async def _page_by_cost(
    session: Session, wanted: ProductFilter, name: str, descending: bool, window: Window
) -> Page[Product]:
    """Costs depend on every spool and on whole trees, so all that match are costed and ranked.

    Five statements, however many there are.
    """
    matching = await queries.ids(session, wanted)
    known = await costs.of_products(session, None)
    amounts: dict[UUID, Decimal] = {
        product_id: getattr(known.get(product_id, NOTHING), name) for product_id in matching
    }
    ranking = _Ranking(
        sorted(((amount, key) for key, amount in amounts.items()), reverse=descending), descending
    )
    amount_of = Computed(literal(0), lambda row: amounts[row.id])
    order = Order(f"products.{name}.{descending}", (amount_of, Product.id), descending)
    first, end = 0, len(ranking.places)
    if window.after is not None:
        first = ranking.bound(_place(order, window.after, "after"), behind=True)
    if window.before is not None:
        end = ranking.bound(_place(order, window.before, "before"), behind=False)
    first += window.offset
    if window.last is not None:
        start, stop = max(first, end - window.size), end
    else:
        start, stop = first, min(first + window.size, end)
    shown = [key for _amount, key in ranking.places[start:stop]] if start < stop else []
    rows = await queries.by_ids(session, shown)
    return Page(
        rows=[rows[key] for key in shown if key in rows],
        has_next=stop < len(ranking.places) if window.last is not None else stop < end,
        has_previous=start > 0,
        order=order,
    )


def _place(order: Order, cursor: str, argument: str) -> Place:
    amount, product_id = decode_cursor(order, cursor, argument)
    return amount, product_id
