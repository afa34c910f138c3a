"""What is to be printed, in which order, and where."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.columns import BigId, UtcDateTime, enum_column, partial_index
from app.tables import Table, TeamOwned


class QueueStatus(StrEnum):
    PENDING = "pending"
    UPLOADING = "uploading"
    PRINTING = "printing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"


class DispatchStage(StrEnum):
    """How far one attempt to print an item has come.

    Whatever has been `COMMANDED` may begin to print at any moment, until the printer or the clock
    says otherwise.
    """

    UPLOADING = "uploading"
    COMMANDED = "commanded"
    ACCEPTED = "accepted"
    STARTED = "started"
    REJECTED = "rejected"
    LOST = "lost"
    FAILED = "failed"
    CANCELLED = "cancelled"


class QueueItem(TeamOwned, Table):
    """One print to do. Without a printer any free one that fits may take it.

    `position` orders the waiting items of a team, 1 first, without gaps that matter. `filaments`
    and `options` are JSON as `app.print_queue.wishes` writes it. `attempts` counts how often it
    was sent; a failed attempt is repeated after `retry_at`, with its cause in `error`.
    """

    __tablename__ = "queue_items"
    __table_args__ = (
        Index(None, "team_id", "status", "position", "id"),
        Index(None, "team_id", "printer_id", "status", "position"),
        Index(None, "team_id", "completed_at", "id"),
        Index(None, "team_id", "status", "completed_at", "id"),
        Index(None, "printer_id", "completed_at", "id"),
        Index(None, "archive_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[QueueStatus] = mapped_column(
        enum_column(QueueStatus), default=QueueStatus.PENDING
    )
    position: Mapped[int] = mapped_column(BigId)
    archive_id: Mapped[int] = mapped_column(ForeignKey("archives.id", ondelete="CASCADE"))
    result_archive_id: Mapped[int | None] = mapped_column(
        ForeignKey("archives.id", ondelete="SET NULL"), index=True
    )
    printer_id: Mapped[int | None] = mapped_column(ForeignKey("printers.id", ondelete="SET NULL"))
    # Whether the printer was chosen by a person; one that the dispatcher chose is given back.
    is_bound: Mapped[bool] = mapped_column(default=False)
    production_run_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("production_runs.id", ondelete="SET NULL"), index=True
    )
    plate: Mapped[int | None]
    filaments: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    options: Mapped[dict[str, bool]] = mapped_column(JSON, default=dict)
    require_previous_success: Mapped[bool] = mapped_column(default=False)
    scheduled_time: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancel_requested_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    retry_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error: Mapped[str | None] = mapped_column(String(1000))


class Dispatch(TeamOwned, Table):
    """One attempt to print a queue item on one printer; `ended_at` is null while it is open.

    The partial unique indexes make a second open attempt of an item, or on a printer, impossible.
    `subtask_id` is the job's identity towards the printer; it is here before the printer hears
    it. `before` is the job that the printer showed then, as JSON. `file_left` tells that there may
    be a file of ours on the printer.
    """

    __tablename__ = "dispatches"
    __table_args__ = tuple(
        partial_index(
            f"uq_dispatches_open_{column}", f"{column}_id", where="ended_at IS NULL", unique=True
        )
        for column in ("queue_item", "printer")
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    queue_item_id: Mapped[int] = mapped_column(
        ForeignKey("queue_items.id", ondelete="CASCADE"), index=True
    )
    printer_id: Mapped[int | None] = mapped_column(
        ForeignKey("printers.id", ondelete="SET NULL"), index=True
    )
    stage: Mapped[DispatchStage] = mapped_column(enum_column(DispatchStage))
    subtask_id: Mapped[int] = mapped_column(unique=True)
    plate: Mapped[int] = mapped_column(default=1)
    remote_path: Mapped[str] = mapped_column(String(300))
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    # What lies in the slots that feed it, as JSON: for a print that nobody will have watched.
    loaded: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    commanded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str | None] = mapped_column(String(1000))
    file_left: Mapped[bool] = mapped_column(default=False)
    removals: Mapped[int] = mapped_column(default=0)
