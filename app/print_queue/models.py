"""What is to be printed, in which order, and where."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.columns import BigId, UtcDateTime, enum_column
from app.tables import Table, TeamOwned


class QueueStatus(StrEnum):
    PENDING = "pending"
    UPLOADING = "uploading"
    PRINTING = "printing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"


class QueueItem(TeamOwned, Table):
    """One print to do. Without a printer any free one that fits may take it.

    `position` orders the waiting items of a team, 1 first, without gaps that matter.
    """

    __tablename__ = "queue_items"
    __table_args__ = (
        Index(None, "team_id", "status", "position", "id"),
        Index(None, "team_id", "printer_id", "status", "position"),
        Index(None, "team_id", "completed_at", "id"),
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
    printer_id: Mapped[int | None] = mapped_column(
        ForeignKey("printers.id", ondelete="SET NULL"), index=True
    )
    scheduled_time: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error: Mapped[str | None] = mapped_column(String(1000))
