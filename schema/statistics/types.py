"""Statistics of prints that ended."""

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from app.statistics import queries
from app.statistics.queries import Period, Totals
from schema.context import Context, Info
from schema.fields import about
from schema.scalars import Grams, Seconds

if TYPE_CHECKING:
    from schema.printers.types import Printer


@strawberry.input(description="Which prints count: whole UTC days, both included.")
class StatisticsFilter:
    printer_id: strawberry.ID | None = about("On this printer.", default=None)
    start_date: date | None = about("Ended on this day or later.", default=None)
    end_date: date | None = about("Ended on this day or earlier.", default=None)


@strawberry.interface(description="Figures about prints that ended.")
class Figures:
    total_prints: int = about("Prints that ended.")
    successful_prints: int = about("Prints that succeeded.")
    failed_prints: int = about("Prints that failed.")
    stopped_prints: int = about("Prints that somebody stopped.")
    success_rate: float = about("Successful in percent of all, to two places; 0 without any.")
    total_print_time: Seconds = about("Time printed.")
    total_filament_used: Grams = about("Filament used.")
    total_cost: Decimal = about("Cost of the filament.")


def figures(totals: Totals) -> dict[str, Any]:
    """The fields of `Figures`."""
    return {
        "total_prints": totals.prints,
        "successful_prints": totals.successful,
        "failed_prints": totals.failed,
        "stopped_prints": totals.stopped,
        "success_rate": totals.success_rate,
        "total_print_time": Seconds(totals.seconds),
        "total_filament_used": Grams(totals.grams),
        "total_cost": totals.cost,
    }


@strawberry.type(description="Figures of one printer.")
class PrinterStatistics(Figures):
    printer_id: strawberry.Private[int | None]

    @strawberry.field(description="The printer; null for those that are unknown or removed.")
    async def printer(
        self, info: Info
    ) -> Annotated["Printer", strawberry.lazy("schema.printers.types")] | None:
        from schema.printers.types import Printer

        row = await info.context.loaders.printers.get(self.printer_id)
        return None if row is None else Printer.of(row)


@strawberry.type(description="Figures of one UTC day.")
class DayStatistics(Figures):
    day: date = about("The day.")


@strawberry.type(description="How much of one material was used.")
class MaterialStatistics:
    material: str | None = about("Material; null when it is not known.")
    prints: int = about("Prints that used it.")
    filament_used: Grams = about("Weight used.")


@strawberry.type(description="Statistics over prints that ended in a period.")
class Statistics(Figures):
    period: strawberry.Private[Period]

    @classmethod
    async def over(cls, context: Context, period: Period) -> "Statistics":
        """The sums of a period."""
        return cls.of(period, await context.loaders.totals.get(period) or Totals())

    @classmethod
    def of(cls, period: Period, totals: Totals) -> "Statistics":
        """A period and its sums."""
        return cls(period=period, **figures(totals))

    @strawberry.field(description="The same per printer.")
    async def by_printer(self, info: Info) -> list[PrinterStatistics]:
        period = self.period
        sums: dict[int | None, Totals]
        if period.printer_id is not None:
            totals = await info.context.loaders.totals.get(period) or Totals()
            sums = {period.printer_id: totals} if totals.prints else {}
        else:
            async with info.context.read() as session:
                sums = dict(await queries.by_printer(session, period))
        return [
            PrinterStatistics(printer_id=printer_id, **figures(totals))
            for printer_id, totals in sums.items()
        ]

    @strawberry.field(description="Filament per material, most used first.")
    async def by_material(self, info: Info) -> list[MaterialStatistics]:
        rows = await info.context.loaders.materials.get(self.period) or []
        return [
            MaterialStatistics(material=material or None, prints=prints, filament_used=Grams(grams))
            for material, prints, grams in rows
        ]

    @strawberry.field(description="The same per UTC day, earliest first.")
    async def by_day(self, info: Info) -> list[DayStatistics]:
        rows = await info.context.loaders.days.get(self.period) or []
        return [DayStatistics(day=day, **figures(totals)) for day, totals in rows]
