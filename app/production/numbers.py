"""Run numbers: the day (UTC) and a number within it, given away once and never again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from app.database import WriteSession
from app.production.models import RunNumber
from app.upsert import add_to


async def next_run_number(session: WriteSession, team_id: int, at: datetime) -> str:
    """`YYYYMMDD-NNN`, unique in the team.

    The counter is raised by one statement, which holds it until the transaction ends: two runs
    never get the same number, and a run that is deleted does not free its own.
    """
    key = {"team_id": team_id, "day": at.date()}
    await add_to(session, RunNumber, key, {"last": 1})
    last = await session.scalar(select(RunNumber.last).where(RunNumber.day == at.date()))
    return f"{at:%Y%m%d}-{last:03d}"
