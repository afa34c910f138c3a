"""Reading the daily figures. The history itself is never scanned."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Dialect, bindparam, func, select
from sqlalchemy.orm import InstrumentedAttribute

from app.columns import GRAMS, MONEY, ScaledDecimal
from app.compiled import Statement, compiled
from app.database import Database, ReadSession
from app.records import record
from app.statistics.models import ALL_PRINTERS, NO_PRINTER, DailyMaterial, DailyPrints


@record
class Period:
    """Whole UTC days, both included; one printer or all."""

    printer_id: int | None = None
    start: date | None = None
    end: date | None = None


@record
class Totals:
    """Prints that ended in a period: how many and how, seconds, grams, cost."""

    successful: int = 0
    failed: int = 0
    stopped: int = 0
    seconds: int = 0
    grams: Decimal = Decimal(0)
    cost: Decimal = Decimal(0)

    @property
    def prints(self) -> int:
        """All that ended."""
        return self.successful + self.failed + self.stopped

    @property
    def success_rate(self) -> float:
        """Successful prints in percent of all, to two places; 0 without any."""
        if not self.prints:
            return 0.0
        rate = Decimal(self.successful * 100) / self.prints
        return float(rate.quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN))


_SUMS = (
    func.coalesce(func.sum(DailyPrints.successful), 0),
    func.coalesce(func.sum(DailyPrints.failed), 0),
    func.coalesce(func.sum(DailyPrints.stopped), 0),
    func.coalesce(func.sum(DailyPrints.seconds), 0),
    func.sum(DailyPrints.grams),
    func.sum(DailyPrints.cost),
)


def _totals(row: Sequence[Any]) -> Totals:
    successful, failed, stopped, seconds, grams, cost = row
    return Totals(
        int(successful),
        int(failed),
        int(stopped),
        int(seconds),
        grams or Decimal(0),
        cost or Decimal(0),
    )


def _alike(periods: Collection[Period]) -> list[dict[int, Period]]:
    """Periods of the same days together, by the printer column that answers them."""
    groups: dict[tuple[date | None, date | None], dict[int, Period]] = {}
    for period in periods:
        of_days = groups.setdefault((period.start, period.end), {})
        of_days[period.printer_id or ALL_PRINTERS] = period
    return list(groups.values())


def _conditions(
    table: type[DailyPrints | DailyMaterial], alike: Mapping[int, Period]
) -> list[ColumnElement[bool]]:
    return [table.printer_id.in_(alike), *_within(table, next(iter(alike.values())))]


def _within(table: type[DailyPrints | DailyMaterial], period: Period) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if period.start is not None:
        conditions.append(table.day >= period.start)
    if period.end is not None:
        conditions.append(table.day <= period.end)
    return conditions


async def totals(session: ReadSession, periods: Collection[Period]) -> dict[Period, Totals]:
    """The sums over each period, in one statement for all that cover the same days."""
    found = {period: Totals() for period in periods}
    for alike in _alike(periods):
        rows = await session.execute(
            select(DailyPrints.printer_id, *_SUMS)
            .where(*_conditions(DailyPrints, alike))
            .group_by(DailyPrints.printer_id)
        )
        found |= {alike[row[0]]: _totals(row[1:]) for row in rows}
    return found


async def totals_of(database: Database, team_id: int, period: Period) -> Totals:
    """The sums over one period, without a session: this is asked often, and alone."""
    limits = tuple(name for name in ("start", "end") if getattr(period, name) is not None)
    statement = _statement_of_totals(database.read_engine.dialect, limits)
    given = {
        "team": team_id,
        "printer": period.printer_id or ALL_PRINTERS,
        **{name: getattr(period, name) for name in limits},
    }
    ((*counted, grams, cost),) = await database.rows.rows(
        statement.text, statement.arguments(given)
    )
    return _totals((*counted, _decimal(GRAMS, grams), _decimal(MONEY, cost)))


@cache
def _statement_of_totals(dialect: Dialect, limits: tuple[str, ...]) -> Statement:
    def given(name: str, column: InstrumentedAttribute[Any]) -> BindParameter[Any]:
        return bindparam(name, type_=column.type, required=False)

    table = DailyPrints
    sums: Sequence[Any] = _SUMS
    statement = select(*sums).where(
        table.team_id == given("team", table.team_id),
        table.printer_id == given("printer", table.printer_id),
    )
    if "start" in limits:
        statement = statement.where(table.day >= given("start", table.day))
    if "end" in limits:
        statement = statement.where(table.day <= given("end", table.day))
    return compiled(statement, dialect)


def _decimal(kind: ScaledDecimal, value: Any) -> Decimal:
    return Decimal(int(value or 0)).scaleb(-kind.places)


async def by_printer(session: ReadSession, period: Period) -> list[tuple[int | None, Totals]]:
    """The sums per printer; None stands for prints whose printer is unknown or was removed."""
    statement = (
        select(DailyPrints.printer_id, *_SUMS)
        .where(DailyPrints.printer_id != ALL_PRINTERS, *_within(DailyPrints, period))
        .group_by(DailyPrints.printer_id)
        .order_by(DailyPrints.printer_id)
    )
    rows = await session.execute(statement)
    found = [(None if row[0] == NO_PRINTER else row[0], _totals(row[1:])) for row in rows]
    return [(printer_id, sums) for printer_id, sums in found if sums.prints]


async def by_day(
    session: ReadSession, periods: Collection[Period]
) -> dict[Period, list[tuple[date, Totals]]]:
    """The sums per UTC day, earliest first; days without a print are left out."""
    found: dict[Period, list[tuple[date, Totals]]] = {period: [] for period in periods}
    for alike in _alike(periods):
        rows = await session.execute(
            select(DailyPrints.printer_id, DailyPrints.day, *_SUMS)
            .where(*_conditions(DailyPrints, alike))
            .group_by(DailyPrints.printer_id, DailyPrints.day)
            .order_by(DailyPrints.day)
        )
        for row in rows:
            sums = _totals(row[2:])
            if sums.prints:
                found[alike[row[0]]].append((row[1], sums))
    return found


async def by_material(
    session: ReadSession, periods: Collection[Period]
) -> dict[Period, list[tuple[str, int, Decimal]]]:
    """Material, prints and grams, most used first."""
    found: dict[Period, list[tuple[str, int, Decimal]]] = {period: [] for period in periods}
    grams = func.sum(DailyMaterial.grams)
    prints = func.sum(DailyMaterial.prints)
    for alike in _alike(periods):
        rows = await session.execute(
            select(DailyMaterial.printer_id, DailyMaterial.material, prints, grams)
            .where(*_conditions(DailyMaterial, alike))
            .group_by(DailyMaterial.printer_id, DailyMaterial.material)
            .having(prints > 0)
            .order_by(grams.desc(), prints.desc(), DailyMaterial.material)
        )
        for row in rows:
            found[alike[row[0]]].append((row[1], int(row[2]), row[3] or Decimal(0)))
    return found
