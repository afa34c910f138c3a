"""The rules of spools. Every change of a weight leaves an inventory transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from app import texts, weights
from app.accounts.models import Scope
from app.accounts.viewer import Viewer
from app.database import WriteSession
from app.errors import Conflict, Invalid, NotFound
from app.events import SpoolCreated, SpoolDeducted, SpoolDeleted, SpoolRanLow, SpoolUpdated
from app.records import record
from app.spools import queries
from app.spools.fields import CHECKS, DIAMETERS, checked
from app.spools.models import Spool, TransactionType
from app.unset import UNSET, Unset

_MILLIONTH = Decimal("0.000001")
_NOTHING = Decimal(0)
# Pairs of a price and a weight whose price per gram is remembered.
KNOWN_PRICES = 5_000


@record
class NewSpool:
    """A spool to add. Weights in grams, the diameter in millimetres."""

    material: str
    color: str
    net_weight: Decimal
    diameter: Decimal = DIAMETERS[0]
    remaining_weight: Decimal | None = None
    brand: str | None = None
    color_hex: str | None = None
    finish: str | None = None
    spool_weight: Decimal | None = None
    purchase_price: Decimal | None = None
    supplier: str | None = None
    purchase_date: date | None = None
    notes: str | None = None
    tray_uuid: str | None = None


@record
class SpoolChanges:
    """What to change. A new `remaining_weight` is recorded as an adjustment with its `reason`."""

    material: str | Unset = UNSET
    color: str | Unset = UNSET
    net_weight: Decimal | Unset = UNSET
    diameter: Decimal | Unset = UNSET
    remaining_weight: Decimal | Unset = UNSET
    brand: str | Unset | None = UNSET
    color_hex: str | Unset | None = UNSET
    finish: str | Unset | None = UNSET
    spool_weight: Decimal | Unset | None = UNSET
    purchase_price: Decimal | Unset | None = UNSET
    supplier: str | Unset | None = UNSET
    purchase_date: date | Unset | None = UNSET
    notes: str | Unset | None = UNSET
    tray_uuid: str | Unset | None = UNSET
    reason: str | None = None


def cost_per_gram(spool: Spool) -> Decimal | None:
    """Price per gram to six places, None without a price."""
    return price_per_gram(spool.purchase_price, spool.net_weight)


@lru_cache(KNOWN_PRICES)
def price_per_gram(price: Decimal | None, net_weight: Decimal) -> Decimal | None:
    """The price of a spool per gram of its net weight, to six places; None without a price.

    Spools are bought many at a time: few prices are shown again and again.
    """
    if price is None:
        return None
    return (price / net_weight).quantize(_MILLIONTH, rounding=ROUND_HALF_EVEN)


def is_low(remaining: Decimal, net_weight: Decimal) -> bool:
    """True below a fifth of the net weight."""
    return remaining * queries.LOW_STOCK_DIVISOR < net_weight


async def create_spool(session: WriteSession, viewer: Viewer, new: NewSpool) -> Spool:
    """Add a spool; what it holds is its first transaction. Raises `Invalid` naming the field."""
    (spool,) = await create_spools(session, viewer, [new])
    return spool


async def create_spools(
    session: WriteSession, viewer: Viewer, new: Sequence[NewSpool]
) -> Sequence[Spool]:
    """Add many spools, each as `create_spool` does."""
    viewer.require(Scope.INVENTORY)
    spools = [_made(item) for item in new]
    session.add_all(spools)
    await session.flush()
    bought = TransactionType.PURCHASE
    await queries.record(
        session,
        *(
            _change(viewer, spool, bought, _NOTHING, spool.remaining_weight, None)
            for spool in spools
        ),
    )
    for spool in spools:
        session.raise_event(SpoolCreated(team_id=spool.team_id, spool_id=spool.id))
    return spools


def _made(new: NewSpool) -> Spool:
    now = datetime.now(UTC)
    given = {name: getattr(new, name) for name in CHECKS}
    if new.remaining_weight is None:
        del given["remaining_weight"]
    values = checked(given)
    values.setdefault("remaining_weight", values["net_weight"])
    return Spool(**values, created_at=now, updated_at=now)


async def update_spool(
    session: WriteSession, viewer: Viewer, spool_id: UUID, changes: SpoolChanges
) -> Spool:
    """Change a spool. Raises `NotFound` or `Invalid` naming the field."""
    viewer.require(Scope.INVENTORY)
    spool = await _find(session, spool_id)
    before, was_low = spool.remaining_weight, is_low(spool.remaining_weight, spool.net_weight)
    given = {name: getattr(changes, name) for name in CHECKS}
    reason = texts.optional(changes.reason, "reason", 500)
    for name, value in checked({k: v for k, v in given.items() if v is not UNSET}).items():
        setattr(spool, name, value)
    spool.updated_at = datetime.now(UTC)
    await session.flush()
    if spool.remaining_weight != before:
        after = spool.remaining_weight
        await _record(session, viewer, spool, TransactionType.ADJUSTMENT, before, after, reason)
    if not was_low:
        _tell_if_low(session, spool)
    session.raise_event(SpoolUpdated(team_id=spool.team_id, spool_id=spool.id))
    return spool


async def deduct_spool(
    session: WriteSession,
    viewer: Viewer,
    spool_id: UUID,
    grams: Decimal,
    reason: str | None,
    kind: TransactionType = TransactionType.USAGE,
) -> tuple[Spool, Decimal]:
    """Take grams off a spool, as usage or waste; the spool as it is then, and what was taken.

    Raises `Invalid` unless grams are above 0, `NotFound`, or `Conflict`
    (INSUFFICIENT_FILAMENT) when the spool holds less; then nothing is changed.
    """
    viewer.require(Scope.INVENTORY)
    grams = weights.required(grams, "weight_grams", positive=True)
    if kind not in (TransactionType.USAGE, TransactionType.WASTE):
        raise Invalid("What is taken was used or wasted.", field="type")
    reason = texts.optional(reason, "reason", 500)
    spool = await queries.take(session, spool_id, grams, datetime.now(UTC))
    if spool is None:
        spool = await _find(session, spool_id)
        raise Conflict(
            f"The spool holds {spool.remaining_weight} g, less than the {grams} g asked for.",
            code="INSUFFICIENT_FILAMENT",
            field="weight_grams",
        )
    remaining = spool.remaining_weight
    before = remaining + grams
    await _record(session, viewer, spool, kind, before, remaining, reason)
    if not is_low(before, spool.net_weight):
        _tell_if_low(session, spool)
    session.raise_event(SpoolDeducted(team_id=spool.team_id, spool_id=spool.id, grams=str(grams)))
    return spool, grams


async def add_to_spool(
    session: WriteSession,
    viewer: Viewer,
    spool_id: UUID,
    grams: Decimal,
    reason: str | None,
    kind: TransactionType = TransactionType.RETURN,
) -> Spool:
    """Put grams on a spool, as a return or a purchase; the spool as it is then.

    Raises `Invalid` unless grams are above 0 and the spool can hold them, or `NotFound`.
    """
    viewer.require(Scope.INVENTORY)
    grams = weights.required(grams, "weight_grams", positive=True)
    if kind not in (TransactionType.RETURN, TransactionType.PURCHASE):
        raise Invalid("What is added was given back or bought.", field="type")
    reason = texts.optional(reason, "reason", 500)
    spool = await _find(session, spool_id)
    before = spool.remaining_weight
    spool.remaining_weight = weights.required(before + grams, "weight_grams")
    spool.updated_at = datetime.now(UTC)
    await session.flush()
    await _record(session, viewer, spool, kind, before, spool.remaining_weight, reason)
    session.raise_event(SpoolUpdated(team_id=spool.team_id, spool_id=spool.id))
    return spool


async def delete_spool(session: WriteSession, viewer: Viewer, spool_id: UUID) -> UUID:
    """Remove a spool that nothing was printed from. Raises `Conflict` (IN_USE) otherwise."""
    viewer.require(Scope.INVENTORY)
    spool = await _find(session, spool_id, removing=True)
    if await queries.was_used(session, spool_id):
        raise Conflict(
            "Filament of this spool was used; its record must stay.", code="IN_USE", field="id"
        )
    await session.execute(delete(Spool).where(Spool.id == spool_id))
    session.raise_event(SpoolDeleted(team_id=spool.team_id, spool_id=spool_id))
    return spool_id


async def _record(
    session: WriteSession,
    viewer: Viewer,
    spool: Spool,
    kind: TransactionType,
    before: Decimal,
    after: Decimal,
    reason: str | None = None,
) -> None:
    await queries.record(session, _change(viewer, spool, kind, before, after, reason))


def _change(
    viewer: Viewer,
    spool: Spool,
    kind: TransactionType,
    before: Decimal,
    after: Decimal,
    reason: str | None,
) -> dict[str, Any]:
    return {
        "team_id": spool.team_id,
        "spool_id": spool.id,
        "type": kind,
        "weight_before": before,
        "change": after - before,
        "weight_after": after,
        "shortfall": _NOTHING,
        "reason": reason,
        "user_id": viewer.user_id,
        "created_at": datetime.now(UTC),
    }


def _tell_if_low(session: WriteSession, spool: Spool) -> None:
    """Tell that a spool that was not low before has become so."""
    if is_low(spool.remaining_weight, spool.net_weight):
        session.raise_event(SpoolRanLow(team_id=spool.team_id, spool_id=spool.id))


async def _find(session: WriteSession, spool_id: UUID, *, removing: bool = False) -> Spool:
    """A spool, locked for this transaction, so that no weight is lost between read and write.

    Rows that name the spool can be added meanwhile, unless it is going to be removed: a lock
    against them would wait for whoever adds two of them, who may wait for this one.
    """
    statement = select(Spool).where(Spool.id == spool_id).with_for_update(key_share=not removing)
    spool = await session.scalar(statement)
    if spool is None:
        raise NotFound("There is no such spool.", field="id")
    return spool
