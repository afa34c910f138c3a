"""All SQL of products but that of whole bills of material."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, select

from app.database import ReadSession, WriteSession
from app.keyset import Order, Page, Window, fetch_page
from app.products.models import Product, ProductComponent, ProductMaterial
from app.records import record
from app.texts import like_pattern

Session = ReadSession | WriteSession


@record
class ProductFilter:
    """Conditions that all hold; every word of `search` is a part of name, description or SKU."""

    category: str | None = None
    search: str | None = None


def conditions(wanted: ProductFilter) -> list[ColumnElement[bool]]:
    """The conditions of a filter."""
    found: list[ColumnElement[bool]] = []
    if wanted.category is not None:
        found.append(func.lower(Product.category) == wanted.category.lower())
    for word in (wanted.search or "").lower().split():
        pattern = like_pattern(word)
        found.append(
            func.lower(Product.name).like(pattern, escape="\\")
            | func.lower(func.coalesce(Product.description, "")).like(pattern, escape="\\")
            | func.lower(func.coalesce(Product.sku, "")).like(pattern, escape="\\")
        )
    return found


def listed(wanted: ProductFilter) -> Select[Product]:
    """The products that match."""
    return select(Product).where(*conditions(wanted))


def counted(wanted: ProductFilter) -> Select[Any]:
    """How many products match."""
    return select(func.count(Product.id)).where(*conditions(wanted))


async def page(
    session: Session, wanted: ProductFilter, order: Order, window: Window
) -> Page[Product]:
    """One window of the products."""
    return await fetch_page(session, listed(wanted), order, window)


async def count(session: Session, wanted: ProductFilter) -> int:
    """How many products match."""
    return await session.scalar(counted(wanted)) or 0


async def ids(session: Session, wanted: ProductFilter) -> list[UUID]:
    """The ids of all products that match."""
    return list(await session.scalars(select(Product.id).where(*conditions(wanted))))


async def by_ids(session: Session, ids: Collection[UUID]) -> dict[UUID, Product]:
    """Products by id."""
    rows = await session.scalars(select(Product).where(Product.id.in_(ids)))
    return {row.id: row for row in rows}


async def materials_of(
    session: Session, products: Collection[UUID]
) -> dict[UUID, list[ProductMaterial]]:
    """The materials of each product, oldest first."""
    found: dict[UUID, list[ProductMaterial]] = {product_id: [] for product_id in products}
    rows = await session.scalars(
        select(ProductMaterial)
        .where(ProductMaterial.product_id.in_(products))
        .order_by(ProductMaterial.created_at, ProductMaterial.id)
    )
    for row in rows:
        found[row.product_id].append(row)
    return found


async def components_of(
    session: Session, products: Collection[UUID]
) -> dict[UUID, list[ProductComponent]]:
    """The components of each product, oldest first."""
    found: dict[UUID, list[ProductComponent]] = {product_id: [] for product_id in products}
    rows = await session.scalars(
        select(ProductComponent)
        .where(ProductComponent.product_id.in_(products))
        .order_by(ProductComponent.created_at, ProductComponent.id)
    )
    for row in rows:
        found[row.product_id].append(row)
    return found


async def is_component(session: Session, product_id: UUID) -> bool:
    """True when another product is put together from this one."""
    return bool(
        await session.scalar(select(exists().where(ProductComponent.component_id == product_id)))
    )
