"""Filament that a print used, taken off its spools."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from app.database import WriteSession
from app.events import SpoolDeducted, SpoolRanLow, SpoolRanShort
from app.spools.consumption import locked
from app.spools.models import InventoryTransaction, Spool, TransactionType
from app.spools.service import is_low


async def take_for_print(
    session: WriteSession, archive_id: int, name: str, wanted: Mapping[UUID, Decimal]
) -> None:
    """Take what a print used off each spool, one transaction each.

    A spool never goes below 0: what it was not known to hold is the transaction's shortfall.
    """
    now = datetime.now(UTC)
    for spool in (await locked(session, wanted)).values():
        grams, before = wanted[spool.id], spool.remaining_weight
        taken = min(grams, before)
        spool.remaining_weight = before - taken
        spool.updated_at = now
        session.add(
            InventoryTransaction(
                team_id=spool.team_id,
                spool_id=spool.id,
                type=TransactionType.USAGE,
                weight_before=before,
                change=-taken,
                weight_after=before - taken,
                shortfall=grams - taken,
                reason=f"Printed {name}"[:500],
                archive_id=archive_id,
                created_at=now,
            )
        )
        _tell(session, spool, archive_id, before, taken, grams - taken)
    await session.flush()


def _tell(
    session: WriteSession,
    spool: Spool,
    archive_id: int,
    before: Decimal,
    taken: Decimal,
    short: Decimal,
) -> None:
    about = {"team_id": spool.team_id, "spool_id": spool.id}
    session.raise_event(SpoolDeducted(**about, grams=str(taken)))  # type: ignore[arg-type]
    if short > 0:
        session.raise_event(
            SpoolRanShort(**about, grams=str(short), archive_id=archive_id)  # type: ignore[arg-type]
        )
    if is_low(before - taken, spool.net_weight) and not is_low(before, spool.net_weight):
        session.raise_event(SpoolRanLow(**about))  # type: ignore[arg-type]
