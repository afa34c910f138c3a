"""All SQL of data files."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select, update

from app.data_files.models import DataFile, DataStatus
from app.database import ReadSession, WriteSession
from app.keyset import Order, Page, Window, fetch_page
from app.projects.models import Project

Session = ReadSession | WriteSession

NEWEST_FIRST = Order("data_files.created_at.True", (DataFile.created_at, DataFile.id), True)


async def page(session: Session, project_id: int | None, window: Window) -> Page[DataFile]:
    """One window of the files, of one project or of all."""
    statement = select(DataFile)
    if project_id is not None:
        statement = statement.where(DataFile.project_id == project_id)
    return await fetch_page(session, statement, NEWEST_FIRST, window)


async def count(session: Session, project_id: int | None) -> int:
    """How many files there are, of one project or of all."""
    statement = select(func.count(DataFile.id))
    if project_id is not None:
        statement = statement.where(DataFile.project_id == project_id)
    return await session.scalar(statement) or 0


async def by_ids(session: Session, ids: Collection[int]) -> dict[int, DataFile]:
    """Files by id."""
    rows = await session.scalars(select(DataFile).where(DataFile.id.in_(ids)))
    return {row.id: row for row in rows}


async def claim(session: WriteSession, now: datetime, seconds: float) -> DataFile | None:
    """The oldest file nobody works on, for this process alone for a while."""
    free = or_(DataFile.claimed_until.is_(None), DataFile.claimed_until < now)
    waiting = DataFile.status == DataStatus.PROCESSING
    oldest = (
        select(DataFile.id)
        .where(waiting, free)
        .order_by(DataFile.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    found: DataFile | None = await session.scalar(
        update(DataFile)
        .where(DataFile.id == oldest, waiting, free)
        .values(
            claimed_until=now + timedelta(seconds=seconds),
            attempts=DataFile.attempts + 1,
            progress=10,
        )
        .returning(DataFile)
    )
    return found


async def note(session: WriteSession, data_id: int, progress: int, rows: int | None) -> None:
    """How far a file is; only while it is being processed."""
    await session.execute(
        update(DataFile)
        .where(DataFile.id == data_id, DataFile.status == DataStatus.PROCESSING)
        .values(progress=progress, rows=rows)
    )


async def locked(session: WriteSession, data_id: int) -> DataFile | None:
    """A file that is still being processed, which nobody else changes until the end."""
    found: DataFile | None = await session.scalar(
        select(DataFile)
        .where(DataFile.id == data_id, DataFile.status == DataStatus.PROCESSING)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return found


async def kept_of_project(session: WriteSession, project_id: int) -> list[int]:
    """The stored files that the data of a project still hold; nothing is added until the end."""
    await session.scalar(select(Project.id).where(Project.id == project_id).with_for_update())
    ids = await session.scalars(
        select(DataFile.file_id)
        .where(DataFile.project_id == project_id, DataFile.file_id.is_not(None))
        .with_for_update()
    )
    return [file_id for file_id in ids if file_id is not None]
