"""Spools of filament, and every change of their weight."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.columns import GRAMS, MONEY, BigId, ScaledDecimal, UtcDateTime, enum_column
from app.tables import Table, TeamOwned


class TransactionType(StrEnum):
    USAGE = "usage"
    WASTE = "waste"
    ADJUSTMENT = "adjustment"
    PURCHASE = "purchase"
    RETURN = "return"


class Spool(TeamOwned, Table):
    """Weights are grams, the diameter is millimetres, prices are in the farm's currency.

    `tray_uuid` is the identity a vendor spool tells the printer through its tag: 32 hexadecimal
    digits, the same for both tags of one spool.
    """

    __tablename__ = "spools"
    __table_args__ = (
        Index(None, "team_id", "created_at", "id"),
        Index(None, "team_id", "material", "created_at", "id"),
        Index(None, "team_id", "tray_uuid"),
        Index(None, "team_id", "updated_at", "id"),
        Index(None, "team_id", "remaining_weight", "id"),
        CheckConstraint("remaining_weight >= 0", name="remaining_weight"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    material: Mapped[str] = mapped_column(String(64))
    brand: Mapped[str | None] = mapped_column(String(200))
    color: Mapped[str] = mapped_column(String(100))
    color_hex: Mapped[str | None] = mapped_column(String(9))
    finish: Mapped[str | None] = mapped_column(String(100))
    diameter: Mapped[Decimal] = mapped_column(ScaledDecimal(2), default=Decimal("1.75"))
    net_weight: Mapped[Decimal] = mapped_column(GRAMS)
    remaining_weight: Mapped[Decimal] = mapped_column(GRAMS)
    spool_weight: Mapped[Decimal | None] = mapped_column(GRAMS)
    purchase_price: Mapped[Decimal | None] = mapped_column(MONEY)
    supplier: Mapped[str | None] = mapped_column(String(200))
    purchase_date: Mapped[date | None] = mapped_column(Date)
    notes: Mapped[str | None] = mapped_column(Text)
    tray_uuid: Mapped[str | None] = mapped_column(String(32))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class InventoryTransaction(TeamOwned, Table):
    """One change of a spool's weight. The changes of a spool always add up to its weight.

    `shortfall` is what a print used beyond what the spool was known to hold.
    """

    __tablename__ = "inventory_transactions"
    __table_args__ = (
        Index(None, "spool_id", "created_at", "id"),
        Index(None, "team_id", "created_at", "id"),
        Index(None, "team_id", "type", "created_at", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    spool_id: Mapped[UUID] = mapped_column(ForeignKey("spools.id", ondelete="CASCADE"))
    type: Mapped[TransactionType] = mapped_column(enum_column(TransactionType))
    weight_before: Mapped[Decimal] = mapped_column(GRAMS)
    change: Mapped[Decimal] = mapped_column(GRAMS)
    weight_after: Mapped[Decimal] = mapped_column(GRAMS)
    shortfall: Mapped[Decimal] = mapped_column(GRAMS, default=Decimal(0))
    reason: Mapped[str | None] = mapped_column(String(500))
    archive_id: Mapped[int | None] = mapped_column(
        ForeignKey("archives.id", ondelete="SET NULL"), index=True
    )
    production_run_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("production_runs.id", ondelete="SET NULL"), index=True
    )
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SpoolAssignment(TeamOwned, Table):
    """A spool that somebody put into a slot of a printer and that no tag tells of.

    `ams_unit` is the unit's id as the printer counts; -1 stands for the external holders.
    """

    __tablename__ = "spool_assignments"
    __table_args__ = (Index(None, "printer_id", "ams_unit", "slot", unique=True),)

    spool_id: Mapped[UUID] = mapped_column(
        ForeignKey("spools.id", ondelete="CASCADE"), primary_key=True
    )
    printer_id: Mapped[int] = mapped_column(ForeignKey("printers.id", ondelete="CASCADE"))
    ams_unit: Mapped[int]
    slot: Mapped[int]
    assigned_at: Mapped[datetime] = mapped_column(UtcDateTime)
