"""What a run used and took against what was meant, and what a piece of it costs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_EVEN, Decimal

from app.production.models import ProductionRun, RunItem, RunMaterial
from app.records import record

_TENTH = Decimal("0.1")
_MONEY = Decimal("0.000001")


@record
class Variance:
    """Actual less estimated: grams, seconds, and both in percent to one place.

    Null while one of the two is not known; the percentage also when the estimate is 0.
    """

    material_grams: Decimal | None
    material_percent: Decimal | None
    time_seconds: int | None
    time_percent: Decimal | None


def variance(run: ProductionRun) -> Variance:
    """How far a run is from its estimates."""
    return variance_of(
        run.estimated_total_filament,
        run.actual_total_filament,
        run.estimated_print_time,
        run.actual_print_time,
    )


def variance_of(
    estimated_filament: Decimal | None,
    actual_filament: Decimal | None,
    estimated_time: int | None,
    actual_time: int | None,
) -> Variance:
    """How far figures are from their estimates."""
    grams = seconds = None
    if estimated_filament is not None and actual_filament is not None:
        grams = actual_filament - estimated_filament
    if estimated_time is not None and actual_time is not None:
        seconds = actual_time - estimated_time
    return Variance(
        grams,
        _percent(grams, estimated_filament),
        seconds,
        _percent(seconds, estimated_time),
    )


def _percent(part: Decimal | int | None, whole: Decimal | int | None) -> Decimal | None:
    if part is None or not whole:
        return None
    return (Decimal(part) * 100 / whole).quantize(_TENTH, rounding=ROUND_HALF_EVEN)


def note_totals(run: ProductionRun, materials: Sequence[RunMaterial]) -> None:
    """Keep the sums of the lines with the run; without lines what was entered stays."""
    if materials:
        run.estimated_total_filament = _sum(row.estimated_weight for row in materials)
        known = [row.actual_weight for row in materials if row.actual_weight is not None]
        run.actual_total_filament = _sum(known) if known else None


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))


@record
class RunCost:
    """What a run cost. `material_cost` is that of the filament that was really used, null while
    no use is known or where a spool has no price; components count as they were estimated."""

    material_cost: Decimal | None
    component_cost: Decimal
    pieces: int

    @property
    def total_cost(self) -> Decimal | None:
        """Filament and components."""
        return None if self.material_cost is None else self.material_cost + self.component_cost

    @property
    def cost_per_piece(self) -> Decimal | None:
        """The total over the pieces that came out well, to six places."""
        total = self.total_cost
        if total is None or not self.pieces:
            return None
        return (total / self.pieces).quantize(_MONEY, rounding=ROUND_HALF_EVEN)


def run_cost(items: Sequence[RunItem], materials: Sequence[RunMaterial]) -> RunCost:
    """What a run cost by what it used."""
    used = [row for row in materials if row.actual_weight]
    known = any(row.actual_weight is not None for row in materials)
    priced = all(row.cost_per_gram is not None for row in used)
    filament = _sum(
        ((row.cost_per_gram or Decimal(0)) * (row.actual_weight or Decimal(0))).quantize(
            _MONEY, rounding=ROUND_HALF_EVEN
        )
        for row in used
    )
    return RunCost(
        filament if known and priced else None,
        _sum(row.estimated_total_cost - row.estimated_material_cost for row in items),
        sum(row.successful_quantity for row in items),
    )
