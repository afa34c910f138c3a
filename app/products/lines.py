"""The lines of a bill of material: filament, and other products."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select

from app import texts, weights
from app.advisory import Purpose, lock_team
from app.database import WriteSession
from app.errors import Conflict, Invalid, NotFound
from app.products import bills
from app.products.models import Product, ProductComponent, ProductMaterial
from app.records import record
from app.referring import kept
from app.spools.fields import material as known_material
from app.unset import UNSET, Unset

MAX_LINES = 1_000
MAX_QUANTITY = 1_000_000
_MAX_NOTES = 20_000


@record
class NewMaterial:
    """Filament that one piece needs. `weight` is grams; without a colour any will do."""

    material: str
    weight: Decimal
    color: str | None = None
    is_required: bool = True
    notes: str | None = None


@record
class MaterialChanges:
    """What to change about a line of filament."""

    material: str | Unset = UNSET
    weight: Decimal | Unset = UNSET
    color: str | Unset | None = UNSET
    is_required: bool | Unset = UNSET
    notes: str | Unset | None = UNSET


@record
class NewComponent:
    """So many pieces of another product that one piece is made of."""

    component_id: UUID
    quantity: int = 1
    notes: str | None = None


@record
class ComponentChanges:
    """What to change about a component."""

    quantity: int | Unset = UNSET
    notes: str | Unset | None = UNSET


async def put_material(
    session: WriteSession, product: Product, new: NewMaterial, path: str = ""
) -> ProductMaterial:
    """Add a line of filament. `path` leads to it in the input, for refusals."""
    await _require_room(session, ProductMaterial, product.id)
    row = ProductMaterial(
        product_id=product.id, is_required=new.is_required, created_at=datetime.now(UTC)
    )
    set_material(row, MaterialChanges(new.material, new.weight, new.color, UNSET, new.notes), path)
    session.add(row)
    await session.flush()
    return row


def set_material(row: ProductMaterial, changes: MaterialChanges, path: str = "") -> None:
    """Change a line of filament. Raises `Invalid` naming the field."""
    if changes.material is not UNSET:
        row.material = known_material(changes.material, _at(path, "material"))
    if changes.weight is not UNSET:
        row.weight = weights.required(changes.weight, _at(path, "weight"), positive=True)
    if changes.color is not UNSET:
        row.color = texts.optional(changes.color, _at(path, "color"), 100)
    if changes.is_required is not UNSET:
        row.is_required = changes.is_required
    if changes.notes is not UNSET:
        row.notes = texts.optional(changes.notes, _at(path, "notes"), _MAX_NOTES)


async def put_component(
    session: WriteSession, product: Product, new: NewComponent, path: str = ""
) -> ProductComponent:
    """Add a component.

    Raises `Invalid` or `NotFound` naming the field, or `Conflict` (COMPONENT_CYCLE) when the
    component is the product itself or is made of it. Two changes of a team's bills never happen
    at once, so that two halves of a cycle cannot pass each other.
    """
    field = _at(path, "component_id")
    await lock_team(session, Purpose.BILLS_OF_MATERIAL, product.team_id)
    await _require_room(session, ProductComponent, product.id)
    if await kept(session, Product, Product.id, new.component_id) is None:
        raise NotFound("There is no such product.", field=field)
    if await bills.contains(session, new.component_id, product.id):
        raise Conflict("A product cannot be made of itself.", code="COMPONENT_CYCLE", field=field)
    row = ProductComponent(
        product_id=product.id, component_id=new.component_id, created_at=datetime.now(UTC)
    )
    set_component(row, ComponentChanges(new.quantity, new.notes), path)
    session.add(row)
    await session.flush()
    return row


def set_component(row: ProductComponent, changes: ComponentChanges, path: str = "") -> None:
    """Change a component. Raises `Invalid` naming the field."""
    if changes.quantity is not UNSET:
        if not 1 <= changes.quantity <= MAX_QUANTITY:
            raise Invalid(
                f"A quantity lies between 1 and {MAX_QUANTITY}.", field=_at(path, "quantity")
            )
        row.quantity = changes.quantity
    if changes.notes is not UNSET:
        row.notes = texts.optional(changes.notes, _at(path, "notes"), _MAX_NOTES)


async def _require_room(
    session: WriteSession, kind: type[ProductMaterial | ProductComponent], product_id: UUID
) -> None:
    statement = select(func.count(kind.id)).where(kind.product_id == product_id)
    if (await session.scalar(statement) or 0) >= MAX_LINES:
        raise Conflict(f"A product has at most {MAX_LINES} of these lines.")


def _at(path: str, field: str) -> str:
    return f"{path}.{field}" if path else field
