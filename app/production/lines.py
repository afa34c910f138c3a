"""The lines of a run: the products it makes, and the spools it uses."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select

from app import weights
from app.database import WriteSession
from app.errors import Conflict, Invalid, NotFound
from app.production.models import ProductionRun, RunItem, RunMaterial
from app.products import costs
from app.products.costs import MOST, NOTHING
from app.products.models import Product
from app.records import record
from app.referring import kept
from app.spools.models import Spool
from app.spools.service import cost_per_gram
from app.unset import UNSET, Unset

MAX_LINES = 500
MAX_QUANTITY = 1_000_000


@record
class NewRunItem:
    """So many pieces of a product to make."""

    product_id: UUID
    quantity: int = 1
    successful_quantity: int = 0
    failed_quantity: int = 0


@record
class RunItemChanges:
    """What to change about an item."""

    quantity: int | Unset = UNSET
    successful_quantity: int | Unset = UNSET
    failed_quantity: int | Unset = UNSET


@record
class NewRunMaterial:
    """A spool to use. All weights are grams."""

    spool_id: UUID
    estimated_weight: Decimal
    actual_weight: Decimal | None = None
    spool_weight_before: Decimal | None = None
    spool_weight_after: Decimal | None = None
    estimated_purge: Decimal | None = None
    actual_purge: Decimal | None = None


@record
class RunMaterialChanges:
    """What to change about a material. With both weights of the spool known the actual weight is
    their difference."""

    estimated_weight: Decimal | Unset = UNSET
    actual_weight: Decimal | Unset | None = UNSET
    spool_weight_before: Decimal | Unset | None = UNSET
    spool_weight_after: Decimal | Unset | None = UNSET
    estimated_purge: Decimal | Unset | None = UNSET
    actual_purge: Decimal | Unset | None = UNSET


async def put_item(
    session: WriteSession, run: ProductionRun, new: NewRunItem, path: str = ""
) -> RunItem:
    """Add an item. `path` leads to it in the input, for refusals."""
    await _require_room(session, RunItem, run.id)
    if await kept(session, Product, Product.id, new.product_id) is None:
        raise NotFound("There is no such product.", field=_at(path, "product_id"))
    row = RunItem(
        run_id=run.id,
        product_id=new.product_id,
        created_at=datetime.now(UTC),
    )
    changes = RunItemChanges(new.quantity, new.successful_quantity, new.failed_quantity)
    await set_item(session, row, changes, path)
    session.add(row)
    await session.flush()
    return row


async def set_item(
    session: WriteSession, row: RunItem, changes: RunItemChanges, path: str = ""
) -> None:
    """Change an item; a new quantity is estimated by the costs of now.

    Raises `Invalid` for numbers out of range, or more results than pieces.
    """
    given = {
        name: getattr(changes, name)
        for name in RunItemChanges.__match_args__
        if getattr(changes, name) is not UNSET
    }
    for name, value in given.items():
        low = 1 if name == "quantity" else 0
        if not low <= value <= MAX_QUANTITY:
            raise Invalid(f"This lies between {low} and {MAX_QUANTITY}.", field=_at(path, name))
    now = {name: given.get(name, getattr(row, name)) for name in RunItemChanges.__match_args__}
    if now["successful_quantity"] + now["failed_quantity"] > now["quantity"]:
        blamed = [*given, "quantity"][0]
        raise Invalid(
            "Successful and failed pieces together are more than the quantity.",
            field=_at(path, blamed),
        )
    if "quantity" in given:
        await _estimate(session, row, given["quantity"])
    for name, value in given.items():
        setattr(row, name, value)


async def _estimate(session: WriteSession, row: RunItem, quantity: int) -> None:
    found = await costs.of_products(session, [row.product_id])
    cost = found.get(row.product_id, NOTHING)
    row.estimated_material_cost = min(cost.material_cost * quantity, MOST)
    row.estimated_total_cost = min(cost.total_cost * quantity, MOST)


async def put_material(
    session: WriteSession, run: ProductionRun, new: NewRunMaterial, path: str = ""
) -> RunMaterial:
    """Add a spool. The same spool may stand on several lines."""
    await _require_room(session, RunMaterial, run.id)
    spool = await kept(session, Spool, Spool.id, new.spool_id)
    if spool is None:
        raise NotFound("There is no such spool.", field=_at(path, "spool_id"))
    row = RunMaterial(
        run_id=run.id,
        spool_id=spool.id,
        cost_per_gram=cost_per_gram(spool),
        settled_weight=Decimal(0),
        created_at=datetime.now(UTC),
    )
    given = {
        name: getattr(new, name)
        for name in RunMaterialChanges.__match_args__
        if getattr(new, name) is not None
    }
    set_material(row, RunMaterialChanges(**given), path)
    session.add(row)
    await session.flush()
    return row


def set_material(row: RunMaterial, changes: RunMaterialChanges, path: str = "") -> None:
    """Change a material. Raises `Invalid` naming the field."""
    for name in RunMaterialChanges.__match_args__:
        value = getattr(changes, name)
        if value is UNSET:
            continue
        check = weights.required if name == "estimated_weight" else weights.optional
        setattr(row, name, check(value, _at(path, name)))
    if row.spool_weight_before is None or row.spool_weight_after is None:
        return
    if row.spool_weight_after > row.spool_weight_before:
        raise Invalid(
            "The spool weighs more after the run than before it.",
            field=_at(path, "spool_weight_after"),
        )
    weighed = row.spool_weight_before - row.spool_weight_after
    if changes.actual_weight not in (UNSET, None) and row.actual_weight != weighed:
        raise Invalid(
            f"By the weights of the spool before and after the actual weight is {weighed} g.",
            field=_at(path, "actual_weight"),
        )
    row.actual_weight = weighed


async def _require_room(
    session: WriteSession, kind: type[RunItem | RunMaterial], run_id: UUID
) -> None:
    statement = select(func.count(kind.id)).where(kind.run_id == run_id)
    if (await session.scalar(statement) or 0) >= MAX_LINES:
        raise Conflict(f"A run has at most {MAX_LINES} of these lines.")


def _at(path: str, field: str) -> str:
    return f"{path}.{field}" if path else field
