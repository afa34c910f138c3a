"""The rules of projects."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import delete

from app import texts
from app.accounts.models import Scope
from app.accounts.viewer import Viewer
from app.database import WriteSession
from app.errors import Invalid, NotFound
from app.events import ProjectCreated, ProjectDeleted, ProjectUpdated
from app.projects import queries
from app.projects.models import Project, ProjectStatus, Visibility
from app.records import record
from app.unset import UNSET, Unset
from app.usage.counters import count_project

MAX_TARGET = 1_000_000
MAX_DESCRIPTION = 20_000
MAX_SETTINGS_BYTES = 16_384


@record
class NewProject:
    """A project to make. `target_count` successful prints complete it."""

    name: str
    description: str | None = None
    color: str | None = None
    target_count: int | None = None
    settings: object = None
    visibility: Visibility | None = None


@record
class ProjectChanges:
    """What to change."""

    name: str | Unset = UNSET
    description: str | Unset | None = UNSET
    color: str | Unset | None = UNSET
    status: ProjectStatus | Unset = UNSET
    target_count: int | Unset | None = UNSET
    settings: object = UNSET
    visibility: Visibility | Unset = UNSET


async def create_project(session: WriteSession, viewer: Viewer, new: NewProject) -> Project:
    """A new, active project. Raises `Forbidden` or `Invalid` naming the field."""
    viewer.require(Scope.PROJECTS)
    now = datetime.now(UTC)
    project = Project(
        name=texts.required(new.name, "name", 200),
        description=texts.optional(new.description, "description", MAX_DESCRIPTION),
        color=texts.color(new.color, "color"),
        status=ProjectStatus.ACTIVE,
        target_count=_target(new.target_count),
        settings={} if new.settings is None else _settings(new.settings),
        visibility=new.visibility or Visibility.PRIVATE,
        created_at=now,
        updated_at=now,
    )
    session.add(project)
    await session.flush()
    await count_project(session, project.team_id)
    session.raise_event(ProjectCreated(team_id=project.team_id, project_id=project.id))
    return project


async def update_project(
    session: WriteSession, viewer: Viewer, project_id: int, changes: ProjectChanges
) -> Project:
    """Change a project."""
    viewer.require(Scope.PROJECTS)
    project = await _find(session, project_id)
    if changes.name is not UNSET:
        project.name = texts.required(changes.name, "name", 200)
    if changes.description is not UNSET:
        project.description = texts.optional(changes.description, "description", MAX_DESCRIPTION)
    if changes.color is not UNSET:
        project.color = texts.color(changes.color, "color")
    if changes.status is not UNSET:
        project.status = changes.status
    if changes.target_count is not UNSET:
        project.target_count = _target(changes.target_count)
    if changes.settings is not UNSET:
        project.settings = _settings(changes.settings)
    if changes.visibility is not UNSET:
        project.visibility = changes.visibility
    project.updated_at = datetime.now(UTC)
    session.raise_event(ProjectUpdated(team_id=project.team_id, project_id=project.id))
    return project


async def delete_project(session: WriteSession, viewer: Viewer, project_id: int) -> int:
    """Remove a project; its archives stay in the history, without a project."""
    viewer.require(Scope.PROJECTS)
    project = await _find(session, project_id)
    await session.execute(delete(Project).where(Project.id == project_id))
    session.raise_event(ProjectDeleted(team_id=project.team_id, project_id=project_id))
    return project_id


async def _find(session: WriteSession, project_id: int) -> Project:
    project = (await queries.by_ids(session, [project_id])).get(project_id)
    if project is None:
        raise NotFound("There is no such project.", field="id")
    return project


def _target(value: int | None) -> int | None:
    if value is not None and not 1 <= value <= MAX_TARGET:
        raise Invalid(f"A target lies between 1 and {MAX_TARGET}.", field="target_count")
    return value


def _settings(value: object) -> dict[str, Any]:
    """A JSON object of at most 16 KiB, measured as it is sent."""
    if not isinstance(value, Mapping):
        raise Invalid("Settings are a JSON object.", field="settings")
    try:
        size = len(orjson.dumps(value))
    except orjson.JSONEncodeError:
        raise Invalid("Settings hold something that JSON cannot say.", field="settings") from None
    if size > MAX_SETTINGS_BYTES:
        raise Invalid(f"Settings have at most {MAX_SETTINGS_BYTES} bytes.", field="settings")
    if b"\\u0000" in orjson.dumps(value):
        raise Invalid("Settings must not contain the character NUL.", field="settings")
    return dict(value)
