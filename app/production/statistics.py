"""Figures of the runs that ended in a period, added up in the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from uuid import UUID

from sqlalchemy import ColumnElement, case, func, select

from app.production.models import ENDED, ProductionRun, RunItem, RunMaterial, RunStatus
from app.production.queries import Session
from app.records import record

_HUNDREDTH = Decimal("0.01")


@record
class Period:
    """Runs that ended from one moment to another, both included."""

    start: datetime | None = None
    end: datetime | None = None


@record
class ProductTotals:
    """What runs made of one product."""

    product_id: UUID
    runs: int
    quantity: int
    successful: int
    failed: int


@record
class RunTotals:
    """Seconds and grams; the material cost is that of what was used where a price is known."""

    completed: int
    failed: int
    cancelled: int
    print_time: int
    filament: Decimal
    material_cost: Decimal
    products: tuple[ProductTotals, ...]

    @property
    def total(self) -> int:
        """Every run that ended."""
        return self.completed + self.failed + self.cancelled

    @property
    def success_rate(self) -> Decimal:
        """Completed runs in percent of all that ended, to two places; 0 without any."""
        return _percent(self.completed, self.total)

    @property
    def successful_pieces(self) -> int:
        """Pieces that came out well."""
        return sum(row.successful for row in self.products)

    @property
    def failed_pieces(self) -> int:
        """Pieces that did not."""
        return sum(row.failed for row in self.products)

    @property
    def yield_rate(self) -> Decimal:
        """Good pieces in percent of all that were tried, to two places; 0 without any."""
        return _percent(self.successful_pieces, self.successful_pieces + self.failed_pieces)


def _percent(part: int, whole: int) -> Decimal:
    if not whole:
        return Decimal(0)
    return (Decimal(part * 100) / whole).quantize(_HUNDREDTH, rounding=ROUND_HALF_EVEN)


def _within(period: Period) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [ProductionRun.status.in_(ENDED)]
    if period.start is not None:
        found.append(ProductionRun.completed_at >= period.start)
    if period.end is not None:
        found.append(ProductionRun.completed_at <= period.end)
    return found


async def totals(session: Session, period: Period) -> RunTotals:
    """The figures of a period, in three statements."""
    within = _within(period)
    statuses = (RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.CANCELLED)
    counted = await session.execute(
        select(
            *(
                func.coalesce(func.sum(case((ProductionRun.status == status, 1), else_=0)), 0)
                for status in statuses
            ),
            func.coalesce(func.sum(ProductionRun.actual_print_time), 0),
            func.sum(ProductionRun.actual_total_filament),
        ).where(*within)
    )
    *numbers, filament = counted.one()
    completed, failed, cancelled, print_time = map(int, numbers)
    return RunTotals(
        completed,
        failed,
        cancelled,
        print_time,
        filament=filament or Decimal(0),
        material_cost=await _material_cost(session, within),
        products=await _products(session, within),
    )


async def _material_cost(session: Session, within: Sequence[ColumnElement[bool]]) -> Decimal:
    used = await session.execute(
        select(RunMaterial.cost_per_gram, func.sum(RunMaterial.actual_weight))
        .join(ProductionRun, ProductionRun.id == RunMaterial.run_id)
        .where(*within, RunMaterial.actual_weight > 0, RunMaterial.cost_per_gram.is_not(None))
        .group_by(RunMaterial.cost_per_gram)
    )
    return sum(((price or Decimal(0)) * (grams or Decimal(0)) for price, grams in used), Decimal(0))


async def _products(
    session: Session, within: Sequence[ColumnElement[bool]]
) -> tuple[ProductTotals, ...]:
    rows = await session.execute(
        select(
            RunItem.product_id,
            func.count(RunItem.run_id.distinct()),
            func.sum(RunItem.quantity),
            func.sum(RunItem.successful_quantity),
            func.sum(RunItem.failed_quantity),
        )
        .join(ProductionRun, ProductionRun.id == RunItem.run_id)
        .where(*within)
        .group_by(RunItem.product_id)
        .order_by(func.sum(RunItem.successful_quantity).desc(), RunItem.product_id)
    )
    return tuple(ProductTotals(product_id, *map(int, numbers)) for product_id, *numbers in rows)
