"""The print history: one archive per print, and the filaments it used."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.columns import GRAMS, MONEY, BigId, UtcDateTime, enum_column
from app.tables import Table, TeamOwned


class ArchiveStatus(StrEnum):
    """`READY` was uploaded and has not been printed; it is outside all statistics."""

    READY = "ready"
    PRINTING = "printing"
    SUCCESS = "success"
    FAILED = "failed"
    STOPPED = "stopped"


class Archive(TeamOwned, Table):
    """One record of the print history.

    Durations are seconds, `filament_used` is grams, `progress` the percentage that was reached.
    `search_text` holds everything the search looks into, in lower case; `app.archives.service`
    keeps it. `total_layers` is the layer count the printer told, or the file. `plate` is the
    plate of the stored file that was or will be printed; `file_problem` says why there is no file.
    """

    __tablename__ = "archives"
    __table_args__ = (
        Index(None, "team_id", "created_at", "id"),
        Index(None, "team_id", "status", "created_at", "id"),
        Index(None, "team_id", "printer_id", "created_at", "id"),
        Index(None, "team_id", "project_id", "created_at", "id"),
        Index(None, "team_id", "name", "id"),
        Index(None, "project_id", "status", "team_id", "created_at", "id"),
        Index(None, "printer_id", "status", "created_at", "id"),
        Index(None, "file_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(500))
    filename: Mapped[str] = mapped_column(String(500))
    status: Mapped[ArchiveStatus] = mapped_column(enum_column(ArchiveStatus))
    printer_id: Mapped[int | None] = mapped_column(ForeignKey("printers.id", ondelete="SET NULL"))
    project_id: Mapped[int | None] = mapped_column(ForeignKey("projects.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    duration: Mapped[int | None]
    estimated_duration: Mapped[int | None]
    progress: Mapped[int | None]
    total_layers: Mapped[int | None]
    filament_used: Mapped[Decimal | None] = mapped_column(GRAMS)
    filament_type: Mapped[str | None] = mapped_column(String(200))
    cost: Mapped[Decimal | None] = mapped_column(MONEY)
    failure_reason: Mapped[str | None] = mapped_column(String(1000))
    notes: Mapped[str | None] = mapped_column(Text)
    tags: Mapped[list[str]] = mapped_column(JSON, default=list)
    search_text: Mapped[str] = mapped_column(Text, default="")
    file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_files.id"))
    plate: Mapped[int | None]
    file_problem: Mapped[str | None] = mapped_column(String(500))


class FilamentUse(TeamOwned, Table):
    """What one filament of a print used: grams and meters, and the spool when it is known.

    While the print runs it is what the file means to use. `deducted` once the grams were taken
    off the spool, which happens once.
    """

    __tablename__ = "filament_uses"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    archive_id: Mapped[int] = mapped_column(
        ForeignKey("archives.id", ondelete="CASCADE"), index=True
    )
    spool_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("spools.id", ondelete="SET NULL"), index=True
    )
    position: Mapped[int]
    material: Mapped[str] = mapped_column(String(64))
    color_hex: Mapped[str | None] = mapped_column(String(9))
    grams: Mapped[Decimal | None] = mapped_column(GRAMS)
    meters: Mapped[Decimal | None] = mapped_column(GRAMS)
    deducted: Mapped[bool] = mapped_column(default=False)


class FileFetch(TeamOwned, Table):
    """The printed file of an archive is still to be fetched from its printer, at `due_at`.

    Made in the transaction that begins the run, gone once the file is there or given up.
    """

    __tablename__ = "file_fetches"

    archive_id: Mapped[int] = mapped_column(
        ForeignKey("archives.id", ondelete="CASCADE"), primary_key=True
    )
    printer_id: Mapped[int] = mapped_column(
        ForeignKey("printers.id", ondelete="CASCADE"), index=True
    )
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ArchiveCount(TeamOwned, Table):
    """How many archives a team has per printer and status, kept in the transaction of the change.

    `printer_id` 0 stands for archives without a printer. A page's total is read here instead of
    counting the history.
    """

    __tablename__ = "archive_counts"

    team_id: Mapped[int] = mapped_column(
        ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True
    )
    printer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    status: Mapped[ArchiveStatus] = mapped_column(enum_column(ArchiveStatus), primary_key=True)
    archives: Mapped[int] = mapped_column(BigId, default=0)


class ProjectCount(TeamOwned, Table):
    """How many archives a project has per status, kept in the transaction of the change.

    A project that is removed takes its counts with it.
    """

    __tablename__ = "project_counts"

    project_id: Mapped[int] = mapped_column(
        ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    team_id: Mapped[int] = mapped_column(
        ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True
    )
    status: Mapped[ArchiveStatus] = mapped_column(enum_column(ArchiveStatus), primary_key=True)
    archives: Mapped[int] = mapped_column(BigId, default=0)
