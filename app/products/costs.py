"""What products cost by the spools of this moment, exactly.

A line of material costs its weight times the mean price per gram of the team's spools of that
material (and colour, when it names one), weighted by what remains on them, to six places.
Everything above is sums and multiples of such lines.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from sqlalchemy import select

from app.products import bills
from app.products.bills import Bills, Session
from app.products.models import ProductComponent, ProductMaterial
from app.records import record
from app.spools.models import Spool

PLACES = 6
# Far beyond any product; deep trees of large quantities stop here instead of growing for ever.
MOST = Decimal(10) ** 12

Filament = tuple[str, str | None]
Prices = Mapping[Filament, Fraction]


@record
class ProductCost:
    """What one piece costs. `missing` are filaments without a spool to tell their price."""

    materials: Mapping[UUID, Decimal]
    components: Mapping[UUID, Decimal]
    missing: tuple[Filament, ...]

    @property
    def material_cost(self) -> Decimal:
        """The filament of the product itself."""
        return _capped(self.materials.values())

    @property
    def component_cost(self) -> Decimal:
        """The products it is put together from."""
        return _capped(self.components.values())

    @property
    def total_cost(self) -> Decimal:
        """Both."""
        return _capped((self.material_cost, self.component_cost))

    @property
    def warnings(self) -> list[str]:
        """What a person should know about these figures."""
        found = [
            f"No spool of {_named(filament)} with a price and filament left: it counts as 0."
            for filament in self.missing
        ]
        if self.total_cost >= MOST:
            found.append(f"The cost is above {MOST:,.0f} and not shown exactly.")
        return found


NOTHING = ProductCost({}, {}, ())


def _named(filament: Filament) -> str:
    material, color = filament
    return material if color is None else f"{material} in {color}"


def _capped(amounts: Iterable[Decimal]) -> Decimal:
    return min(sum(amounts, Decimal(0)), MOST)


async def of_products(session: Session, roots: Collection[UUID] | None) -> dict[UUID, ProductCost]:
    """The costs of these products and of all below them, in three statements.

    Without roots: of every product that needs anything.
    """
    needed = await bills.load(session, roots)
    prices = await _prices(
        session, {row.material for rows in needed.materials.values() for row in rows}
    )
    if roots is None:
        roots = {*needed.materials, *needed.components}
    return _reckon(needed, roots, prices)


def _reckon(needed: Bills, roots: Collection[UUID], prices: Prices) -> dict[UUID, ProductCost]:
    known: dict[UUID, ProductCost] = {}
    for product_id in needed.bottom_up(roots):
        materials = needed.materials.get(product_id, [])
        components = needed.components.get(product_id, [])
        missing = dict.fromkeys(
            filament for filament in map(_filament, materials) if filament not in prices
        )
        for part in components:
            missing |= dict.fromkeys(known[part.component_id].missing)
        known[product_id] = ProductCost(
            {row.id: _line(row, prices) for row in materials},
            {part.id: _part(part, known) for part in components},
            tuple(missing),
        )
    return known


def _filament(row: ProductMaterial) -> Filament:
    return row.material, None if row.color is None else row.color.casefold()


def _line(row: ProductMaterial, prices: Prices) -> Decimal:
    price = prices.get(_filament(row))
    return Decimal(0) if price is None else exact(Fraction(row.weight) * price)


def _part(part: ProductComponent, known: Mapping[UUID, ProductCost]) -> Decimal:
    return min(part.quantity * known[part.component_id].total_cost, MOST)


def exact(amount: Fraction) -> Decimal:
    """An amount to six places, rounded half-even."""
    return Decimal(round(amount * 10**PLACES)).scaleb(-PLACES)


async def _prices(session: Session, materials: Collection[str]) -> Prices:
    """The mean price per gram of each material, and of each of its colours (in small letters)."""
    if not materials:
        return {}
    rows = await session.execute(
        select(
            Spool.material,
            Spool.color,
            Spool.remaining_weight,
            Spool.net_weight,
            Spool.purchase_price,
        ).where(
            Spool.material.in_(materials),
            Spool.remaining_weight > 0,
            Spool.purchase_price.is_not(None),
        )
    )
    worth: dict[Filament, Fraction] = {}
    grams: dict[Filament, Fraction] = {}
    for material, color, remaining, net, price in rows:
        left = Fraction(remaining)
        value = left * Fraction(price or 0) / Fraction(net)
        for filament in ((material, None), (material, color.casefold())):
            worth[filament] = worth.get(filament, Fraction(0)) + value
            grams[filament] = grams.get(filament, Fraction(0)) + left
    return {filament: worth[filament] / grams[filament] for filament in worth}
