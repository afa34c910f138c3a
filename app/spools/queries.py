"""All SQL of spools."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Uuid, column, exists, func, select, table, update

from app import records
from app.columns import GRAMS
from app.database import ReadSession, WriteSession
from app.keyset import (
    Opaque,
    Order,
    Page,
    Reading,
    Window,
    Within,
    fetch_page,
    first_of_each,
    merged,
    windowed,
)
from app.prepared import Prepared, inserted, loaded, parameter
from app.spools.models import InventoryTransaction, Spool, TransactionType

Session = ReadSession | WriteSession
# A spool is low below this part of its net weight.
LOW_STOCK_DIVISOR = 5

TRANSACTIONS_NEWEST_FIRST = Order(
    "inventory_transactions.created_at",
    (InventoryTransaction.created_at, InventoryTransaction.id),
    descending=True,
)
# The history and production runs name spools; only their id is of interest here.
_FILAMENT_USES = table("filament_uses", column("spool_id", Uuid))
_RUN_MATERIALS = table("production_run_materials", column("spool_id", Uuid))


@records.record
class SpoolFilter:
    """Conditions that all hold; texts are compared without regard to case."""

    material: str | None = None
    brand: str | None = None
    color: str | None = None
    in_stock: bool | None = None
    low_stock: bool | None = None


def _conditions(
    wanted: SpoolFilter, by: Callable[[Any], Any] = lambda column: column
) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [
        func.lower(column) == value.lower()
        for column, value in (
            (Spool.material, wanted.material),
            (Spool.brand, wanted.brand),
            (Spool.color, wanted.color),
        )
        if value is not None
    ]
    if wanted.in_stock is not None:
        stocked = by(Spool.remaining_weight) > 0
        found.append(stocked if wanted.in_stock else ~stocked)
    if wanted.low_stock is not None:
        found.append(is_low() if wanted.low_stock else ~is_low())
    return found


def is_low() -> ColumnElement[bool]:
    """The condition of a low spool: five times what remains is less than what was there."""
    weight = Spool.remaining_weight
    return weight + weight + weight + weight + weight < Spool.net_weight


def listed(wanted: SpoolFilter) -> Select[Spool]:
    """The spools that match. Most have something left, so an index of that would only keep SQLite
    from the one that has their order."""
    return select(Spool).where(*_conditions(wanted, Opaque))


def counted(wanted: SpoolFilter) -> Select[int]:
    """How many spools match."""
    return select(func.count(Spool.id)).where(*_conditions(wanted))


async def page(session: Session, wanted: SpoolFilter, order: Order, window: Window) -> Page[Spool]:
    """One window of the spools."""
    return await fetch_page(session, listed(wanted), order, window)


async def count(session: Session, wanted: SpoolFilter) -> int:
    """How many spools match."""
    return await session.scalar(counted(wanted)) or 0


async def by_ids(session: Session, ids: Collection[UUID]) -> dict[UUID, Spool]:
    """Spools by id."""
    rows = await session.scalars(select(Spool).where(Spool.id.in_(ids)))
    return {row.id: row for row in rows}


async def by_tags(session: Session, tags: Collection[str]) -> dict[str, Spool]:
    """Spools by the identity on their tag; the newest where two carry the same."""
    statement = select(Spool).where(Spool.tray_uuid.in_(tags)).order_by(Spool.created_at, Spool.id)
    rows = await session.scalars(statement)
    return {row.tray_uuid: row for row in rows if row.tray_uuid is not None}


_SPOOLS = Spool.metadata.tables[Spool.__tablename__]
_COLUMNS = [column.key for column in _SPOOLS.columns]
_GRAMS = parameter("grams", GRAMS)
_TAKE = Prepared(
    update(_SPOOLS)
    .where(_SPOOLS.c.id == parameter("spool"), _SPOOLS.c.remaining_weight >= _GRAMS)
    .values(remaining_weight=_SPOOLS.c.remaining_weight - _GRAMS, updated_at=parameter("at"))
    .returning(*_SPOOLS.columns),
    Spool,
)
_RECORD = inserted(InventoryTransaction, "id")


async def take(session: WriteSession, spool_id: UUID, grams: Decimal, at: datetime) -> Spool | None:
    """Take grams off a spool in one statement; the spool as it is then, or None when it held less.

    It is no object of the session.
    """
    rows = await session.run(_TAKE, {"spool": spool_id, "grams": grams, "at": at})
    return loaded(Spool, _COLUMNS, rows[0]) if rows else None


async def record(session: WriteSession, *changes: Mapping[str, Any]) -> None:
    """Write down changes of the weights of spools; columns that are not given are null."""
    if len(changes) == 1:
        await session.run(_RECORD, changes[0])
    elif changes:
        await session.run_all(_RECORD, changes)


@records.record
class TransactionFilter:
    """Conditions that all hold; the moments are included."""

    spool_id: UUID | None = None
    types: frozenset[TransactionType] | None = None
    created_from: datetime | None = None
    created_until: datetime | None = None


def _of_changes(wanted: TransactionFilter) -> list[ColumnElement[bool]]:
    row = InventoryTransaction
    found: list[ColumnElement[bool]] = []
    if wanted.spool_id is not None:
        found.append(row.spool_id == wanted.spool_id)
    if wanted.types is not None:
        found.append(row.type.in_(wanted.types))
    if wanted.created_from is not None:
        found.append(row.created_at >= wanted.created_from)
    if wanted.created_until is not None:
        found.append(row.created_at <= wanted.created_until)
    return found


def listed_transactions(wanted: TransactionFilter) -> Select[InventoryTransaction]:
    """The weight changes that match."""
    return select(InventoryTransaction).where(*_of_changes(wanted))


def readings_of_transactions(
    wanted: TransactionFilter, order: Order, window: Window, within: Within, *, embedded: bool
) -> Sequence[Reading]:
    """What to read for a window of the weight changes: an index has each type by itself."""
    del embedded
    if wanted.types is not None and len(wanted.types) > 1:
        each = [
            listed_transactions(replace(wanted, types=frozenset({kind})))
            for kind in sorted(wanted.types)
        ]
        return [merged(each, InventoryTransaction, order, window, within)]
    rows = within(listed_transactions(wanted), InventoryTransaction)
    return [Reading(windowed(rows, order, window), InventoryTransaction)]


def counted_transactions(wanted: TransactionFilter) -> Select[Any]:
    """How many weight changes match."""
    return select(func.count(InventoryTransaction.id)).where(*_of_changes(wanted))


async def transactions(
    session: Session, wanted: TransactionFilter, window: Window
) -> Page[InventoryTransaction]:
    """One window of the weight changes, newest first."""
    return await fetch_page(session, listed_transactions(wanted), TRANSACTIONS_NEWEST_FIRST, window)


async def first_transactions(
    session: Session, spools: Collection[UUID], limit: int
) -> dict[UUID, list[InventoryTransaction]]:
    """The newest weight changes of each spool, in one statement."""
    found: dict[UUID, list[InventoryTransaction]] = {spool_id: [] for spool_id in spools}
    rows = await first_of_each(
        session,
        select(InventoryTransaction),
        InventoryTransaction.spool_id,
        spools,
        TRANSACTIONS_NEWEST_FIRST,
        limit,
    )
    for row in rows:
        found[row.spool_id].append(row)
    return found


async def transaction_counts(session: Session, spools: Collection[UUID]) -> dict[UUID, int]:
    """How many weight changes each spool has had."""
    rows = await session.execute(
        select(InventoryTransaction.spool_id, func.count(InventoryTransaction.id))
        .where(InventoryTransaction.spool_id.in_(spools))
        .group_by(InventoryTransaction.spool_id)
    )
    return {row[0]: row[1] for row in rows}


async def was_used(session: Session, spool_id: UUID) -> bool:
    """True when filament was taken from the spool, or a print or a production run names it."""
    taken = exists().where(
        InventoryTransaction.spool_id == spool_id,
        InventoryTransaction.type.in_((TransactionType.USAGE, TransactionType.WASTE)),
    )
    printed = exists().where(_FILAMENT_USES.c.spool_id == spool_id)
    planned = exists().where(_RUN_MATERIALS.c.spool_id == spool_id)
    return bool(await session.scalar(select(taken | printed | planned)))
