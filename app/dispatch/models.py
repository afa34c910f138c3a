"""Work that exactly one process of a farm does."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.columns import UtcDateTime
from app.tables import Table


class WorkLease(Table):
    """The process that alone does a kind of work, until `expires_at`."""

    __tablename__ = "work_leases"

    work: Mapped[str] = mapped_column(String(64), primary_key=True)
    owner: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
