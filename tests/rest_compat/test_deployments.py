"""Deployments of the Platform dialect are production runs of a project."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from app.accounts import members
from app.accounts.models import Role
from app.production.models import ProductionRun
from tests.running import PASSWORD, RunningServer, eventually
from tests.sliced import threemf

PREFIX = "/platform/v1"


@pytest.fixture
async def project(server: RunningServer) -> str:
    """A project with two files that can be printed."""
    client = server.client()
    made = (await client.post(f"{PREFIX}/projects", json={"name": "Lamp"})).json()["data"]["id"]
    for title in ("Foot", "Shade"):
        uploaded = await client.post(
            "/reference/v1/data/upload",
            data={"project_id": made},
            files={"file": (f"{title}.3mf", threemf(title=title))},
        )
        data_id = uploaded.json()["id"]

        async def done(data_id: str = data_id) -> bool:
            found = (await client.get(f"/reference/v1/data/{data_id}")).json()
            return bool(found["status"] == "completed")

        await eventually(done)
    found: str = made
    return found


async def test_from_trigger_to_cancel(server: RunningServer, project: str) -> None:
    """Queued with every file once, listed newest first, cancelled with what waits."""
    client = server.client()
    path = f"{PREFIX}/projects/{project}/deployments"
    triggered = await client.post(path)
    assert triggered.status_code == 201, triggered.text
    first = triggered.json()["data"]
    assert re.fullmatch(r"deploy_[0-9a-f]{32}", first["id"])
    assert first | {"created_at": ""} == {
        "id": first["id"],
        "project_id": project,
        "status": "queued",
        "url": f"{PREFIX}/deployments/{first['id']}",
        "created_at": "",
        "started_at": None,
        "completed_at": None,
        "failure_reason": None,
    }
    queue = (await client.get("/api/v1/queue")).json()
    assert sorted(item["archive_name"] for item in queue) == ["Foot", "Shade"]
    second = (await client.post(path, json={"notes": "again"})).json()["data"]
    listed = (await client.get(f"{path}?limit=1")).json()
    assert [item["id"] for item in listed["data"]] == [second["id"]]
    assert listed["pagination"] == {"page": 1, "limit": 1, "total": 2, "pages": 2}
    rest = (await client.get(f"{path}?limit=1&page=2")).json()
    assert [item["id"] for item in rest["data"]] == [first["id"]]
    shown = (await client.get(f"{PREFIX}/projects/{project}")).json()["data"]
    assert shown["deployments"]["total"] == 2
    assert shown["deployments"]["latest"] == {
        "id": second["id"],
        "status": "queued",
        "created_at": second["created_at"],
    }
    cancelled = await client.post(f"{PREFIX}/deployments/{second['id']}/cancel")
    assert cancelled.status_code == 200
    assert cancelled.json()["data"]["status"] == "cancelled"
    again = await client.post(f"{PREFIX}/deployments/{second['id']}/cancel")
    assert again.status_code == 409
    read = (await client.get(f"{PREFIX}/deployments/{first['id']}")).json()["data"]
    assert read["status"] == "queued"


async def test_nothing_to_print_is_a_success_at_once(server: RunningServer) -> None:
    """A blank project deploys, as the documents show it."""
    client = server.client()
    made = (await client.post(f"{PREFIX}/projects", json={"name": "x", "template": "blank"})).json()
    answer = await client.post(f"{PREFIX}/projects/{made['data']['id']}/deployments", json={})
    assert answer.status_code == 201
    assert answer.json()["data"]["status"] == "success"
    assert answer.json()["data"]["completed_at"] is not None


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        ("pending", "queued"),
        ("in_progress", "in_progress"),
        ("paused", "in_progress"),
        ("completed", "success"),
        ("failed", "failed"),
        ("cancelled", "cancelled"),
    ],
)
async def test_the_status_is_the_runs(server: RunningServer, status: Any, shown: str) -> None:
    """In the document's words."""
    client = server.client()
    made = (await client.post(f"{PREFIX}/projects", json={"name": "x"})).json()["data"]["id"]
    run = (await client.post(f"{PREFIX}/projects/{made}/deployments")).json()["data"]["id"]
    viewer = await server.runtime.accounts.authenticate(api_key=server.key, authorization=None)
    async with server.runtime.database.transaction(viewer.team_id) as session:
        from sqlalchemy import select

        (row,) = (await session.scalars(select(ProductionRun))).all()
        row.status = status
    found = (await client.get(f"{PREFIX}/deployments/{run}")).json()["data"]
    assert found["status"] == shown


async def test_what_is_no_deployment_is_not_found(server: RunningServer, project: str) -> None:
    """Runs of no project, ids that cannot be, and everything of another team."""
    client = server.client()
    data = await server.graphql(
        "mutation { createProductionRun(input: {}) { productionRun { databaseId } } }"
    )
    uid = data["createProductionRun"]["productionRun"]["databaseId"].replace("-", "")
    mine = (await client.post(f"{PREFIX}/projects/{project}/deployments")).json()["data"]["id"]
    stranger = server.client(await server.stranger())
    for who, deployment in (
        (client, f"deploy_{uid}"),
        (client, "deploy_1"),
        (client, "deploy_x"),
        (stranger, mine),
    ):
        assert (await who.get(f"{PREFIX}/deployments/{deployment}")).status_code == 404
        cancelled = await who.post(f"{PREFIX}/deployments/{deployment}/cancel")
        assert cancelled.status_code == 404
    for method in ("GET", "POST"):
        answer = await stranger.request(method, f"{PREFIX}/projects/{project}/deployments")
        assert answer.status_code == 404
    run = await server.graphql("{ productionRuns { nodes { status } } }")
    assert {item["status"] for item in run["productionRuns"]["nodes"]} == {"PENDING"}


async def test_a_sign_in_deploys_in_the_team_of_the_project(
    server: RunningServer, project: str
) -> None:
    """Also where it acts in another team at first; a viewer there is refused."""
    client = server.client()
    team = (await client.get(f"{PREFIX}/teams")).json()["data"][0]["id"]
    for email, role, status in (
        ("works@farm.example", "operator", 201),
        ("looks@farm.example", "viewer", 403),
    ):
        await members.create_user(
            server.runtime.database, email, PASSWORD, team=f"team of {email}", role=Role.OWNER
        )
        await client.post(f"{PREFIX}/teams/{team}/members", json={"email": email, "role": role})
        pair = await server.runtime.accounts.sign_in(email, PASSWORD, "test")
        person = httpx.AsyncClient(
            base_url=server.base, headers={"Authorization": f"Bearer {pair.access_token}"}
        )
        server.clients.append(person)
        answer = await person.post(f"{PREFIX}/projects/{project}/deployments")
        assert answer.status_code == status, answer.text
        listed = (await person.get(f"{PREFIX}/projects/{project}/deployments")).json()
        assert listed["pagination"]["total"] == 1
