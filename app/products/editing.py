"""Changing the bill of material of a product that is there."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

from sqlalchemy import delete, select

from app.accounts.models import Scope
from app.accounts.viewer import Viewer
from app.advisory import Purpose, lock_team
from app.database import WriteSession
from app.errors import NotFound
from app.products import lines
from app.products.lines import ComponentChanges, MaterialChanges, NewComponent, NewMaterial
from app.products.models import Product, ProductComponent, ProductMaterial
from app.products.service import find, touch

Line = TypeVar("Line", ProductMaterial, ProductComponent)


async def add_material(
    session: WriteSession, viewer: Viewer, product_id: UUID, new: NewMaterial
) -> tuple[Product, ProductMaterial]:
    """Add a line of filament. Raises `NotFound` or `Invalid` naming the field."""
    viewer.require(Scope.INVENTORY)
    product = await find(session, product_id)
    row = await lines.put_material(session, product, new)
    touch(session, product)
    return product, row


async def update_material(
    session: WriteSession,
    viewer: Viewer,
    material_id: UUID,
    changes: MaterialChanges,
    product_id: UUID | None = None,
) -> tuple[Product, ProductMaterial]:
    """Change a line of filament (of this product, where one is named)."""
    viewer.require(Scope.INVENTORY)
    product, row = await _line(session, ProductMaterial, material_id, product_id)
    lines.set_material(row, changes)
    touch(session, product)
    return product, row


async def remove_material(
    session: WriteSession, viewer: Viewer, material_id: UUID, product_id: UUID | None = None
) -> Product:
    """Take a line of filament out."""
    viewer.require(Scope.INVENTORY)
    return await _remove(session, ProductMaterial, material_id, product_id)


async def add_component(
    session: WriteSession, viewer: Viewer, product_id: UUID, new: NewComponent
) -> tuple[Product, ProductComponent]:
    """Add a component. Raises `Conflict` (COMPONENT_CYCLE) when it is made of the product."""
    viewer.require(Scope.INVENTORY)
    # Before any row, as everybody who adds components does.
    await lock_team(session, Purpose.BILLS_OF_MATERIAL, viewer.team_id)
    product = await find(session, product_id)
    row = await lines.put_component(session, product, new)
    touch(session, product)
    return product, row


async def update_component(
    session: WriteSession,
    viewer: Viewer,
    component_id: UUID,
    changes: ComponentChanges,
    product_id: UUID | None = None,
) -> tuple[Product, ProductComponent]:
    """Change a component (of this product, where one is named)."""
    viewer.require(Scope.INVENTORY)
    product, row = await _line(session, ProductComponent, component_id, product_id)
    lines.set_component(row, changes)
    touch(session, product)
    return product, row


async def remove_component(
    session: WriteSession, viewer: Viewer, component_id: UUID, product_id: UUID | None = None
) -> Product:
    """Take a component out."""
    viewer.require(Scope.INVENTORY)
    return await _remove(session, ProductComponent, component_id, product_id)


async def _line(
    session: WriteSession, kind: type[Line], line_id: UUID, product_id: UUID | None
) -> tuple[Product, Line]:
    """A line and its product, both locked for this transaction."""
    row: Line | None = await session.scalar(select(kind).where(kind.id == line_id))
    if row is None or product_id not in (None, row.product_id):
        raise NotFound("There is no such line in the bill of material.", field="id")
    product = await find(session, row.product_id)
    locked: Line | None = await session.scalar(
        select(kind)
        .where(kind.id == line_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if locked is None:  # removed meanwhile
        raise NotFound("There is no such line in the bill of material.", field="id")
    return product, locked


async def _remove(
    session: WriteSession, kind: type[Line], line_id: UUID, product_id: UUID | None
) -> Product:
    product, _row = await _line(session, kind, line_id, product_id)
    await session.execute(delete(kind).where(kind.id == line_id))
    touch(session, product)
    return product
