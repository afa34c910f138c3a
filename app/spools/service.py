"""The rules of spools. Every change of a weight leaves an inventory transaction."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from app import texts, weights
from app.accounts.models import Scope
from app.accounts.viewer import Viewer
from app.database import WriteSession
from app.errors import Conflict, Invalid, NotFound
from app.events import SpoolCreated, SpoolDeducted, SpoolDeleted, SpoolRanLow, SpoolUpdated
from app.spools import queries
from app.spools.models import InventoryTransaction, Spool, TransactionType
from app.unset import UNSET, Unset

MATERIALS = ("PLA", "PETG", "ABS", "TPU", "ASA", "Nylon", "PC", "HIPS", "PVA", "Custom")
DIAMETERS = (Decimal("1.75"), Decimal("2.85"))
MAX_PRICE = Decimal(1_000_000_000)
_TRAY_UUID = re.compile(r"[0-9A-Fa-f]{32}")


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class SpoolChanges:
    """What to change. A new `remaining_weight` is recorded as an adjustment."""

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


def cost_per_gram(spool: Spool) -> Decimal | None:
    """Price per gram to six places, None without a price."""
    if spool.purchase_price is None:
        return None
    return (spool.purchase_price / spool.net_weight).quantize(
        Decimal("0.000001"), rounding=ROUND_HALF_EVEN
    )


def is_low(remaining: Decimal, net_weight: Decimal) -> bool:
    """True below a fifth of the net weight."""
    return remaining * queries.LOW_STOCK_DIVISOR < net_weight


async def create_spool(session: WriteSession, viewer: Viewer, new: NewSpool) -> Spool:
    """Add a spool; what it holds is its first transaction. Raises `Invalid` naming the field."""
    viewer.require(Scope.INVENTORY)
    now = datetime.now(UTC)
    given = {name: getattr(new, name) for name in _CHECKS}
    if new.remaining_weight is None:
        given["remaining_weight"] = new.net_weight
    spool = Spool(
        **{name: check(given[name]) for name, check in _CHECKS.items()},
        created_at=now,
        updated_at=now,
    )
    session.add(spool)
    await session.flush()
    _record(session, viewer, spool, TransactionType.PURCHASE, Decimal(0), spool.remaining_weight)
    session.raise_event(SpoolCreated(team_id=spool.team_id, spool_id=spool.id))
    return spool


async def update_spool(
    session: WriteSession, viewer: Viewer, spool_id: UUID, changes: SpoolChanges
) -> Spool:
    """Change a spool. Raises `NotFound` or `Invalid` naming the field."""
    viewer.require(Scope.INVENTORY)
    spool = await _find(session, spool_id)
    before = spool.remaining_weight
    for name, check in _CHECKS.items():
        value = getattr(changes, name)
        if value is not UNSET:
            setattr(spool, name, check(value))
    spool.updated_at = datetime.now(UTC)
    await session.flush()
    if spool.remaining_weight != before:
        _record(session, viewer, spool, TransactionType.ADJUSTMENT, before, spool.remaining_weight)
        _tell_if_low(session, spool, before, spool.remaining_weight)
    session.raise_event(SpoolUpdated(team_id=spool.team_id, spool_id=spool.id))
    return spool


async def deduct_spool(
    session: WriteSession, viewer: Viewer, spool_id: UUID, grams: Decimal, reason: str | None
) -> tuple[Spool, Decimal]:
    """Take grams off a spool; the spool as it is then, and what was taken.

    Raises `Invalid` unless grams are above 0, `NotFound`, or `Conflict`
    (INSUFFICIENT_FILAMENT) when the spool holds less; then nothing is changed.
    """
    viewer.require(Scope.INVENTORY)
    grams = weights.required(grams, "weight_grams", positive=True)
    reason = texts.optional(reason, "reason", 500)
    remaining = await queries.take(session, spool_id, grams, datetime.now(UTC))
    spool = await _find(session, spool_id)
    if remaining is None:
        raise Conflict(
            f"The spool holds {spool.remaining_weight} g, less than the {grams} g asked for.",
            code="INSUFFICIENT_FILAMENT",
            field="weight_grams",
        )
    before = remaining + grams
    _record(session, viewer, spool, TransactionType.USAGE, before, remaining, reason)
    _tell_if_low(session, spool, before, remaining)
    session.raise_event(SpoolDeducted(team_id=spool.team_id, spool_id=spool.id, grams=str(grams)))
    return spool, grams


async def delete_spool(session: WriteSession, viewer: Viewer, spool_id: UUID) -> UUID:
    """Remove a spool that nothing was printed from. Raises `Conflict` (IN_USE) otherwise."""
    viewer.require(Scope.INVENTORY)
    spool = await _find(session, spool_id)
    if await queries.was_used(session, spool_id):
        raise Conflict(
            "Filament of this spool was used; its record must stay.", code="IN_USE", field="id"
        )
    await session.execute(delete(Spool).where(Spool.id == spool_id))
    session.raise_event(SpoolDeleted(team_id=spool.team_id, spool_id=spool_id))
    return spool_id


def _record(
    session: WriteSession,
    viewer: Viewer,
    spool: Spool,
    kind: TransactionType,
    before: Decimal,
    after: Decimal,
    reason: str | None = None,
) -> None:
    session.add(
        InventoryTransaction(
            team_id=spool.team_id,
            spool_id=spool.id,
            type=kind,
            weight_before=before,
            change=after - before,
            weight_after=after,
            reason=reason,
            user_id=viewer.user_id,
            created_at=datetime.now(UTC),
        )
    )


def _tell_if_low(session: WriteSession, spool: Spool, before: Decimal, after: Decimal) -> None:
    """Tell once, when the weight crosses the line."""
    if is_low(after, spool.net_weight) and not is_low(before, spool.net_weight):
        session.raise_event(SpoolRanLow(team_id=spool.team_id, spool_id=spool.id))


async def _find(session: WriteSession, spool_id: UUID) -> Spool:
    """A spool, locked for this transaction, so that no weight is lost between read and write."""
    spool = await session.scalar(select(Spool).where(Spool.id == spool_id).with_for_update())
    if spool is None:
        raise NotFound("There is no such spool.", field="id")
    return spool


def material(value: str, field: str = "material") -> str:
    """A material as it is spelled here, given in any case. Raises `Invalid` for an unknown one."""
    for known in MATERIALS:
        if known.casefold() == value.strip().casefold():
            return known
    raise Invalid(f"A material is one of {', '.join(MATERIALS)}.", field=field)


def _diameter(value: Decimal) -> Decimal:
    if value not in DIAMETERS:
        raise Invalid("A diameter is 1.75 or 2.85.", field="diameter")
    return value


def _price(value: Decimal | None) -> Decimal | None:
    if value is None:
        return None
    if not value.is_finite() or not 0 <= value <= MAX_PRICE:
        raise Invalid(f"A price lies between 0 and {MAX_PRICE}.", field="purchase_price")
    return value.quantize(Decimal("0.000001"), rounding=ROUND_HALF_EVEN)


def _tray_uuid(value: str | None) -> str | None:
    if value is None or not value.strip():
        return None
    if not _TRAY_UUID.fullmatch(value.strip()):
        raise Invalid("A tag's identity has 32 hexadecimal digits.", field="tray_uuid")
    return value.strip().upper()


def _date(value: date | None) -> date | None:
    return value


# One row per field that can be set: how a given value is checked and normalised.
_CHECKS: dict[str, Callable[[Any], Any]] = {
    "material": material,
    "color": partial(texts.required, field="color", limit=100),
    "color_hex": partial(texts.color, field="color_hex"),
    "brand": partial(texts.optional, field="brand", limit=200),
    "finish": partial(texts.optional, field="finish", limit=100),
    "supplier": partial(texts.optional, field="supplier", limit=200),
    "notes": partial(texts.optional, field="notes", limit=20_000),
    "diameter": _diameter,
    "net_weight": partial(weights.required, field="net_weight", positive=True),
    "remaining_weight": partial(weights.required, field="remaining_weight"),
    "spool_weight": partial(weights.optional, field="spool_weight"),
    "purchase_price": _price,
    "purchase_date": _date,
    "tray_uuid": _tray_uuid,
}
