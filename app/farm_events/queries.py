"""Reading the event log onwards from a point."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import func, select

from app.database import ReadSession
from app.farm_events.models import FarmEvent


async def events_after(
    session: ReadSession, after: int, *, types: Collection[str] | None, limit: int
) -> Sequence[FarmEvent]:
    """Events with an id above `after`, oldest first, at most `limit`."""
    statement = select(FarmEvent).where(FarmEvent.id > after).order_by(FarmEvent.id).limit(limit)
    if types is not None:
        statement = statement.where(FarmEvent.type.in_(types))
    return (await session.scalars(statement)).all()


async def newest_event_id(session: ReadSession) -> int:
    """The id of the newest event, 0 without any."""
    return await session.scalar(select(func.max(FarmEvent.id))) or 0


async def forgotten_until(session: ReadSession) -> int:
    """The highest id that is not kept any more, 0 while nothing was forgotten."""
    oldest = await session.scalar(select(func.min(FarmEvent.id)))
    return 0 if oldest is None else oldest - 1
