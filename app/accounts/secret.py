"""The farm's secret: a setting, or one made at first start that all processes share."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from sqlalchemy import select, update

from app.accounts.models import Installation
from app.database import EVERY_TEAM, Database
from app.upsert import insert

ONLY_ROW = 1


async def farm_secret(database: Database, given: str | None) -> str:
    """The given secret, else the stored one; the first process to ask makes it."""
    if given is not None:
        return given
    async with database.transaction(EVERY_TEAM) as session:
        await session.execute(
            insert(session, Installation)
            .values(id=ONLY_ROW, created_at=datetime.now(UTC), secret_key=None)
            .on_conflict_do_nothing(index_elements=["id"])
        )
        # Only the first update finds the column empty, whatever starts at the same moment.
        await session.execute(
            update(Installation)
            .where(Installation.id == ONLY_ROW, Installation.secret_key.is_(None))
            .values(secret_key=secrets.token_urlsafe(48))
        )
        stored = await session.scalar(
            select(Installation.secret_key).where(Installation.id == ONLY_ROW)
        )
    if stored is None:
        raise RuntimeError("the farm has no secret")
    return stored
