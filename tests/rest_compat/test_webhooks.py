"""Webhooks through the Bambuddy routes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from app.accounts.models import Scope
from tests.receiver import receiving
from tests.running import RunningServer, eventually, running
from tests.schema.asking import change
from tests.schema.test_webhooks import EVENTS, _happen


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[RunningServer]:
    """A server that may send to this machine."""
    async with running(tmp_path, allow_private_webhooks="on") as started:
        yield started


@pytest.fixture
def client(server: RunningServer) -> httpx.AsyncClient:
    client = server.client()
    client.base_url = httpx.URL(f"{server.base}/api/v1")
    return client


async def test_a_webhook_lives_and_is_told(
    server: RunningServer, client: httpx.AsyncClient
) -> None:
    """Made, listed, read, changed, tested, told, sent again, removed."""
    async with receiving() as receiver:
        given = {"url": receiver.url, "events": ["printer_offline"], "secret": "plain", "x": 1}
        made = await client.post("/webhooks", json=given)
        assert made.status_code == 201
        webhook = made.json()
        assert webhook.pop("secret") == "plain"
        times = {name: webhook[name] for name in ("created_at", "updated_at")}
        assert webhook == {
            "id": 1,
            "url": receiver.url,
            "events": ["printer_offline"],
            "active": True,
            **times,
            "failing_since": None,
            "next_attempt_at": None,
            "disabled_at": None,
            "notice": None,
        }
        assert (await client.get("/webhooks")).json() == [webhook]
        assert (await client.get("/webhooks/1")).json() == webhook
        ping = (await client.post("/webhooks/1/ping")).json()
        assert (ping["event"], ping["status"], ping["response_status"]) == (
            "ping",
            "delivered",
            200,
        )
        await _happen(server)
        _, told = await receiver.until(2)
        told.verify(b"plain")

        async def delivered() -> bool:
            page = (await client.get("/webhooks/1/deliveries?status=delivered")).json()
            return page["total"] == 2

        await eventually(delivered)
        page = (await client.get("/webhooks/1/deliveries", params={"limit": 1})).json()
        (newest,) = page["deliveries"]
        assert (page["total"], newest["message_id"]) == (2, told.id)
        assert newest["payload"] == told.json
        path = f"/webhooks/1/deliveries/{newest['id']}/redeliver"
        assert (await client.post(path)).json()["message_id"] == told.id
        assert (await client.post(path.replace("/1/", "/2/", 1))).status_code == 404
        await receiver.until(3)
        assert receiver.received[2].body == told.body

        changed = await client.patch("/webhooks/1", json={"active": False, "secret": "other"})
        assert changed.json() == webhook | {
            "active": False,
            "updated_at": changed.json()["updated_at"],
        }
        assert "other" not in changed.text
        refused = await client.post(path)
        assert (refused.status_code, refused.json()["code"]) == (409, "CONFLICT")
        assert (await client.delete("/webhooks/1")).json() == {"status": "deleted"}
        assert (await client.get("/webhooks/1")).status_code == 404


async def test_endpoints_of_other_dialects_are_not_there(
    server: RunningServer, client: httpx.AsyncClient
) -> None:
    """Made through GraphQL for another API, it is no webhook of this one."""
    made = await change(
        server,
        "createWebhook",
        "webhook { databaseId }",
        url="http://127.0.0.1:9",
        dialect="PLATFORM",
    )
    path = f"/webhooks/{made['webhook']['databaseId']}"
    assert (await client.get("/webhooks")).json() == []
    for method, end in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/ping")):
        answer = await client.request(method, path + end, json={})
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND"), (method, end)
    assert (await client.get(path + "/deliveries")).status_code == 404


async def test_without_events_and_secret_it_is_told_everything(client: httpx.AsyncClient) -> None:
    """All six events, and a secret that is made up; null means the same."""
    for given in ({}, {"events": None, "secret": None}):
        made = (await client.post("/webhooks", json={"url": "http://127.0.0.1:9", **given})).json()
        assert made["events"] == EVENTS
        assert made["secret"].startswith("whsec_")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "url"),
        ({"url": 1}, "url"),
        ({"url": "gopher://example.com"}, "url"),
        ({"url": "http://169.254.169.254/"}, "url"),
        ({"url": "http://127.0.0.1:9", "events": "print_started"}, "events"),
        ({"url": "http://127.0.0.1:9", "events": ["project.created"]}, "events"),
        ({"url": "http://127.0.0.1:9", "events": []}, "events"),
        ({"url": "http://127.0.0.1:9", "secret": 5}, "secret"),
        ({"url": "http://127.0.0.1:9", "active": "yes"}, "active"),
    ],
)
async def test_wrong_input_is_named(
    client: httpx.AsyncClient, given: dict[str, object], field: str
) -> None:
    """400 with the field, and nothing is made."""
    answer = await client.post("/webhooks", json=given)
    assert answer.status_code == 400
    assert answer.json()["code"] == "VALIDATION_ERROR"
    assert answer.json()["detail"].startswith(f"{field}: ")
    assert (await client.get("/webhooks")).json() == []


async def test_private_networks_are_refused_unless_allowed(tmp_path: Path) -> None:
    """The message names the setting."""
    async with running(tmp_path / "strict") as strict:
        answer = await strict.client().post(
            "/api/v1/webhooks", json={"url": "http://localhost:8000/hook"}
        )
    assert answer.status_code == 400
    assert "SPOOLGRAPH_ALLOW_PRIVATE_WEBHOOKS=on" in answer.json()["detail"]


async def test_only_admins_may(server: RunningServer) -> None:
    """403 with the missing scope; another team's webhook is not there."""
    key = await server.stranger(Scope.READ, Scope.CONTROL)
    assert (await server.client(key).get("/api/v1/webhooks")).status_code == 403
    made = await server.client().post("/api/v1/webhooks", json={"url": "http://127.0.0.1:9"})
    other = server.client(await server.stranger(Scope.ADMIN))
    path = f"/api/v1/webhooks/{made.json()['id']}"
    assert (await other.get("/api/v1/webhooks")).json() == []
    for method, end in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/ping")):
        answer = await other.request(method, path + end, json={})
        assert answer.status_code == 404, (method, end)
    assert (await other.get(path + "/deliveries")).status_code == 404


