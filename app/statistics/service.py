"""Keeping the daily figures in step with the history, in the transaction that changes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import delete, select

from app.database import WriteSession
from app.statistics.models import ALL_PRINTERS, NO_PRINTER, DailyMaterial, DailyPrints
from app.upsert import add_to

_FIGURES = ("successful", "failed", "stopped", "seconds", "grams", "cost")


class Ending(StrEnum):
    """How a print ended; the value is the column that counts it."""

    SUCCESSFUL = "successful"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
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
        await add_to(
            session,
            DailyPrints,
            key,
            {
                **{ending.value: sign * (figures.ending is ending) for ending in Ending},
                "seconds": sign * figures.seconds,
                "grams": sign * figures.grams,
                "cost": sign * figures.cost,
            },
        )
        for material, grams in figures.materials.items():
            await add_to(
                session,
                DailyMaterial,
                key | {"material": material},
                {"prints": sign, "grams": sign * grams},
            )


async def forget_printer(session: WriteSession, printer_id: int) -> None:
    """Move the figures of a printer that is removed to those without a printer."""
    days = (
        await session.scalars(select(DailyPrints).where(DailyPrints.printer_id == printer_id))
    ).all()
    for row in days:
        key = {"team_id": row.team_id, "printer_id": NO_PRINTER, "day": row.day}
        await add_to(session, DailyPrints, key, {name: getattr(row, name) for name in _FIGURES})
    materials = (
        await session.scalars(select(DailyMaterial).where(DailyMaterial.printer_id == printer_id))
    ).all()
    for item in materials:
        key = {"team_id": item.team_id, "printer_id": NO_PRINTER, "day": item.day}
        await add_to(
            session,
            DailyMaterial,
            key | {"material": item.material},
            {"prints": item.prints, "grams": item.grams},
        )
    await session.execute(delete(DailyPrints).where(DailyPrints.printer_id == printer_id))
    await session.execute(delete(DailyMaterial).where(DailyMaterial.printer_id == printer_id))


async def forget_all(session: WriteSession) -> None:
    """Empty the figures of the session's team, before they are computed anew."""
    await session.execute(delete(DailyPrints))
    await session.execute(delete(DailyMaterial))
