"""The events of the Platform API. A deployment is a production run of a project."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from app.accounts.models import Team, User
from app.database import WriteSession
from app.events import (
    ProductionRunCompleted,
    ProductionRunEvent,
    ProductionRunFailed,
    ProductionRunStarted,
    ProjectCreated,
    ProjectEvent,
    ProjectUpdated,
    TeamMemberAdded,
)
from app.production.models import ProductionRun, RunStatus
from app.projects.models import Project
from app.webhooks.models import Dialect
from app.webhooks.payloads.table import (
    Data,
    EventRow,
    fresh,
    maybe_moment,
    moment,
    prefixed,
)

_STATUS: Mapping[RunStatus, str] = {
    RunStatus.PENDING: "queued",
    RunStatus.IN_PROGRESS: "in_progress",
    RunStatus.PAUSED: "in_progress",
    RunStatus.COMPLETED: "success",
    RunStatus.FAILED: "failed",
    RunStatus.CANCELLED: "cancelled",
}


async def _deployment(session: WriteSession, event: ProductionRunEvent) -> Data | None:
    run = await fresh(session, ProductionRun, event.production_run_id)
    if run is None or run.project_id is None:
        return None
    name = prefixed("deploy", run.id)
    return {
        "deployment": {
            "id": name,
            "project_id": prefixed("proj", run.project_id),
            "status": _STATUS[run.status],
            "url": f"/platform/v1/deployments/{name}",
            "created_at": moment(run.created_at),
            "completed_at": maybe_moment(run.completed_at),
        }
    }


async def _project(session: WriteSession, event: ProjectEvent) -> Data | None:
    project = await fresh(session, Project, event.project_id)
    team = await fresh(session, Team, event.team_id)
    if project is None or team is None:
        return None
    return {
        "project": {
            "id": prefixed("proj", project.id),
            "name": project.name,
            "description": project.description,
            "status": project.status.value,
            "visibility": project.visibility.value,
            "settings": project.settings,
            "created_at": moment(project.created_at),
            "updated_at": moment(project.updated_at),
            "team": {"id": prefixed("team", team.id), "name": team.name},
        }
    }


async def _member(session: WriteSession, event: TeamMemberAdded) -> Data | None:
    user = await fresh(session, User, event.user_id)
    team = await fresh(session, Team, event.team_id)
    if user is None or team is None:
        return None
    return {
        "team": {"id": prefixed("team", team.id), "name": team.name},
        "member": {
            "id": prefixed("user", user.id),
            "email": user.email,
            "name": user.name,
            "role": event.role,
            "joined_at": moment(event.occurred_at),
        },
    }


_Row = partial(EventRow, dialect=Dialect.PLATFORM)
ROWS: tuple[EventRow, ...] = (
    _Row(kind=ProductionRunStarted, name="deployment.started", data=_deployment),
    _Row(kind=ProductionRunCompleted, name="deployment.completed", data=_deployment),
    _Row(kind=ProductionRunFailed, name="deployment.failed", data=_deployment),
    _Row(kind=ProjectCreated, name="project.created", data=_project),
    _Row(kind=ProjectUpdated, name="project.updated", data=_project),
    _Row(kind=TeamMemberAdded, name="team.member_added", data=_member),
)
