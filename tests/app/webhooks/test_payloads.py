"""What each documented API tells its endpoints, to the letter."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import orjson

from app.accounts import teams
from app.accounts.models import Role, Team, User
from app.database import EVERY_TEAM, WriteSession
from app.events import ProductionRunCompleted, ProductionRunFailed, ProductionRunStarted
from app.production.models import ProductionRun, RunStatus
from app.projects import service as projects
from app.projects.models import Project
from app.projects.service import NewProject, ProjectChanges
from app.spools import service as spools
from app.spools.service import NewSpool
from app.webhooks.catalogue import ENVELOPES, ROWS, events_of
from app.webhooks.models import Dialect
from tests.app.webhooks.conftest import Post
from tests.farm import NOON, make_viewer

SINCE = "2026-03-01T12:00:00Z"


async def _told(post: Post) -> list[tuple[str, dict[str, Any]]]:
    """Event and data of each message; the envelope is that of the Platform document."""
    found = []
    for item in await post.log():
        body = orjson.loads(item.body)
        assert list(body) == ["id", "type", "created_at", "data"]
        assert body["id"] == item.message_id
        assert body["type"] == item.event
        assert item.message_id.startswith("evt_")
        found.append((item.event, body["data"]))
    return found


async def _project(post: Post) -> Project:
    async with post.database.transaction(post.viewer.team_id) as session:
        new = NewProject("My Project", "What it is", settings={"a": 1})
        return await projects.create_project(session, post.viewer, new)


async def _change(post: Post, project: Project) -> None:
    async with post.database.transaction(post.viewer.team_id) as session:
        changes = ProjectChanges(name="Renamed")
        await projects.update_project(session, post.viewer, project.id, changes)


async def _run(
    session: WriteSession, post: Post, project_id: int | None, number: str = "20260301-001"
) -> ProductionRun:
    run = ProductionRun(
        team_id=post.viewer.team_id,
        run_number=number,
        status=RunStatus.IN_PROGRESS,
        project_id=project_id,
        printer_name="Left",
        started_at=NOON,
        estimated_print_time=5400,
        estimated_total_filament=Decimal("12.5"),
        created_at=NOON,
        updated_at=NOON,
    )
    session.add(run)
    await session.flush()
    return run


def test_every_dialect_has_an_envelope_and_its_documented_events() -> None:
    """Names as the documents write them."""
    assert set(ENVELOPES) == set(Dialect)
    assert set(events_of(Dialect.BAMBUDDY)) == {
        "print_started",
        "print_progress",
        "print_complete",
        "print_failed",
        "printer_offline",
        "printer_error",
    }
    assert set(events_of(Dialect.BATCHIVO)) == {"inventory.low_stock", "production_run.completed"}
    assert set(events_of(Dialect.PLATFORM)) == {
        "deployment.started",
        "deployment.completed",
        "deployment.failed",
        "project.created",
        "project.updated",
        "team.member_added",
    }
    assert {"project.created", "project.updated", "project.deleted", "user.invited"} <= set(
        events_of(Dialect.REFERENCE)
    )
    # Only kept events have an order that all processes share.
    assert all(row.kind.kept for row in ROWS)
    assert len({(row.kind, row.dialect, row.name) for row in ROWS}) == len(ROWS)


async def test_batchivo_is_told_of_stock_that_runs_low(post: Post) -> None:
    """The spool as its API shows it, once, when it becomes low."""
    await post.webhook("http://127.0.0.1:9/", dialect=Dialect.BATCHIVO)
    async with post.database.transaction(post.viewer.team_id) as session:
        new = NewSpool(
            material="PLA", color="Red", net_weight=Decimal(1000), purchase_price=Decimal("19.99")
        )
        spool = await spools.create_spool(session, post.viewer, new)
    for grams in (Decimal("800.5"), Decimal(10)):
        async with post.database.transaction(post.viewer.team_id) as session:
            await spools.deduct_spool(session, post.viewer, spool.id, grams, None)
    ((event, data),) = await _told(post)
    told = data["spool"]
    assert event == "inventory.low_stock"
    assert told | {"created_at": "", "updated_at": ""} == {
        "id": str(spool.id),
        "material_type": "PLA",
        "brand": None,
        "color": "Red",
        "color_hex": None,
        "finish": None,
        "diameter_mm": 1.75,
        "net_weight_grams": 1000.0,
        "remaining_weight_grams": 199.5,
        "spool_weight_grams": None,
        "purchase_price": 19.99,
        "cost_per_gram": 0.01999,
        "supplier": None,
        "purchase_date": None,
        "notes": None,
        "low_stock": True,
        "created_at": "",
        "updated_at": "",
    }


async def test_batchivo_is_told_of_production_that_is_done(post: Post) -> None:
    """The run as its transaction leaves it."""
    await post.webhook("http://127.0.0.1:9/", dialect=Dialect.BATCHIVO)
    async with post.database.transaction(EVERY_TEAM) as session:
        run = await _run(session, post, None)
        run.status, run.completed_at, run.actual_print_time = RunStatus.COMPLETED, NOON, 3600
        session.raise_event(ProductionRunCompleted(team_id=run.team_id, production_run_id=run.id))
    ((event, data),) = await _told(post)
    assert event == "production_run.completed"
    assert data == {
        "production_run": {
            "id": str(run.id),
            "run_number": "20260301-001",
            "status": "completed",
            "printer_name": "Left",
            "project_id": None,
            "started_at": SINCE,
            "completed_at": SINCE,
            "estimated_print_time_hours": 1.5,
            "actual_print_time_hours": 1.0,
            "estimated_total_filament_grams": 12.5,
            "actual_total_filament_grams": None,
            "quality_rating": None,
            "quality_notes": None,
            "notes": None,
            "failure_reason": None,
            "created_at": SINCE,
            "updated_at": SINCE,
        }
    }


async def test_platform_is_told_of_deployments_and_projects(post: Post) -> None:
    """A production run of a project is a deployment; one of none is nothing."""
    await post.webhook("http://127.0.0.1:9/", dialect=Dialect.PLATFORM)
    project = await _project(post)
    await _change(post, project)
    async with post.database.transaction(EVERY_TEAM) as session:
        run = await _run(session, post, project.id)
        about = {"team_id": run.team_id, "production_run_id": run.id, "project_id": project.id}
        session.raise_event(ProductionRunStarted(**about))
        other = await _run(session, post, None, "20260301-002")
        session.raise_event(ProductionRunStarted(team_id=other.team_id, production_run_id=other.id))
    for status, kind in (
        (RunStatus.COMPLETED, ProductionRunCompleted),
        (RunStatus.FAILED, ProductionRunFailed),
    ):
        async with post.database.transaction(EVERY_TEAM) as session:
            found = await session.get_one(ProductionRun, run.id)
            found.status, found.completed_at = status, NOON
            session.raise_event(kind(**about))
    told = await _told(post)
    assert [event for event, _ in told] == [
        "project.created",
        "project.updated",
        "deployment.started",
        "deployment.completed",
        "deployment.failed",
    ]
    async with post.database.read(EVERY_TEAM) as reading:
        team = await reading.get_one(Team, post.viewer.team_id)
    (created, updated, started, completed, failed) = [data for _, data in told]
    assert created["project"] | {"created_at": "", "updated_at": ""} == {
        "id": f"proj_{project.id}",
        "name": "My Project",
        "description": "What it is",
        "status": "active",
        "visibility": "private",
        "settings": {"a": 1},
        "created_at": "",
        "updated_at": "",
        "team": {"id": f"team_{team.id}", "name": team.name},
    }
    assert updated["project"]["name"] == "Renamed"
    deployment = {
        "id": f"deploy_{run.id.hex}",
        "project_id": f"proj_{project.id}",
        "status": "in_progress",
        "url": f"/platform/v1/deployments/deploy_{run.id.hex}",
        "created_at": SINCE,
        "completed_at": None,
    }
    assert started == {"deployment": deployment}
    deployment |= {"status": "success", "completed_at": SINCE}
    assert completed == {"deployment": deployment}
    assert failed == {"deployment": deployment | {"status": "failed"}}


async def test_reference_is_told_of_projects_that_come_change_and_go(post: Post) -> None:
    """A project that is gone is told by its id."""
    await post.webhook("http://127.0.0.1:9/", dialect=Dialect.REFERENCE)
    project = await _project(post)
    await _change(post, project)
    async with post.database.transaction(post.viewer.team_id) as session:
        await projects.delete_project(session, post.viewer, project.id)
    told = await _told(post)
    assert [event for event, _ in told] == ["project.created", "project.updated", "project.deleted"]
    (created, updated, gone) = [data["project"] for _, data in told]
    assert created | {"created_at": "", "updated_at": ""} == {
        "id": f"proj_{project.id}",
        "name": "My Project",
        "description": "What it is",
        "settings": {"a": 1},
        "status": "active",
        "created_at": "",
        "updated_at": "",
    }
    assert updated["name"] == "Renamed"
    assert gone == {"id": f"proj_{project.id}"}


async def test_people_who_join_and_who_are_asked_to_are_told(post: Post) -> None:
    """Somebody with an account is a member at once, anybody else is invited."""
    for dialect in (Dialect.PLATFORM, Dialect.REFERENCE):
        await post.webhook("http://127.0.0.1:9/", dialect=dialect)
    other = await make_viewer(post.database, name="another")
    async with post.database.read(EVERY_TEAM) as reading:
        user = await reading.get_one(User, other.user_id)
        team = await reading.get_one(Team, post.viewer.team_id)
    for email, role in ((user.email, Role.VIEWER), ("new@farm.example", Role.OPERATOR)):
        async with post.database.transaction(post.viewer.team_id) as session:
            await teams.add_member(session, post.viewer, email, role)
    joined, invited = await _told(post)
    assert joined[0] == "team.member_added"
    assert joined[1]["member"].pop("joined_at").endswith("Z")
    assert joined[1] == {
        "team": {"id": f"team_{team.id}", "name": team.name},
        "member": {
            "id": f"user_{user.id}",
            "email": user.email,
            "name": None,
            "role": "viewer",
        },
    }
    assert invited[0] == "user.invited"
    told = invited[1]["invitation"]
    assert (told["email"], told["role"]) == ("new@farm.example", "operator")
    assert set(told) == {"id", "email", "role", "created_at", "expires_at"}