async def test_platform_clients_make_theirs(server: RunningServer) -> None:
    """The document's body makes an endpoint that gets that dialect's events and payload."""
    client = server.client()
    async with receiving() as receiver:
        given = {
            "url": receiver.url,
            "events": ["project.created", "deployment.started"],
            "secret": "your-webhook-secret",
        }
        made = await client.post("/platform/v1/webhooks", json=given)
        assert made.status_code == 201
        webhook = made.json()["data"]
        assert webhook | {"created_at": "", "updated_at": ""} == {
            "id": "hook_1",
            "url": receiver.url,
            "events": ["deployment.started", "project.created"],
            "active": True,
            "secret": "your-webhook-secret",
            "created_at": "",
            "updated_at": "",
            "failing_since": None,
            "notice": None,
        }
        project = await client.post("/platform/v1/projects", json={"name": "My Website"})
        (told,) = await receiver.until(1)
        told.verify(b"your-webhook-secret")
        assert told.json["id"] == told.id
        assert told.json["type"] == "project.created"
        shown = project.json()["data"]
        assert shown.pop("deployments") == {"total": 0, "latest": None}
        assert told.json["data"] == {"project": shown}
    refused = await client.post("/platform/v1/webhooks", json={**given, "events": ["print_failed"]})
    assert refused.status_code == 422
    assert refused.json()["error"]["details"][0]["field"] == "events"


async def test_platform_clients_keep_theirs(server: RunningServer) -> None:
    """Listed in pages, read, changed and removed, and nothing of it is of another dialect."""
    client = server.client()
    await client.post("/api/v1/webhooks", json={"url": "http://127.0.0.1:9/other"})
    made = await client.post("/platform/v1/webhooks", json={"url": "http://127.0.0.1:9/"})
    webhook = made.json()["data"]
    del webhook["secret"]
    listed = (await client.get("/platform/v1/webhooks?limit=1")).json()
    assert listed == {
        "data": [webhook],
        "pagination": {"page": 1, "limit": 1, "total": 1, "pages": 1},
    }
    path = f"/platform/v1/webhooks/{webhook['id']}"
    assert (await client.get(path)).json() == {"data": webhook}
    asked = {"events": ["team.member_added"], "active": False, "secret": "another"}
    changed = (await client.patch(path, json=asked)).json()["data"]
    assert changed | {"updated_at": ""} == webhook | {
        "events": ["team.member_added"],
        "active": False,
        "updated_at": "",
    }
    refused = await client.patch(path, json={"events": ["print_failed"]})
    assert refused.status_code == 422
    assert (await client.get("/platform/v1/webhooks/hook_1")).status_code == 404
    removed = await client.delete(path)
    assert (removed.status_code, removed.content) == (204, b"")
    assert (await client.get(path)).status_code == 404
    assert (await client.get("/api/v1/webhooks/1")).status_code == 200


async def test_reference_clients_keep_theirs(server: RunningServer) -> None:
    """Made bare, told the dialect's events, listed, changed and removed as projects are."""
    client = server.client()
    async with receiving() as receiver:
        given = {"url": receiver.url, "events": ["project.created"], "secret": "plain"}
        made = await client.post("/reference/v1/webhooks", json=given)
        assert made.status_code == 201
        webhook = made.json()
        assert webhook.pop("secret") == "plain"
        assert webhook | {"created_at": "", "updated_at": ""} == {
            "id": "hook_1",
            "url": receiver.url,
            "events": ["project.created"],
            "active": True,
            "created_at": "",
            "updated_at": "",
            "failing_since": None,
            "notice": None,
        }
        project = await client.post("/reference/v1/projects", json={"name": "My Project"})
        (told,) = await receiver.until(1)
        told.verify(b"plain")
        assert (told.json["type"], told.json["data"]["project"]["id"]) == (
            "project.created",
            project.json()["id"],
        )
    path = "/reference/v1/webhooks/hook_1"
    assert (await client.get(path)).json() == webhook
    assert (await client.get("/reference/v1/webhooks")).json() == {
        "data": [webhook],
        "pagination": {"total": 1, "page": 1, "per_page": 20, "total_pages": 1},
        "links": {"next": None, "prev": None},
    }
    changed = (await client.patch(path, json={"events": ["data.processed"]})).json()
    assert (changed["id"], changed["events"]) == ("hook_1", ["data.processed"])
    refused = await client.patch(path, json={"events": ["deployment.started"]})
    assert (refused.status_code, refused.json()["error"]["field"]) == (400, "events")
    assert (await client.get("/platform/v1/webhooks/hook_1")).status_code == 404
    removed = await client.delete(path)
    assert (removed.status_code, removed.json()) == (
        200,
        {"success": True, "message": "Webhook deleted successfully"},
    )
    assert (await client.get(path)).status_code == 404
