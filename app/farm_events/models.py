"""The log of what happened on the farm, readable from any point for a while."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.columns import BigId, UtcDateTime
from app.tables import Table, TeamOwned


class FarmEvent(TeamOwned, Table):
    """One event. `id` grows in the order of the commits, so that reading on from one misses none.

    The ids of what it is about are plain numbers: an event outlives the rows it names.
    """

    __tablename__ = "farm_events"
    __table_args__ = (Index(None, "team_id", "id"), Index(None, "occurred_at"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    type: Mapped[str] = mapped_column(String(64))
    occurred_at: Mapped[datetime] = mapped_column(UtcDateTime)
    printer_id: Mapped[int | None]
    archive_id: Mapped[int | None]
    queue_item_id: Mapped[int | None]
    project_id: Mapped[int | None]
    spool_id: Mapped[UUID | None]
    product_id: Mapped[UUID | None]
    production_run_id: Mapped[UUID | None]
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
