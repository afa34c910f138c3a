"""What a print used and cost, reckoned once when it ends."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal

from app.archives.models import Archive, ArchiveStatus, FilamentUse
from app.database import WriteSession
from app.spools import queries as spools
from app.spools.service import cost_per_gram

_GRAMS = Decimal("0.001")
_MONEY = Decimal("0.000001")


async def measure(session: WriteSession, archive: Archive, uses: Sequence[FilamentUse]) -> None:
    """Fill in `filament_used` and `cost` of a print that ended, where nobody entered them.

    The grams of `uses` are what the printed file meant to use. A print that did not finish used
    the part that it reached. Either figure stays null unless it is known for every filament.
    """
    planned = [use.grams for use in uses if use.grams is not None]
    if not planned or len(planned) != len(uses):
        return
    if archive.status is not ArchiveStatus.SUCCESS:
        share = Decimal(archive.progress or 0) / 100
        for use in uses:
            use.grams = _rounded((use.grams or Decimal(0)) * share, _GRAMS)
    if archive.filament_used is None:
        archive.filament_used = sum((use.grams or Decimal(0) for use in uses), Decimal(0))
    if archive.cost is None:
        archive.cost = await _cost(session, uses)


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
