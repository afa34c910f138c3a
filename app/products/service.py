"""The rules of products. Bills of material never contain themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from app import texts
from app.accounts.models import Scope
from app.accounts.viewer import Viewer
from app.archives.models import Archive
from app.database import WriteSession
from app.errors import Conflict, Invalid, NotFound
from app.events import ProductCreated, ProductDeleted, ProductUpdated
from app.products import lines, queries
from app.products.lines import NewComponent, NewMaterial
from app.products.models import Product
from app.records import record
from app.referring import kept
from app.unset import UNSET, Unset

MAX_TEXT = 20_000
MAX_PRINT_TIME = 365 * 86_400
MAX_PIECES = 10_000


@record
class NewProduct:
    """A product to make. `estimated_print_time` is seconds."""

    name: str
    description: str | None = None
    sku: str | None = None
    category: str | None = None
    estimated_print_time: int | None = None
    notes: str | None = None
    archive_id: int | None = None
    pieces_per_plate: int = 1
    materials: Sequence[NewMaterial] = ()
    components: Sequence[NewComponent] = ()


@record
class ProductChanges:
    """What to change."""

    name: str | Unset = UNSET
    description: str | Unset | None = UNSET
    sku: str | Unset | None = UNSET
    category: str | Unset | None = UNSET
    estimated_print_time: int | Unset | None = UNSET
    notes: str | Unset | None = UNSET
    archive_id: int | Unset | None = UNSET
    pieces_per_plate: int | Unset = UNSET


async def create_product(session: WriteSession, viewer: Viewer, new: NewProduct) -> Product:
    """Make a product with its bill of material.

    Raises `Invalid` naming the field, `NotFound` for an unknown archive or component, or
    `Conflict` for a SKU that another product carries.
    """
    viewer.require(Scope.INVENTORY)
    now = datetime.now(UTC)
    product = Product(
        **{name: check(getattr(new, name)) for name, check in _CHECKS.items()},
        archive_id=await _archive(session, new.archive_id),
        created_at=now,
        updated_at=now,
    )
    await _store(session, product)
    for number, material in enumerate(new.materials):
        await lines.put_material(session, product, material, f"materials.{number}")
    for number, component in enumerate(new.components):
        await lines.put_component(session, product, component, f"components.{number}")
    session.raise_event(ProductCreated(team_id=product.team_id, product_id=product.id))
    return product


async def update_product(
    session: WriteSession, viewer: Viewer, product_id: UUID, changes: ProductChanges
) -> Product:
    """Change a product; raises as `create_product` does."""
    viewer.require(Scope.INVENTORY)
    product = await find(session, product_id)
    for name, check in _CHECKS.items():
        value = getattr(changes, name)
        if value is not UNSET:
            setattr(product, name, check(value))
    if changes.archive_id is not UNSET:
        product.archive_id = await _archive(session, changes.archive_id)
    await _store(session, product)
    touch(session, product)
    return product


async def delete_product(session: WriteSession, viewer: Viewer, product_id: UUID) -> UUID:
    """Remove a product. Raises `Conflict` (IN_USE) while another product, or a run, needs it."""
    viewer.require(Scope.INVENTORY)
    product = await find(session, product_id)
    if await queries.is_component(session, product_id):
        raise Conflict("Another product is made of this one.", code="IN_USE", field="id")
    try:
        await session.execute(delete(Product).where(Product.id == product_id))
    except IntegrityError:
        raise Conflict("This product is in use.", code="IN_USE", field="id") from None
    session.raise_event(ProductDeleted(team_id=product.team_id, product_id=product_id))
    return product_id


async def find(session: WriteSession, product_id: UUID) -> Product:
    """A product, locked for this transaction. Raises `NotFound`."""
    product = await session.scalar(
        select(Product).where(Product.id == product_id).with_for_update(key_share=True)
    )
    if product is None:
        raise NotFound("There is no such product.", field="id")
    return product


def touch(session: WriteSession, product: Product) -> None:
    """The product, or its bill of material, was changed."""
    product.updated_at = datetime.now(UTC)
    session.raise_event(ProductUpdated(team_id=product.team_id, product_id=product.id))


async def _store(session: WriteSession, product: Product) -> None:
    session.add(product)
    try:
        await session.flush()
    except IntegrityError:
        raise Conflict("Another product carries this SKU.", field="sku") from None


async def _archive(session: WriteSession, archive_id: int | None) -> int | None:
    if archive_id is not None and await kept(session, Archive, Archive.id, archive_id) is None:
        raise NotFound("There is no such archive.", field="archive_id")
    return archive_id


def _print_time(value: int | None) -> int | None:
    if value is not None and not 0 <= value <= MAX_PRINT_TIME:
        raise Invalid("A print takes between nothing and a year.", field="estimated_print_time")
    return value


def _pieces(value: int) -> int:
    if not 1 <= value <= MAX_PIECES:
        raise Invalid(f"A plate gives 1 to {MAX_PIECES} pieces.", field="pieces_per_plate")
    return value


# One row per field that can be set: how a given value is checked and normalised.
_CHECKS: dict[str, Callable[[Any], Any]] = {
    "name": partial(texts.required, field="name", limit=200),
    "description": partial(texts.optional, field="description", limit=MAX_TEXT),
    "sku": partial(texts.optional, field="sku", limit=100),
    "category": partial(texts.optional, field="category", limit=100),
    "estimated_print_time": _print_time,
    "notes": partial(texts.optional, field="notes", limit=MAX_TEXT),
    "pieces_per_plate": _pieces,
}
