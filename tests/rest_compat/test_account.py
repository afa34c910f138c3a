"""The server, the user and the usage in the Reference dialect."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app import __version__
from app.accounts import members
from app.accounts.keys import NewApiKey, create_key
from app.accounts.models import Plan, Role, Scope
from app.database import EVERY_TEAM, Database
from app.usage import counters
from app.usage.counters import UsageCounters, this_hour
from app.usage.models import UsageHour
from app.usage.queries import Granularity, period, points
from tests.farm import make_viewer
from tests.running import EMAIL, PASSWORD, RunningServer, eventually

PREFIX = "/reference/v1"


async def test_status_and_health(server: RunningServer) -> None:
    """The state in the words of the document; health is open, status is not."""
    answer = (await server.client().get(f"{PREFIX}/status")).json()
    assert (answer["status"], answer["version"]) == ("operational", __version__)
    told = datetime.fromisoformat(answer["timestamp"])
    assert abs((datetime.now(UTC) - told).total_seconds()) < 60
    assert (await server.client(None).get(f"{PREFIX}/status")).status_code == 401
    for prefix in (PREFIX, "/platform/v1"):
        health = await server.client(None).get(f"{prefix}/health")
        assert (health.status_code, health.json()["status"]) == (200, "healthy")


async def test_the_user_reads_and_changes_themselves(server: RunningServer) -> None:
    """Name and e-mail, each alone; a taken or bad e-mail changes nothing."""
    client = server.client()
    me = (await client.get(f"{PREFIX}/users/me")).json()
    assert set(me) == {"id", "email", "name", "created_at", "plan"}
    assert (me["id"][:5], me["email"], me["name"]) == ("user_", EMAIL, None)
    named = await client.put(f"{PREFIX}/users/me", json={"name": " John Doe "})
    assert named.json() == {**me, "name": "John Doe"}
    moved = await client.put(f"{PREFIX}/users/me", json={"email": "Other@Farm.example"})
    assert moved.json()["email"] == "other@farm.example"
    await members.create_user(server.runtime.database, "taken@farm.example", PASSWORD)
    for email, status, code, field in (
        ("taken@farm.example", 409, "CONFLICT", None),
        ("nobody", 400, "VALIDATION_ERROR", "email"),
        (7, 400, "VALIDATION_ERROR", "email"),
    ):
        refused = await client.put(f"{PREFIX}/users/me", json={"email": email, "name": "X"})
        assert refused.status_code == status
        assert (refused.json()["error"]["code"], refused.json()["error"]["field"]) == (code, field)
    assert (await client.get(f"{PREFIX}/users/me")).json() == moved.json()


async def test_a_small_key_takes_no_account_over(server: RunningServer) -> None:
    """An e-mail leads to a new password, so a key needs ADMIN to change it; a sign-in does not."""
    key = await server.member(members.FIRST_TEAM, Role.OWNER, *(set(Scope) - {Scope.ADMIN}))
    refused = await server.client(key).put(f"{PREFIX}/users/me", json={"email": "x@y.example"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (
        403,
        "INSUFFICIENT_PERMISSIONS",
    )
    await members.create_user(
        server.runtime.database, "look@farm.example", PASSWORD, role=Role.VIEWER
    )
    pair = await server.runtime.accounts.sign_in("look@farm.example", PASSWORD, "test")
    visitor = server.client(None)
    visitor.headers["Authorization"] = f"Bearer {pair.access_token}"
    assert (await visitor.put(f"{PREFIX}/users/me", json={"name": "Look"})).status_code == 200


@pytest.mark.parametrize(
    ("plan", "shown"),
    [(Plan.PRO, "professional"), (Plan.PROFESSIONAL, "professional"), (Plan.FREE, "free")],
)
async def test_the_plan_is_that_of_the_key(server: RunningServer, plan: Plan, shown: str) -> None:
    """`pro` is the same as `professional`."""
    viewer = await server.runtime.accounts.authenticate(api_key=server.key, authorization=None)
    async with server.runtime.database.transaction(viewer.team_id) as session:
        _row, key = await create_key(session, viewer, NewApiKey("plan", plan=plan))
    assert (await server.client(key).get(f"{PREFIX}/users/me")).json()["plan"] == shown


async def test_usage_counts_every_surface(server: RunningServer) -> None:
    """Calls by REST and GraphQL, new projects; a deleted project was made all the same."""
    client = server.client()
    for name in ("a", "b"):
        await client.post(f"{PREFIX}/projects", json={"name": name})
    await client.delete("/platform/v1/projects/proj_1")
    await server.graphql("{ viewer { role } }")
    await client.get("/api/v1/printers")
    today = datetime.now(UTC).date().isoformat()

    async def counted() -> dict[str, Any] | None:
        found: dict[str, Any] = (await client.get(f"{PREFIX}/analytics/usage")).json()
        return found if found["data"][-1]["api_calls"] >= 5 else None

    found = await eventually(counted)
    assert len(found["data"]) == 30
    last = found["data"][-1]
    assert (last["date"], last["projects_created"], last["data_processed"]) == (today, 2, 0)
    assert found["summary"] == {
        "total_api_calls": last["api_calls"],
        "total_data_processed": 0,
        "total_projects": 1,
    }
    stranger = server.client(await server.stranger())
    other = (await stranger.get(f"{PREFIX}/analytics/usage")).json()
    assert (other["summary"]["total_projects"], other["data"][-1]["projects_created"]) == (0, 0)


async def test_usage_refuses_what_cannot_be_answered(server: RunningServer) -> None:
    """400 naming the parameter."""
    client = server.client()
    for asked, field in (
        ("granularity=year", "granularity"),
        ("start_date=yesterday", "start_date"),
        ("end_date=2025-13-01", "end_date"),
        ("start_date=2025-02-01&end_date=2025-01-01", "start_date"),
        ("start_date=2001-01-01&end_date=2025-01-01", "start_date"),
        ("start_date=2025-01-01&end_date=2025-12-31&granularity=hour", "granularity"),
        ("end_date=0001-01-05", "end_date"),
        ("end_date=9999-12-31&granularity=month", "end_date"),
        ("start_date=9999-12-01&end_date=9999-12-31", "start_date"),
    ):
        answer = await client.get(f"{PREFIX}/analytics/usage?{asked}")
        assert answer.status_code == 400, asked
        assert answer.json()["error"]["field"] == field


async def test_usage_is_summed_to_steps(database: Database) -> None:
    """Hours, days, weeks from Monday, months; bounds are inclusive; nothing of another team."""
    viewer, other = await make_viewer(database), await make_viewer(database)
    at = datetime(2025, 11, 30, 22, tzinfo=UTC)  # a Sunday
    async with database.transaction(EVERY_TEAM) as session:
        session.add_all(
            UsageHour(
                team_id=team,
                hour=at + timedelta(hours=hours),
                api_calls=calls,
                data_processed=3_000_000_000,
                projects_created=0,
            )
            for team, hours, calls in (
                (viewer.team_id, 0, 1),
                (viewer.team_id, 1, 2),
                (viewer.team_id, 2, 4),
                (viewer.team_id, 26, 8),
                (other.team_id, 0, 100),
            )
        )
    end = datetime(2025, 12, 1, 23, 59, 59, tzinfo=UTC)

    async def summed(granularity: Granularity, start: datetime) -> list[tuple[str, int]]:
        async with database.read(viewer.team_id) as session:
            found = await points(session, period(start, end, granularity))
        return [(point.start.strftime("%m-%d %H"), point.api_calls) for point in found]

    start = datetime(2025, 11, 30, tzinfo=UTC)
    assert await summed(Granularity.DAY, start) == [("11-30 00", 3), ("12-01 00", 4)]
    assert await summed(Granularity.WEEK, start) == [("11-24 00", 3), ("12-01 00", 4)]
    assert await summed(Granularity.MONTH, start) == [("11-01 00", 3), ("12-01 00", 4)]
    hours = dict(await summed(Granularity.HOUR, start))
    assert (hours["11-30 22"], hours["11-30 23"], hours["12-01 00"], len(hours)) == (1, 2, 4, 48)


async def test_counters_cost_no_query_and_lose_little(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counting touches no database; one flush writes it all; what cannot be written is kept."""
    viewer = await make_viewer(database)
    counted = UsageCounters(database)
    for _ in range(1000):
        counted.count_call(viewer.team_id)
    counted.count_bytes(viewer.team_id, 5)
    counted.count_call(10**6)  # a team that is gone

    async def read() -> list[tuple[int, int]]:
        async with database.read(viewer.team_id) as session:
            found = await points(session, period(None, None, Granularity.HOUR))
        return [(point.api_calls, point.data_processed) for point in found if point.api_calls]

    assert await read() == []
    lines, broken = database.lines, Database("sqlite+aiosqlite:////nowhere/at/all.db")
    monkeypatch.setattr(database, "lines", broken.lines)
    await counted.flush()
    monkeypatch.setattr(database, "lines", lines)
    await broken.close()
    await counted.flush()
    await counted.flush()
    assert await read() == [(1000, 5)]
    monkeypatch.setattr(counters, "FLUSH_SECONDS", 0.01)
    running = asyncio.create_task(counted.run())
    counted.count_call(viewer.team_id)
    await eventually(lambda: _reads(read, [(1001, 5)]))
    counted.count_call(viewer.team_id)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert await read() == [(1002, 5)]
    assert this_hour().minute == 0


async def _reads(read: Any, wanted: Any) -> bool:
    return bool(await read() == wanted)
