"""Projects."""

from __future__ import annotations

from functools import partial

from app.accounts.models import Scope
from rest_compat.bodies import many
from rest_compat.dialects.bambuddy import BAMBUDDY
from rest_compat.routes import answers, shapes
from rest_compat.table import Rate, Route, Row, body, path_id
from rest_compat.values import Choice, Text, Whole

_Route = partial(Route, dialect=BAMBUDDY, section="Projects")
_INPUT_ID = path_id("Project", into="input.id", what="Number of the project.")
_TARGET = Whole(1, 1_000_000)
_STATUS = Choice({word: word.upper() for word in ("active", "completed", "archived")})
_DETAILS = (
    body("description", Text(20_000, empty=True), "description", "What it is.", nullable=True),
    body("color", Text(7), "color", "Colour, `#rrggbb`.", nullable=True),
    body("target_count", _TARGET, "targetCount", "Prints that complete it.", nullable=True),
)

ROWS: tuple[Row, ...] = (
    _Route(
        method="GET",
        path="/projects",
        name="list_projects",
        summary="List projects, newest first",
        rate=Rate.READ,
        scope=Scope.READ,
        operation="ListProjects",
        every="projects",
        shape=shapes.nodes(shapes.project),
        answer=many(answers.PROJECT),
    ),
    _Route(
        method="POST",
        path="/projects",
        name="create_project",
        summary="Create a project",
        rate=Rate.WRITE,
        scope=Scope.PROJECTS,
        parameters=(body("name", Text(200), "name", "Name.", required=True), *_DETAILS),
        operation="CreateProject",
        shape=shapes.payload("project", shapes.project),
        answer=answers.PROJECT,
        status=201,
        request_example={
            "name": "Voron Build",
            "description": "Building a Voron 2.4",
            "color": "#4caf50",
            "target_count": 100,
        },
    ),
    _Route(
        method="GET",
        path="/projects/{id}",
        name="get_project",
        summary="Get a project",
        rate=Rate.READ,
        scope=Scope.READ,
        parameters=(path_id("Project", what="Number of the project."),),
        operation="GetProject",
        shape=shapes.project,
        answer=answers.PROJECT,
    ),
    _Route(
        method="PATCH",
        path="/projects/{id}",
        name="update_project",
        summary="Change a project",
        rate=Rate.WRITE,
        scope=Scope.PROJECTS,
        parameters=(
            _INPUT_ID,
            body("name", Text(200), "name", "Name."),
            body("status", _STATUS, "status", "How it stands."),
            *_DETAILS,
        ),
        operation="UpdateProject",
        shape=shapes.payload("project", shapes.project),
        answer=answers.PROJECT,
    ),
    _Route(
        method="DELETE",
        path="/projects/{id}",
        name="delete_project",
        summary="Delete a project; its archives stay",
        rate=Rate.WRITE,
        scope=Scope.PROJECTS,
        parameters=(_INPUT_ID,),
        operation="DeleteProject",
        shape=shapes.constant(shapes.DELETED),
        answer=answers.DONE,
    ),
)
