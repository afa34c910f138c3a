"""Projects of the Platform dialect."""

from __future__ import annotations

from functools import partial

from app.accounts.models import Scope
from rest_compat.dialects.platform import ONE, PAGE, PLATFORM
from rest_compat.prefixed import PrefixedRef
from rest_compat.routes.platform import answers, shapes
from rest_compat.routes.platform.parameters import PAGING, path_id
from rest_compat.routes.project_fields import STATUS, SettingsObject, Template, Visibility
from rest_compat.routes.shapes import nodes, payload
from rest_compat.table import TEAM, Parameter, Rate, Route, Row, Source, body, query
from rest_compat.values import Text

_Route = partial(Route, dialect=PLATFORM, section="Projects")
_NAME = partial(body, "name", Text(200), "name", "Name.")
_DESCRIPTION = body(
    "description", Text(20_000, empty=True), "description", "What it is.", nullable=True
)
_SETTINGS = body("settings", SettingsObject(), "settings", "A JSON object of at most 16 KiB.")
_VISIBILITY = body("visibility", Visibility, "visibility", "Whom it is meant for.")
_EXAMPLE = {
    "id": "proj_123",
    "name": "My Website",
    "description": "Personal portfolio website",
    "status": "active",
    "visibility": "private",
    "settings": {},
    "created_at": "2024-01-15T10:30:00Z",
    "updated_at": "2024-01-20T14:45:00Z",
    "team": {"id": "team_456", "name": "My Team"},
    "deployments": {
        "total": 15,
        "latest": {
            "id": "deploy_789",
            "status": "success",
            "created_at": "2024-01-20T14:45:00Z",
        },
    },
}

ROWS: tuple[Row, ...] = (
    _Route(
        method="GET",
        path="/projects",
        name="platform_list_projects",
        summary="List projects, newest first",
        rate=Rate.READ,
        scope=Scope.READ,
        parameters=(
            *PAGING,
            query("status", STATUS, "filter.status", "How a project stands."),
            query("team", PrefixedRef("Team"), "filter.teamId", "In this team."),
        ),
        operation="PlatformListProjects",
        shape=nodes(shapes.project),
        envelope=PAGE,
        answer=answers.PROJECT,
        example={
            "data": [_EXAMPLE],
            "pagination": {"page": 1, "limit": 10, "total": 25, "pages": 3},
        },
    ),
    _Route(
        method="POST",
        path="/projects",
        name="platform_create_project",
        summary="Create a project",
        rate=Rate.WRITE,
        scope=Scope.PROJECTS,
        parameters=(
            _NAME(required=True),
            _DESCRIPTION,
            body(
                "template",
                Template(),
                "templateId",
                "`blank`, or a project whose files, settings and visibility it begins with.",
            ),
            _VISIBILITY,
            _SETTINGS,
            Parameter(
                "team_id",
                PrefixedRef("Team"),
                TEAM,
                Source.BODY,
                description="The team it belongs to; that of the credential without it.",
            ),
        ),
        operation="PlatformCreateProject",
        acts_in=TEAM,
        shape=payload("project", shapes.project),
        envelope=ONE,
        answer=answers.PROJECT,
        status=201,
        request_example={
            "name": "My New Project",
            "description": "Project description",
            "template": "blank",
            "visibility": "private",
            "team_id": "team_456",
        },
        example={"data": _EXAMPLE},
    ),
    _Route(
        method="GET",
        path="/projects/{id}",
        name="platform_get_project",
        summary="Get a project",
        rate=Rate.READ,
        scope=Scope.READ,
        parameters=(path_id("Project", "Id of the project."),),
        operation="PlatformGetProject",
        shape=shapes.project,
        envelope=ONE,
        answer=answers.PROJECT,
        example={"data": _EXAMPLE},
    ),
    _Route(
        method="PUT",
        path="/projects/{id}",
        name="platform_update_project",
        summary="Change a project; what is left out stays",
        rate=Rate.WRITE,
        scope=Scope.PROJECTS,
        parameters=(
            path_id("Project", "Id of the project.", into="input.id"),
            _NAME(),
            _DESCRIPTION,
            body("status", STATUS, "status", "How it stands."),
            _VISIBILITY,
            _SETTINGS,
        ),
        operation="PlatformUpdateProject",
        acts_in="input.id",
        shape=payload("project", shapes.project),
        envelope=ONE,
        answer=answers.PROJECT,
        request_example={"name": "My Website"},
    ),
    _Route(
        method="DELETE",
        path="/projects/{id}",
        name="platform_delete_project",
        summary="Delete a project; its archives stay",
        rate=Rate.WRITE,
        scope=Scope.PROJECTS,
        parameters=(path_id("Project", "Id of the project.", into="input.id"),),
        operation="DeleteProject",
        acts_in="input.id",
        shape=dict,
        status=204,
    ),
)
