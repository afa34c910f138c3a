"""Locks on something that is no row: one at a time per team, until the transaction ends."""

from __future__ import annotations

from enum import IntEnum

from sqlalchemy import text

from app.database import WriteSession


class Purpose(IntEnum):
    """What is locked. Numbers that no other advisory lock of the database uses."""

    BILLS_OF_MATERIAL = 73_052


async def lock_team(session: WriteSession, purpose: Purpose, team_id: int) -> None:
    """Wait until no other transaction holds this lock. SQLite has a single writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(
            text("SELECT pg_advisory_xact_lock(:purpose, :team)"),
            {"purpose": int(purpose), "team": team_id},
        )
