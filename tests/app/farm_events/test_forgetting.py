"""Old events are forgotten in batches; the newest are kept however old they are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from app.database import EVERY_TEAM, Database
from app.farm_events import service
from app.farm_events.models import FarmEvent
from tests.farm import make_viewer


@pytest.mark.parametrize("batch", [1, 2, 4, 100])
async def test_old_events_are_forgotten_whatever_the_batch(
    database: Database, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    """Of six old events and two of today, four old ones are beyond the four that are kept."""
    monkeypatch.setattr(service, "FORGET_BATCH", batch)
    monkeypatch.setattr(service, "KEEP_AT_LEAST", 4)
    viewer = await make_viewer(database)
    now = datetime.now(UTC)
    ages = [30, 29, 28, 27, 20, 19, 0, 0]
    async with database.transaction(viewer.team_id) as session:
        for days in ages:
            session.add(
                FarmEvent(type="TestEvent", occurred_at=now - timedelta(days=days), detail={})
            )
            await session.flush()
    assert await service.forget_old(database) == 4
    assert await service.forget_old(database) == 0
    async with database.read(EVERY_TEAM) as session:
        rows = await session.scalars(select(FarmEvent.occurred_at).order_by(FarmEvent.id))
        assert [round((now - at).total_seconds() / 86_400) for at in rows] == ages[4:]
