"""What a print used and cost, reckoned once when it ends."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from uuid import UUID

from app.archives.models import Archive, ArchiveStatus, FilamentUse
from app.database import WriteSession
from app.spools import queries as spools
from app.spools.printed import take_for_print
from app.spools.service import cost_per_gram

_GRAMS = Decimal("0.001")
_MONEY = Decimal("0.000001")


async def measure(session: WriteSession, archive: Archive, uses: Sequence[FilamentUse]) -> None:
    """Fill in `filament_used` and `cost` of a print that ended, where nobody entered them.

    The grams of `uses` are what the printed file meant to use. A print that did not finish used
    the part that it reached. Either figure stays null unless it is known for every filament.
    """
    planned = [use.grams for use in uses if use.grams is not None]
    if archive.status is not ArchiveStatus.SUCCESS:
        share = Decimal(archive.progress or 0) / 100
        for use in uses:
            use.grams = None if use.grams is None else _rounded(use.grams * share, _GRAMS)
            use.meters = None if use.meters is None else _rounded(use.meters * share, _GRAMS)
    if not planned or len(planned) != len(uses):
        return
    if archive.filament_used is None:
        archive.filament_used = sum((use.grams or Decimal(0) for use in uses), Decimal(0))
    await price(session, archive, uses)


async def price(session: WriteSession, archive: Archive, uses: Sequence[FilamentUse]) -> None:
    """Fill in what the filament cost, where nobody entered it and each spool has a price."""
    if archive.cost is None and uses and all(use.grams is not None for use in uses):
        archive.cost = await _cost(session, uses)


async def deduct(session: WriteSession, archive: Archive, uses: Sequence[FilamentUse]) -> None:
    """Take what a print that ended used off the spools it came from, each filament once."""
    wanted: dict[UUID, Decimal] = {}
    for use in uses:
        if use.spool_id is None or not use.grams or use.deducted:
            continue
        wanted[use.spool_id] = wanted.get(use.spool_id, Decimal(0)) + use.grams
        use.deducted = True
    if wanted:
        await session.flush()
        await take_for_print(session, archive.id, archive.name, wanted)


async def _cost(session: WriteSession, uses: Sequence[FilamentUse]) -> Decimal | None:
    known = await spools.by_ids(session, {use.spool_id for use in uses if use.spool_id})
    total = Decimal(0)
    for use in uses:
        spool = known.get(use.spool_id) if use.spool_id else None
        price = None if spool is None else cost_per_gram(spool)
        if price is None:
            return None
        total += price * (use.grams or Decimal(0))
    return _rounded(total, _MONEY)


def _rounded(value: Decimal, unit: Decimal) -> Decimal:
    return value.quantize(unit, rounding=ROUND_HALF_EVEN)
