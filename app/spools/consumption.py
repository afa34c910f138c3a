"""Filament that several spools give at once: all that is asked for, or nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select

from app.accounts.viewer import Viewer
from app.database import WriteSession
from app.errors import Conflict
from app.events import SpoolDeducted, SpoolRanLow, SpoolUpdated
from app.records import record
from app.spools.models import InventoryTransaction, Spool, TransactionType
from app.spools.service import is_low


@record
class Consumption:
    """What one spool gave, in grams."""

    spool_id: UUID
    before: Decimal
    after: Decimal

    @property
    def taken(self) -> Decimal:
        """How much."""
        return self.before - self.after


async def locked(session: WriteSession, spools: Collection[UUID]) -> dict[UUID, Spool]:
    """Spools, locked in the order of their ids, as everybody who locks several does."""
    rows = await session.scalars(
        select(Spool)
        .where(Spool.id.in_(spools))
        .order_by(Spool.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return {row.id: row for row in rows}


async def take_all(
    session: WriteSession,
    viewer: Viewer,
    wanted: Mapping[UUID, Decimal],
    kind: TransactionType,
    production_run_id: UUID,
    reason: str | None,
) -> list[Consumption]:
    """Take grams off spools for a production run, one transaction each.

    Raises `Conflict` (INSUFFICIENT_FILAMENT) naming the first spool that holds less than it
    should give; then nothing is changed.
    """
    spools = await locked(session, wanted)
    short = next((s for s in spools.values() if s.remaining_weight < wanted[s.id]), None)
    if short is not None:
        raise Conflict(
            f"The spool {spool_name(short)} ({short.id}) holds {short.remaining_weight} g, "
            f"less than the {wanted[short.id]} g that were used.",
            code="INSUFFICIENT_FILAMENT",
            field="materials",
        )
    done: list[Consumption] = []
    for spool in spools.values():
        before, grams = spool.remaining_weight, wanted[spool.id]
        done.append(Consumption(spool.id, before, before - grams))
        if grams:
            session.add(_take(spool, viewer, grams, kind, production_run_id, reason))
            _tell(session, spool, before, grams)
    await session.flush()
    return done


def _take(
    spool: Spool,
    viewer: Viewer,
    grams: Decimal,
    kind: TransactionType,
    production_run_id: UUID,
    reason: str | None,
) -> InventoryTransaction:
    now, before = datetime.now(UTC), spool.remaining_weight
    spool.remaining_weight, spool.updated_at = before - grams, now
    return InventoryTransaction(
        team_id=spool.team_id,
        spool_id=spool.id,
        type=kind,
        weight_before=before,
        change=-grams,
        weight_after=before - grams,
        reason=reason,
        production_run_id=production_run_id,
        user_id=viewer.user_id,
        created_at=now,
    )


def _tell(session: WriteSession, spool: Spool, before: Decimal, grams: Decimal) -> None:
    session.raise_event(SpoolDeducted(team_id=spool.team_id, spool_id=spool.id, grams=str(grams)))
    if is_low(before - grams, spool.net_weight) and not is_low(before, spool.net_weight):
        session.raise_event(SpoolRanLow(team_id=spool.team_id, spool_id=spool.id))


async def give_back(
    session: WriteSession, spool_id: UUID, most: Decimal, production_run_id: UUID, reason: str
) -> None:
    """Return to a spool what the end of a run took off it, at most so much: a print of the run
    has taken it too, afterwards."""
    taken = await session.scalar(
        select(func.sum(InventoryTransaction.change)).where(
            InventoryTransaction.spool_id == spool_id,
            InventoryTransaction.production_run_id == production_run_id,
            InventoryTransaction.archive_id.is_(None),
        )
    )
    grams = min(most, -(taken or Decimal(0)))
    if grams <= 0:
        return
    (spool,) = (await locked(session, [spool_id])).values()
    now, before = datetime.now(UTC), spool.remaining_weight
    spool.remaining_weight, spool.updated_at = before + grams, now
    session.add(
        InventoryTransaction(
            team_id=spool.team_id,
            spool_id=spool_id,
            type=TransactionType.RETURN,
            weight_before=before,
            change=grams,
            weight_after=before + grams,
            reason=reason,
            production_run_id=production_run_id,
            created_at=now,
        )
    )
    session.raise_event(SpoolUpdated(team_id=spool.team_id, spool_id=spool_id))
    await session.flush()


def spool_name(spool: Spool) -> str:
    """What people call a spool: brand, material and colour."""
    return joined_name(spool.brand, spool.material, spool.color)


def joined_name(*parts: str | None) -> str:
    """The parts of a name that are there."""
    return " ".join(part for part in parts if part)
