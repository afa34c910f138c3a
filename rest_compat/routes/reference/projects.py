"""Projects of the Reference dialect."""

from __future__ import annotations

from functools import partial

from app.accounts.models import Scope
from rest_compat.dialects.reference import PAGE, REFERENCE
from rest_compat.routes.platform.parameters import path_id
from rest_compat.routes.project_fields import STATUS, SettingsObject
from rest_compat.routes.reference import answers, shapes
from rest_compat.routes.reference.parameters import ORDER, PAGING
from rest_compat.routes.shapes import constant, nodes, payload
from rest_compat.table import Rate, Route, Row, body, query
from rest_compat.values import Choice, Text

_Route = partial(Route, dialect=REFERENCE, section="Projects")
_SORT = Choice({word: word.upper() for word in ("created_at", "updated_at", "name")})
_NAME = partial(body, "name", Text(200), "name", "Name.")
_DETAILS = (
    body("description", Text(20_000, empty=True), "description", "What it is.", nullable=True),
    body("settings", SettingsObject(), "settings", "A JSON object of at most 16 KiB."),
)
_EXAMPLE = {
    "id": "proj_abc123",
    "name": "My Project",
    "description": "Project description",
    "settings": {"visibility": "private"},
    "status": "active",
    "created_at": "2025-11-01T10:00:00Z",
    "updated_at": "2025-11-29T12:00:00Z",
}

ROWS: tuple[Row, ...] = (
    _Route(
        method="GET",
        path="/projects",
        name="reference_list_projects",
        summary="List projects",
        rate=Rate.READ,
        scope=Scope.READ,
        parameters=(
            *PAGING,
            query("sort", _SORT, "orderBy.field", "By what.", default="CREATED_AT"),
            ORDER,
        ),
        operation="ReferenceListProjects",
        shape=nodes(shapes.project),
        envelope=PAGE,
        answer=answers.PROJECT,
        example={
            "data": [_EXAMPLE],
            "pagination": {"total": 45, "page": 1, "per_page": 20, "total_pages": 3},
            "links": {"next": "/reference/v1/projects?page=2", "prev": None},
        },
    ),
    _Route(
        method="POST",
        path="/projects",
        name="reference_create_project",
        summary="Create a project",
        rate=Rate.WRITE,
        scope=Scope.PROJECTS,
        parameters=(_NAME(required=True), *_DETAILS),
        operation="ReferenceCreateProject",
        shape=payload("project", shapes.project),
        answer=answers.PROJECT,
        status=201,
        request_example={
            "name": "New Project",
            "description": "A new project",
            "settings": {"visibility": "private"},
        },
        example=_EXAMPLE,
    ),
    _Route(
        method="GET",
        path="/projects/{id}",
        name="reference_get_project",
        summary="Get a project",
        rate=Rate.READ,
        scope=Scope.READ,
        parameters=(path_id("Project", "Project ID"),),
        operation="ReferenceGetProject",
        shape=shapes.project,
        answer=answers.PROJECT,
        example=_EXAMPLE,
    ),
    _Route(
        method="PUT",
        path="/projects/{id}",
        name="reference_update_project",
        summary="Change a project; what is left out stays",
        rate=Rate.WRITE,
        scope=Scope.PROJECTS,
        parameters=(
            path_id("Project", "Project ID", into="input.id"),
            _NAME(),
            *_DETAILS,
            body("status", STATUS, "status", "How it stands."),
        ),
        operation="ReferenceUpdateProject",
        shape=payload("project", shapes.project),
        answer=answers.PROJECT,
        request_example={"name": "Updated Project Name"},
        example=_EXAMPLE,
    ),
    _Route(
        method="DELETE",
        path="/projects/{id}",
        name="reference_delete_project",
        summary="Delete a project; its archives stay",
        rate=Rate.WRITE,
        scope=Scope.PROJECTS,
        parameters=(path_id("Project", "Project ID", into="input.id"),),
        operation="DeleteProject",
        shape=constant({"success": True, "message": "Project deleted successfully"}),
        answer=answers.DELETED,
        example={"success": True, "message": "Project deleted successfully"},
    ),
)
