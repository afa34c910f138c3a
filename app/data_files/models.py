"""Files that are given to a project, and what became of them."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.columns import BigId, UtcDateTime, enum_column
from app.tables import Table, TeamOwned


class DataFormat(StrEnum):
    CSV = "csv"
    THREEMF = "3mf"
    GCODE = "gcode"


class DataStatus(StrEnum):
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"


class DataFile(TeamOwned, Table):
    """A spool inventory, or a sliced file. `size` is bytes, `progress` percent.

    `rows` counts the rows of a table once they are known; `error_line` is where it is wrong.
    `claimed_until` is set while a process works on it: past it another one may.
    """

    __tablename__ = "data_files"
    __table_args__ = (
        Index(None, "team_id", "created_at", "id"),
        Index(None, "project_id", "created_at", "id"),
        Index(None, "status", "claimed_until"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    filename: Mapped[str] = mapped_column(String(500))
    size: Mapped[int] = mapped_column(BigId)
    format: Mapped[DataFormat] = mapped_column(enum_column(DataFormat))
    status: Mapped[DataStatus] = mapped_column(
        enum_column(DataStatus), default=DataStatus.PROCESSING
    )
    progress: Mapped[int] = mapped_column(default=0)
    rows: Mapped[int | None]
    error: Mapped[str | None] = mapped_column(String(1000))
    error_line: Mapped[int | None]
    file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_files.id", ondelete="SET NULL"))
    archive_id: Mapped[int | None] = mapped_column(ForeignKey("archives.id", ondelete="SET NULL"))
    attempts: Mapped[int] = mapped_column(default=0)
    claimed_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
