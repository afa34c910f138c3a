"""Statistics kept per day in the transaction that ends a print, so that reading them is cheap.

The day is the UTC day on which the print ended.
"""

from datetime import date
from decimal import Decimal

from sqlalchemy import Date, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.columns import GRAMS, MONEY, BigId
from app.tables import Table, TeamOwned

# Stands for "all printers" in a day's total, and for archives whose printer is unknown.
ALL_PRINTERS = 0
NO_PRINTER = -1


class DailyPrints(TeamOwned, Table):
    """Prints of one day on one printer (`ALL_PRINTERS`: the team's total of that day)."""

    __tablename__ = "daily_prints"

    team_id: Mapped[int] = mapped_column(
        ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True
    )
    printer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    successful: Mapped[int] = mapped_column(BigId, default=0)
    failed: Mapped[int] = mapped_column(BigId, default=0)
    stopped: Mapped[int] = mapped_column(BigId, default=0)
    seconds: Mapped[int] = mapped_column(BigId, default=0)
    grams: Mapped[Decimal] = mapped_column(GRAMS, default=Decimal(0))
    cost: Mapped[Decimal] = mapped_column(MONEY, default=Decimal(0))


class DailyMaterial(TeamOwned, Table):
    """Filament of one material used on one day on one printer (`ALL_PRINTERS`: on all)."""

    __tablename__ = "daily_materials"

    team_id: Mapped[int] = mapped_column(
        ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True
    )
    printer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    material: Mapped[str] = mapped_column(String(64), primary_key=True)
    prints: Mapped[int] = mapped_column(BigId, default=0)
    grams: Mapped[Decimal] = mapped_column(GRAMS, default=Decimal(0))
