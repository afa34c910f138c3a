"""Keeping the daily figures in step with the history, in the transaction that changes it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import delete

from app.database import WriteSession
from app.records import record
from app.statistics.models import ALL_PRINTERS, NO_PRINTER, DailyMaterial, DailyPrints
from app.upsert import add_rows, add_to

_FIGURES = ("successful", "failed", "stopped", "seconds", "grams", "cost")


class Ending(StrEnum):
    """How a print ended; the value is the column that counts it."""

    SUCCESSFUL = "successful"
    FAILED = "failed"
    STOPPED = "stopped"


@record
class PrintFigures:
    """What one ended print adds to the figures. `materials` maps a material to its grams; the
    print counts once for each. `day` is the UTC day on which it ended."""

    team_id: int
    printer_id: int | None
    day: date
    ending: Ending
    seconds: int
    grams: Decimal
    cost: Decimal
    materials: Mapping[str, Decimal] = field(default_factory=dict)


async def count(session: WriteSession, figures: PrintFigures, sign: int) -> None:
    """Add a print to the figures of its day (`sign` 1), or take it out again (-1)."""
    for printer_id in (ALL_PRINTERS, figures.printer_id or NO_PRINTER):
        key = {"team_id": figures.team_id, "printer_id": printer_id, "day": figures.day}
        amounts = {name: sign * amount for name, amount in _amounts(figures).items()}
        await add_to(session, DailyPrints, key, amounts)
        for material, grams in sorted(figures.materials.items()):
            of_material = key | {"material": material}
            await add_to(
                session, DailyMaterial, of_material, {"prints": sign, "grams": sign * grams}
            )


def _amounts(figures: PrintFigures) -> dict[str, int | Decimal]:
    return {
        **{ending.value: int(figures.ending is ending) for ending in Ending},
        "seconds": figures.seconds,
        "grams": figures.grams,
        "cost": figures.cost,
    }


def _sum_up(sums: dict[str, Any], amounts: Mapping[str, int | Decimal]) -> None:
    for name, amount in amounts.items():
        sums[name] = sums.get(name, 0) + amount


_Sums = dict[tuple[Any, ...], dict[str, Any]]


def _sums(
    prints: Iterable[PrintFigures], of: Callable[[PrintFigures], Iterable[int]]
) -> tuple[_Sums, _Sums]:
    """The sums over prints per team, each printer of `of` and day, and those per material."""
    days: defaultdict[tuple[Any, ...], dict[str, Any]] = defaultdict(dict)
    materials: defaultdict[tuple[Any, ...], dict[str, Any]] = defaultdict(dict)
    for item in prints:
        for printer_id in of(item):
            key = (item.team_id, printer_id, item.day)
            _sum_up(days[key], _amounts(item))
            for material, grams in item.materials.items():
                _sum_up(materials[*key, material], {"prints": 1, "grams": grams})
    return days, materials


async def rebuild(session: WriteSession, prints: Iterable[PrintFigures]) -> None:
    """Replace the figures of the session's team by the sums over these prints."""
    days, materials = _sums(prints, lambda item: (ALL_PRINTERS, item.printer_id or NO_PRINTER))
    await session.execute(delete(DailyPrints))
    await session.execute(delete(DailyMaterial))
    session.add_all(
        DailyPrints(team_id=team_id, printer_id=printer_id, day=day, **sums)
        for (team_id, printer_id, day), sums in days.items()
    )
    session.add_all(
        DailyMaterial(team_id=team_id, printer_id=printer_id, day=day, material=material, **sums)
        for (team_id, printer_id, day, material), sums in materials.items()
    )
    await session.flush()


async def leave_printer(session: WriteSession, prints: Iterable[PrintFigures]) -> None:
    """Move these prints from the figures of their printers to those without a printer."""
    days, materials = _sums(prints, lambda item: (item.printer_id or NO_PRINTER,))
    for table, names, sums in (
        (DailyPrints, ("team_id", "printer_id", "day"), days),
        (DailyMaterial, ("team_id", "printer_id", "day", "material"), materials),
    ):
        for values, amounts in sorted(sums.items()):
            key = dict(zip(names, values, strict=True))
            taken = {name: -amount for name, amount in amounts.items()}
            await add_to(session, table, key, taken)
            await add_to(session, table, key | {"printer_id": NO_PRINTER}, amounts)


async def forget_printer(session: WriteSession, printer_id: int) -> None:
    """Move the figures of a printer that is removed to those without a printer."""
    kept: tuple[tuple[type[DailyPrints | DailyMaterial], Sequence[str]], ...] = (
        (DailyPrints, _FIGURES),
        (DailyMaterial, ("prints", "grams")),
    )
    for table, amounts in kept:
        of_printer = table.printer_id == printer_id
        await add_rows(session, table, of_printer, {"printer_id": NO_PRINTER}, amounts)
        await session.execute(delete(table).where(of_printer))
