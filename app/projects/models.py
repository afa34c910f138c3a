"""Projects group archives towards a target."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.columns import UtcDateTime, enum_column
from app.tables import Table, TeamOwned


class ProjectStatus(StrEnum):
    ACTIVE = "active"
    COMPLETED = "completed"
    ARCHIVED = "archived"


class Visibility(StrEnum):
    """Whom a project is meant for. Access stays with the team, whatever is said here."""

    PRIVATE = "private"
    PUBLIC = "public"


class Project(TeamOwned, Table):
    """`target_count` is the number of successful prints that completes it; `settings` is free JSON
    of at most 16 KiB, kept for whoever wrote it."""

    __tablename__ = "projects"
    __table_args__ = (
        Index(None, "team_id", "created_at", "id"),
        Index(None, "team_id", "status", "created_at", "id"),
        Index(None, "team_id", "name", "id"),
        Index(None, "team_id", "updated_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    description: Mapped[str | None] = mapped_column(Text)
    color: Mapped[str | None] = mapped_column(String(9))
    status: Mapped[ProjectStatus] = mapped_column(
        enum_column(ProjectStatus), default=ProjectStatus.ACTIVE
    )
    target_count: Mapped[int | None]
    settings: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    visibility: Mapped[Visibility] = mapped_column(
        enum_column(Visibility), default=Visibility.PRIVATE
    )
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
