"""Every request the documents of the Platform and Reference APIs show works when only the host is
changed, and its answer has what the example shows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.accounts.models import Role
from app.database import EVERY_TEAM
from app.production.models import ProductionRun, RunStatus
from tests.rest_compat.served import PLATFORM, REFERENCE
from tests.running import KEY, RunningServer, running

PLATFORM_HOST, REFERENCE_HOST = "api.your-app.com", "api.yourcompany.com"
HOSTS = f"{PLATFORM_HOST}=platform,{REFERENCE_HOST}=reference"
PROJECT = {
    "id": str,
    "name": str,
    "description": (str, type(None)),
    "created_at": str,
    "updated_at": str,
}
PLATFORM_PROJECT = {
    **PROJECT,
    "status": str,
    "team": {"id": str, "name": str},
    "deployments": {"total": int, "latest": (dict, type(None))},
}
REFERENCE_PROJECT = {**PROJECT, "settings": dict}
DEPLOYMENT = {"id": str, "project_id": str, "status": str, "url": str, "created_at": str}
PAGES = {"page": int, "limit": int, "total": int, "pages": int}
DATA = {
    "id": str,
    "project_id": str,
    "filename": str,
    "size": int,
    "rows": (int, type(None)),
    "status": str,
    "created_at": str,
}
USER = {"id": str, "email": str, "name": (str, type(None)), "created_at": str, "plan": str}

# Method, path, body, status, and what the answer has. `{project}` and the like are ids.
ON_PLATFORM: list[tuple[str, str, Any, int, Any]] = [
    (
        "GET",
        "/v1/projects?page=1&limit=10&status=active",
        None,
        200,
        {"data": [PLATFORM_PROJECT], "pagination": PAGES},
    ),
    ("GET", "/v1/projects", None, 200, {"data": [PLATFORM_PROJECT], "pagination": PAGES}),
    (
        "POST",
        "/v1/projects",
        {
            "name": "My New Project",
            "description": "A new project",
            "template": "blank",
            "visibility": "private",
        },
        201,
        {"data": PLATFORM_PROJECT},
    ),
    (
        "POST",
        "/v1/projects",
        {
            "name": "My New Project",
            "description": "Project description",
            "template": "blank",
            "visibility": "private",
            "team_id": "{team}",
        },
        201,
        {"data": PLATFORM_PROJECT},
    ),
    ("GET", "/v1/projects/{project}", None, 200, {"data": PLATFORM_PROJECT}),
    ("PUT", "/v1/projects/{project}", {"name": "Renamed"}, 200, {"data": PLATFORM_PROJECT}),
    (
        "GET",
        "/v1/projects/{project}/deployments",
        None,
        200,
        {"data": [DEPLOYMENT], "pagination": PAGES},
    ),
    ("POST", "/v1/projects/{project}/deployments", None, 201, {"data": DEPLOYMENT}),
    ("GET", "/v1/deployments/{deployment}", None, 200, {"data": DEPLOYMENT}),
    ("POST", "/v1/deployments/{waiting}/cancel", None, 200, {"data": DEPLOYMENT}),
    ("GET", "/v1/teams", None, 200, {"data": [{"id": str, "name": str}], "pagination": PAGES}),
    ("POST", "/v1/teams", {"name": "My Team"}, 201, {"data": {"id": str, "name": str}}),
    (
        "GET",
        "/v1/teams/{team}/members",
        None,
        200,
        {"data": [{"id": str, "email": str, "role": str}], "pagination": PAGES},
    ),
    (
        "POST",
        "/v1/teams/{team}/members",
        {"email": "new@example.com", "role": "operator"},
        201,
        {"data": {"id": str, "email": str, "role": str}},
    ),
    ("DELETE", "/v1/teams/{team}/members/{member}", None, 204, None),
    (
        "POST",
        "/v1/webhooks",
        {
            "url": "https://your-app.com/webhooks/deployments",
            "events": ["deployment.started", "deployment.completed", "deployment.failed"],
            "secret": "your-webhook-secret",
        },
        201,
        {"data": {"url": str, "events": list}},
    ),
    ("GET", "/v1/health", None, 200, {"status": str}),
    ("DELETE", "/v1/projects/{project}", None, 204, None),
    ("GET", "/postman-collection.json", None, 200, {"info": dict, "item": list}),
]
ON_REFERENCE: list[tuple[str, str, Any, int, Any]] = [
    ("GET", "/v1/status", None, 200, {"status": str, "version": str, "timestamp": str}),
    (
        "GET",
        "/v1/projects?page=1&per_page=20",
        None,
        200,
        {
            "data": [PROJECT],
            "pagination": {"total": int, "page": int, "per_page": int, "total_pages": int},
            "links": {"next": (str, type(None)), "prev": (str, type(None))},
        },
    ),
    (
        "POST",
        "/v1/projects",
        {
            "name": "New Project",
            "description": "A new project",
            "settings": {"visibility": "private"},
        },
        201,
        REFERENCE_PROJECT,
    ),
    ("GET", "/v1/projects/{project}", None, 200, REFERENCE_PROJECT),
    (
        "PUT",
        "/v1/projects/{project}",
        {"name": "Updated Project Name"},
        200,
        REFERENCE_PROJECT,
    ),
    ("GET", "/v1/data/{data}", None, 200, DATA),
    ("GET", "/v1/users/me", None, 200, USER),
    ("PUT", "/v1/users/me", {"name": "John Doe"}, 200, USER),
    (
        "GET",
        "/v1/analytics/usage?start_date=2025-11-01&end_date=2025-11-30&granularity=day",
        None,
        200,
        {
            "data": [
                {"date": str, "api_calls": int, "data_processed": int, "projects_created": int}
            ],
            "summary": {
                "total_api_calls": int,
                "total_data_processed": int,
                "total_projects": int,
            },
        },
    ),
    ("GET", "/v1/health", None, 200, {"status": str}),
    ("DELETE", "/v1/projects/{project}", None, 200, {"success": bool, "message": str}),
]


def _has(answer: Any, shown: Any) -> bool:
    """Whether the keys of an example are there with the same types; more may be."""
    if isinstance(shown, dict):
        return isinstance(answer, dict) and all(
            name in answer and _has(answer[name], value) for name, value in shown.items()
        )
    if isinstance(shown, list):
        return isinstance(answer, list) and all(_has(item, shown[0]) for item in answer)
    return shown is None or isinstance(answer, shown)


@pytest.fixture
async def hosted(tmp_path: Path) -> AsyncIterator[RunningServer]:
    """A server that both hosts point to."""
    async with running(tmp_path, dialect_hosts=HOSTS) as started:
        yield started


async def _ids(server: RunningServer) -> dict[str, str]:
    """One of everything the documents name."""
    client = server.client()
    platform, reference = "/platform/v1", "/reference/v1"
    project = (await client.post(f"{platform}/projects", json={"name": "My Website"})).json()
    found = {"project": project["data"]["id"], "team": project["data"]["team"]["id"]}
    path = f"{platform}/projects/{found['project']}/deployments"
    found["deployment"] = (await client.post(path)).json()["data"]["id"]
    found["waiting"] = (await client.post(path)).json()["data"]["id"]
    await _make_waiting(server, found["waiting"])
    member = await server.member("My farm", Role.VIEWER)
    me = await client.get(f"{platform}/teams/{found['team']}/members")
    found["member"] = me.json()["data"][-1]["id"]
    assert member
    data = await client.post(
        f"{reference}/data/upload",
        data={"project_id": found["project"]},
        files={"file": ("data.csv", "material_type,color,net_weight_grams\nPLA,Red,1000\n")},
    )
    assert _has(data.json(), DATA), data.text
    found["data"] = data.json()["id"]
    return found


async def _make_waiting(server: RunningServer, deployment: str) -> None:
    """A deployment of nothing ends at once; this one has something to do."""
    async with server.runtime.database.transaction(EVERY_TEAM) as session:
        run = await session.get(ProductionRun, UUID(deployment.removeprefix("deploy_")))
        assert run is not None
        run.status, run.completed_at = RunStatus.PENDING, None


def _filled(value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, str):
        for name, found in ids.items():
            value = value.replace("{" + name + "}", found)
        return value
    if isinstance(value, dict):
        return {name: _filled(item, ids) for name, item in value.items()}
    return value


@pytest.mark.parametrize(
    ("host", "requests"), [(PLATFORM_HOST, ON_PLATFORM), (REFERENCE_HOST, ON_REFERENCE)]
)
async def test_the_requests_of_the_documents(
    hosted: RunningServer, host: str, requests: list[tuple[str, str, Any, int, Any]]
) -> None:
    """Sent as they stand there, with the key as a bearer, to the host they name."""
    ids = await _ids(hosted)
    headers = {"Host": host, "Authorization": f"Bearer {KEY}"}
    async with httpx.AsyncClient(base_url=hosted.base, headers=headers) as client:
        for method, path, body, status, shown in requests:
            answer = await client.request(method, _filled(path, ids), json=_filled(body, ids))
            assert answer.status_code == status, (method, path, answer.text)
            if shown is not None:
                assert _has(answer.json(), shown), (method, path, answer.text)


def test_no_documented_route_is_left_out() -> None:
    """The table above has every route of both dialects but the upload, which is a form, and the
    routes for endpoints of webhooks, which the documents only name or leave to a guide."""
    for served, requests, prefix in (
        (PLATFORM, ON_PLATFORM, "/platform"),
        (REFERENCE, ON_REFERENCE, "/reference"),
    ):
        sent = {
            (method, prefix + _general(path.partition("?")[0])) for method, path, *_rest in requests
        }
        left = {route for route in served - sent if "/webhooks" not in route[1]}
        assert left <= {("POST", "/reference/v1/data/upload")}
    assert ("POST", "/v1/webhooks") in {(method, path) for method, path, *_rest in ON_PLATFORM}


def _general(path: str) -> str:
    for name in ("project", "deployment", "waiting", "team", "data"):
        path = path.replace("{" + name + "}", "{id}")
    return path.replace("{member}", "{userId}")
