"""Figures of the production runs that ended in a period."""

from datetime import UTC, date, datetime, time
from decimal import Decimal

import strawberry

from app.production import statistics
from app.production.statistics import Period
from schema.context import Info
from schema.fields import about
from schema.products.types import Product
from schema.scalars import Grams, Seconds

_LAST_MOMENT = time(23, 59, 59, 999999)


@strawberry.input(description="Which production runs count: whole UTC days, both included.")
class ProductionStatisticsFilter:
    start_date: date | None = about("Ended on this day or later.", default=None)
    end_date: date | None = about("Ended on this day or earlier.", default=None)

    def period(self) -> Period:
        """The moments of the days."""
        start, end = self.start_date, self.end_date
        return Period(
            None if start is None else datetime.combine(start, time(), UTC),
            None if end is None else datetime.combine(end, _LAST_MOMENT, UTC),
        )


@strawberry.type(description="What runs made of one product.")
class ProductProductionStatistics:
    row: strawberry.Private[statistics.ProductTotals]
    runs: int = about("Runs that made it.")
    quantity: int = about("Pieces that were to be made.")
    successful_pieces: int = about("Pieces that came out well.")
    failed_pieces: int = about("Pieces that did not.")

    @strawberry.field(description="The product.")
    async def product(self, info: Info) -> Product | None:
        row = await info.context.loaders.products.get(self.row.product_id)
        return None if row is None else Product.of(row)


@strawberry.type(description="Figures about production runs that ended.")
class ProductionStatistics:
    total_runs: int = about("Runs that ended.")
    completed_runs: int = about("Runs that were completed.")
    failed_runs: int = about("Runs that failed.")
    cancelled_runs: int = about("Runs that were cancelled.")
    success_rate: float = about("Completed in percent of all, to two places; 0 without any.")
    successful_pieces: int = about("Pieces that came out well.")
    failed_pieces: int = about("Pieces that did not.")
    yield_rate: float = about("Good pieces in percent of all tried, to two places; 0 without any.")
    total_print_time: Seconds = about("Time printed.")
    total_filament_used: Grams = about("Filament used.")
    total_material_cost: Decimal = about("What it cost, where the price is known.")
    by_product: list[ProductProductionStatistics] = about("By product, most good pieces first.")

    @classmethod
    def of(cls, found: statistics.RunTotals) -> "ProductionStatistics":
        return cls(
            total_runs=found.total,
            completed_runs=found.completed,
            failed_runs=found.failed,
            cancelled_runs=found.cancelled,
            success_rate=float(found.success_rate),
            successful_pieces=found.successful_pieces,
            failed_pieces=found.failed_pieces,
            yield_rate=float(found.yield_rate),
            total_print_time=Seconds(found.print_time),
            total_filament_used=Grams(found.filament),
            total_material_cost=found.material_cost,
            by_product=[
                ProductProductionStatistics(
                    row=row,
                    runs=row.runs,
                    quantity=row.quantity,
                    successful_pieces=row.successful,
                    failed_pieces=row.failed,
                )
                for row in found.products
            ],
        )
