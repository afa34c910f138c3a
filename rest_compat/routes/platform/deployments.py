"""Deployments of the Platform dialect: production runs of a project."""

from __future__ import annotations

from functools import partial

from app.accounts.models import Scope
from rest_compat.dialects.platform import ONE, PLATFORM, page_of
from rest_compat.routes.platform import answers, shapes
from rest_compat.routes.platform.parameters import PAGING, path_id
from rest_compat.routes.shapes import nodes_of, payload
from rest_compat.table import Rate, Route, Row, body
from rest_compat.values import Text

_Route = partial(Route, dialect=PLATFORM, section="Deployments", envelope=ONE)
_EXAMPLE = {
    "id": "deploy_789",
    "project_id": "proj_123",
    "status": "queued",
    "url": "/platform/v1/deployments/deploy_789",
    "created_at": "2024-01-21T10:25:00Z",
    "started_at": None,
    "completed_at": None,
    "failure_reason": None,
}

ROWS: tuple[Row, ...] = (
    _Route(
        method="GET",
        path="/projects/{id}/deployments",
        name="platform_list_deployments",
        summary="List the deployments of a project, newest first",
        rate=Rate.READ,
        scope=Scope.READ,
        parameters=(path_id("Project", "Id of the project.", into="projectId"), *PAGING),
        operation="PlatformListDeployments",
        shape=nodes_of("productionRuns", shapes.deployment),
        envelope=page_of("productionRuns"),
        answer=answers.DEPLOYMENT,
        example={
            "data": [_EXAMPLE],
            "pagination": {"page": 1, "limit": 20, "total": 1, "pages": 1},
        },
    ),
    _Route(
        method="POST",
        path="/projects/{id}/deployments",
        name="platform_create_deployment",
        summary="Queue every printable archive of a project on its team's printers",
        description="A project with nothing to print gives a deployment that is a success at once.",
        rate=Rate.WRITE,
        scope=Scope.QUEUE,
        parameters=(
            path_id("Project", "Id of the project.", into="input.projectId"),
            body("notes", Text(20_000, empty=True), "notes", "Notes.", nullable=True),
        ),
        operation="PlatformCreateDeployment",
        fixed={"input": {"allowEmpty": True}},
        acts_in="input.projectId",
        shape=payload("productionRun", shapes.deployment),
        answer=answers.DEPLOYMENT,
        status=201,
        example={"data": _EXAMPLE},
    ),
    _Route(
        method="GET",
        path="/deployments/{id}",
        name="platform_get_deployment",
        summary="How a deployment stands",
        rate=Rate.READ,
        scope=Scope.READ,
        parameters=(path_id("ProductionRun", "Id of the deployment."),),
        operation="PlatformGetDeployment",
        shape=shapes.deployment,
        answer=answers.DEPLOYMENT,
        example={"data": _EXAMPLE},
    ),
    _Route(
        method="POST",
        path="/deployments/{id}/cancel",
        name="platform_cancel_deployment",
        summary="Cancel a deployment: what waits is taken back, what is printed is stopped",
        rate=Rate.CONTROL,
        scope=Scope.INVENTORY,
        parameters=(path_id("ProductionRun", "Id of the deployment.", into="input.id"),),
        operation="PlatformCancelDeployment",
        acts_in="input.id",
        shape=payload("productionRun", shapes.deployment),
        answer=answers.DEPLOYMENT,
        example={"data": {**_EXAMPLE, "status": "cancelled"}},
    ),
)
