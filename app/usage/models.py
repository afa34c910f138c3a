"""What a team uses, counted by the hour."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.columns import BigId, UtcDateTime
from app.tables import Table, TeamOwned


class UsageHour(TeamOwned, Table):
    """One hour (UTC) of a team. `data_processed` is bytes of files that were given to it."""

    __tablename__ = "usage_hours"

    team_id: Mapped[int] = mapped_column(
        ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True
    )
    hour: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    api_calls: Mapped[int] = mapped_column(BigId, default=0)
    data_processed: Mapped[int] = mapped_column(BigId, default=0)
    projects_created: Mapped[int] = mapped_column(BigId, default=0)
