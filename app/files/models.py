"""Stored files: contents that are kept once, and who of each team uses them."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.columns import BigId, UtcDateTime
from app.tables import Table, TeamOwned


class FileContent(Table):
    """Bytes that are stored once, whoever has them; `key` is their place in the storage.

    A content that was removed and comes back gets another key, so that whoever still removes the
    old bytes can never take the new ones. `size` is in bytes.
    """

    __tablename__ = "file_contents"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    key: Mapped[str] = mapped_column(String(100), unique=True)
    size: Mapped[int] = mapped_column(BigId)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class StoredFile(TeamOwned, Table):
    """A content as one team has it; `uses` counts the rows that name it, and 0 removes it."""

    __tablename__ = "stored_files"
    __table_args__ = (
        Index(None, "team_id", "sha256", unique=True),
        CheckConstraint("uses > 0", name="uses"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(ForeignKey("file_contents.sha256"), index=True)
    size: Mapped[int] = mapped_column(BigId)
    media_type: Mapped[str] = mapped_column(String(100))
    uses: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
