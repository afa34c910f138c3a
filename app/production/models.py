"""Production runs, what each makes, and the spools it uses."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.columns import GRAMS, MONEY, UtcDateTime, enum_column
from app.tables import Table, TeamOwned


class RunStatus(StrEnum):
    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    PAUSED = "paused"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED = frozenset({RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.CANCELLED})


class ProductionRun(TeamOwned, Table):
    """Durations are seconds, weights grams.

    `paused_time` is how long it has stood still, `paused_at` since when it does now. A run that
    `ends_with_queue` ends by itself with the last of its queue items.
    """

    __tablename__ = "production_runs"
    __table_args__ = (
        Index("uq_production_runs_run_number", "team_id", "run_number", unique=True),
        Index(None, "team_id", "created_at", "id"),
        Index(None, "team_id", "status", "created_at", "id"),
        Index(None, "project_id", "created_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    run_number: Mapped[str] = mapped_column(String(20))
    status: Mapped[RunStatus] = mapped_column(enum_column(RunStatus), default=RunStatus.PENDING)
    project_id: Mapped[int | None] = mapped_column(ForeignKey("projects.id", ondelete="SET NULL"))
    printer_name: Mapped[str | None] = mapped_column(String(200))
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paused_time: Mapped[int] = mapped_column(default=0)
    estimated_print_time: Mapped[int | None]
    actual_print_time: Mapped[int | None]
    estimated_total_filament: Mapped[Decimal | None] = mapped_column(GRAMS)
    actual_total_filament: Mapped[Decimal | None] = mapped_column(GRAMS)
    quality_rating: Mapped[int | None]
    quality_notes: Mapped[str | None] = mapped_column(Text)
    notes: Mapped[str | None] = mapped_column(Text)
    failure_reason: Mapped[str | None] = mapped_column(String(1000))
    ends_with_queue: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RunItem(TeamOwned, Table):
    """So many pieces of a product. The estimates are those of all pieces when it was added."""

    __tablename__ = "production_run_items"
    __table_args__ = (
        CheckConstraint("quantity >= 1", name="quantity"),
        CheckConstraint(
            "successful_quantity >= 0 AND failed_quantity >= 0"
            " AND successful_quantity + failed_quantity <= quantity",
            name="results",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    run_id: Mapped[UUID] = mapped_column(
        ForeignKey("production_runs.id", ondelete="CASCADE"), index=True
    )
    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id"), index=True)
    quantity: Mapped[int]
    successful_quantity: Mapped[int] = mapped_column(default=0)
    failed_quantity: Mapped[int] = mapped_column(default=0)
    estimated_material_cost: Mapped[Decimal] = mapped_column(MONEY)
    estimated_total_cost: Mapped[Decimal] = mapped_column(MONEY)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RunMaterial(TeamOwned, Table):
    """Filament of one spool. Purge is a part of the weight, never added to it.

    `cost_per_gram` is the spool's when the line was added. `settled_weight` is what prints have
    taken off the spool already, so that the end of the run does not take it again.
    """

    __tablename__ = "production_run_materials"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    run_id: Mapped[UUID] = mapped_column(
        ForeignKey("production_runs.id", ondelete="CASCADE"), index=True
    )
    spool_id: Mapped[UUID] = mapped_column(ForeignKey("spools.id"), index=True)
    estimated_weight: Mapped[Decimal] = mapped_column(GRAMS)
    actual_weight: Mapped[Decimal | None] = mapped_column(GRAMS)
    spool_weight_before: Mapped[Decimal | None] = mapped_column(GRAMS)
    spool_weight_after: Mapped[Decimal | None] = mapped_column(GRAMS)
    estimated_purge: Mapped[Decimal | None] = mapped_column(GRAMS)
    actual_purge: Mapped[Decimal | None] = mapped_column(GRAMS)
    cost_per_gram: Mapped[Decimal | None] = mapped_column(MONEY)
    settled_weight: Mapped[Decimal] = mapped_column(GRAMS, default=Decimal(0))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PrintResult(StrEnum):
    SUCCESSFUL = "successful"
    FAILED = "failed"


class RunPrint(TeamOwned, Table):
    """A queue item that prints pieces of an item of a run, and as what they were counted."""

    __tablename__ = "production_run_prints"

    queue_item_id: Mapped[int] = mapped_column(
        ForeignKey("queue_items.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    run_item_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("production_run_items.id", ondelete="SET NULL"), index=True
    )
    pieces: Mapped[int]
    result: Mapped[PrintResult | None] = mapped_column(enum_column(PrintResult))


class RunNumber(TeamOwned, Table):
    """The last number of a day that was given away, whether its run is still there or not."""

    __tablename__ = "production_run_numbers"

    team_id: Mapped[int] = mapped_column(
        ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True
    )
    day: Mapped[date] = mapped_column(primary_key=True)
    last: Mapped[int]
