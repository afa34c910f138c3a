"""All SQL of plates."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select

from app.database import ReadSession, WriteSession
from app.plates.models import Plate

Session = ReadSession | WriteSession


async def of_files(session: Session, files: Collection[int]) -> dict[int, list[Plate]]:
    """The plates of stored files, in the order of their number."""
    found: dict[int, list[Plate]] = {file_id: [] for file_id in files}
    rows = await session.scalars(
        select(Plate).where(Plate.file_id.in_(files)).order_by(Plate.file_id, Plate.number)
    )
    for row in rows:
        found[row.file_id].append(row)
    return found


async def plate_of(session: Session, file_id: int | None, number: int | None) -> Plate | None:
    """One plate of a file."""
    if file_id is None or number is None:
        return None
    found: Plate | None = await session.scalar(
        select(Plate).where(Plate.file_id == file_id, Plate.number == number)
    )
    return found
