"""Whole bills of material, read in a fixed number of statements however deep they are."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import field
from uuid import UUID

from sqlalchemy import Select, exists, select

from app.database import ReadSession, WriteSession
from app.products.models import Product, ProductComponent, ProductMaterial
from app.records import record

Session = ReadSession | WriteSession


@record
class Bills:
    """Materials and components by the product that needs them."""

    materials: dict[UUID, list[ProductMaterial]] = field(default_factory=dict)
    components: dict[UUID, list[ProductComponent]] = field(default_factory=dict)

    def bottom_up(self, roots: Collection[UUID]) -> list[UUID]:
        """The roots and everything they are made of, each once and behind its components."""
        ordered: list[UUID] = []
        entered: set[UUID] = set()
        waiting = [(root, False) for root in roots]
        while waiting:
            product_id, done = waiting.pop()
            if done:
                ordered.append(product_id)
            elif product_id not in entered:
                entered.add(product_id)
                waiting.append((product_id, True))
                parts = self.components.get(product_id, ())
                waiting.extend((part.component_id, False) for part in parts)
        return ordered


async def load(session: Session, roots: Collection[UUID] | None) -> Bills:
    """The bills of these products and of all they are made of; of every product without roots."""
    bills = Bills()
    materials = select(ProductMaterial).order_by(ProductMaterial.created_at, ProductMaterial.id)
    components = select(ProductComponent).order_by(ProductComponent.created_at, ProductComponent.id)
    if roots is not None:
        below = _below(roots)
        materials = materials.where(ProductMaterial.product_id.in_(below))
        components = components.where(ProductComponent.product_id.in_(below))
    for material in await session.scalars(materials):
        bills.materials.setdefault(material.product_id, []).append(material)
    for component in await session.scalars(components):
        bills.components.setdefault(component.product_id, []).append(component)
    return bills


def _below(roots: Collection[UUID]) -> Select[UUID]:
    """The ids of products and of all they are made of. `UNION` meets each product once."""
    tree = select(Product.id.label("id")).where(Product.id.in_(roots)).cte("tree", recursive=True)
    parts = select(ProductComponent.component_id).join(
        tree, ProductComponent.product_id == tree.c.id
    )
    return select(tree.union(parts).c.id)


async def contains(session: Session, product_id: UUID, searched: UUID) -> bool:
    """True when a product is another one, or has it anywhere among its components."""
    below = _below([product_id]).subquery()
    return bool(await session.scalar(select(exists().where(below.c.id == searched))))
