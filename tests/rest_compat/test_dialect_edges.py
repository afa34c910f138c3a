"""What the Platform and Reference dialects say at their edges: errors, pages, limits, hosts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from app.accounts.keys import NewApiKey, create_key
from app.accounts.models import Plan
from app.settings import Settings, SettingsError
from tests.running import RunningServer, running


async def _make(client: httpx.AsyncClient, prefix: str, *names: str) -> list[str]:
    found = []
    for name in names:
        answer = await client.post(f"{prefix}/projects", json={"name": name})
        body = answer.json()
        found.append(body.get("data", body)["id"])
    return found


async def _key_of_plan(server: RunningServer, plan: Plan) -> str:
    viewer = await server.runtime.accounts.authenticate(api_key=server.key, authorization=None)
    async with server.runtime.database.transaction(viewer.team_id) as session:
        return (await create_key(session, viewer, NewApiKey("plan", plan=plan)))[1]


PLATFORM_REFUSALS: list[tuple[str, str, dict[str, Any], int, str, str | None]] = [
    ("POST", "projects", {"json": {}}, 422, "validation_error", "name"),
    ("POST", "projects", {"json": {"name": " "}}, 422, "validation_error", "name"),
    ("POST", "projects", {"json": {"name": 3}}, 422, "validation_error", "name"),
    (
        "POST",
        "projects",
        {"json": {"name": "x", "settings": []}},
        422,
        "validation_error",
        "settings",
    ),
    (
        "POST",
        "projects",
        {"json": {"name": "x", "settings": {"a": "x" * 17_000}}},
        422,
        "validation_error",
        "settings",
    ),
    (
        "POST",
        "projects",
        {"json": {"name": "x", "settings": {"a": "\0"}}},
        422,
        "validation_error",
        "settings",
    ),
    ("POST", "projects", {"content": b"{"}, 422, "validation_error", None),
    ("POST", "projects", {"json": {"name": "x", "team_id": "team_99"}}, 404, "not_found", None),
    (
        "POST",
        "projects",
        {"json": {"name": "x", "template": "proj_99"}},
        404,
        "not_found",
        None,
    ),
    (
        "POST",
        "projects",
        {"content": b"name=x", "headers": {"Content-Type": "text/plain"}},
        415,
        "unsupported_media_type",
        None,
    ),
    (
        "POST",
        "projects",
        {"json": {"name": "x", "description": "x" * 1_000_001}},
        413,
        "payload_too_large",
        None,
    ),
    ("GET", "projects?page=0", {}, 422, "validation_error", "page"),
    ("GET", "projects?limit=101", {}, 422, "validation_error", "limit"),
    ("GET", "projects?status=done", {}, 422, "validation_error", "status"),
    ("PATCH", "projects", {}, 405, "method_not_allowed", None),
    ("GET", "projects/proj_0", {}, 404, "not_found", None),
    ("GET", "projects/proj_01", {}, 404, "not_found", None),
    ("GET", "projects/proj_9223372036854775808", {}, 404, "not_found", None),
    ("GET", "projects/team_1", {}, 404, "not_found", None),
    ("GET", "projects/1", {}, 404, "not_found", None),
    ("GET", "projects/-1", {}, 404, "not_found", None),
    ("GET", "nothing/here", {}, 404, "not_found", None),
]


async def test_refusals_of_platform(server: RunningServer) -> None:
    """The documented body with the refused fields, and nothing is made."""
    client = server.client()
    for method, path, given, status, code, field in PLATFORM_REFUSALS:
        answer = await client.request(method, f"/platform/v1/{path}", **given)
        assert answer.status_code == status, (path, given)
        error = answer.json()["error"]
        assert set(error) == {"code", "message", "details"}
        assert error["code"] == code
        assert [item["field"] for item in error["details"]] == ([] if field is None else [field])
    listed = (await client.get("/platform/v1/projects")).json()
    assert listed["pagination"] == {"page": 1, "limit": 20, "total": 0, "pages": 0}


async def test_the_message_of_the_document(server: RunningServer) -> None:
    """A missing name reads as in the document."""
    answer = await server.client().post("/platform/v1/projects", json={})
    assert answer.json() == {
        "error": {
            "code": "validation_error",
            "message": "The request data is invalid",
            "details": [{"field": "name", "message": "Name is required"}],
        }
    }


REFERENCE_REFUSALS: list[tuple[str, str, dict[str, Any], int, str, str | None]] = [
    ("POST", "projects", {"json": {}}, 400, "VALIDATION_ERROR", "name"),
    ("POST", "projects", {"content": b"[]"}, 400, "VALIDATION_ERROR", None),
    ("GET", "projects?per_page=0", {}, 400, "VALIDATION_ERROR", "per_page"),
    ("GET", "projects?per_page=101", {}, 400, "VALIDATION_ERROR", "per_page"),
    ("GET", "projects?page=x", {}, 400, "VALIDATION_ERROR", "page"),
    ("GET", "projects?sort=color", {}, 400, "VALIDATION_ERROR", "sort"),
    ("GET", "projects?order=up", {}, 400, "VALIDATION_ERROR", "order"),
    ("GET", "projects/proj_5", {}, 404, "RESOURCE_NOT_FOUND", None),
    ("GET", "projects/abc", {}, 404, "RESOURCE_NOT_FOUND", None),
    ("GET", "nothing", {}, 404, "RESOURCE_NOT_FOUND", None),
    ("PATCH", "projects/proj_5", {}, 405, "METHOD_NOT_ALLOWED", None),
    ("GET", "projects", {"headers": {"X-API-Key": "no"}}, 401, "INVALID_API_KEY", None),
]


async def test_refusals_of_reference(server: RunningServer) -> None:
    """The documented body: code, message, field and the id that is also in the header."""
    client = server.client()
    for method, path, given, status, code, field in REFERENCE_REFUSALS:
        answer = await client.request(method, f"/reference/v1/{path}", **given)
        assert answer.status_code == status, (path, given)
        error = answer.json()["error"]
        assert error == {
            "code": code,
            "message": error["message"],
            "field": field,
            "request_id": answer.headers["x-request-id"],
        }
        if status == 405:
            assert answer.headers["allow"] == "DELETE, GET, HEAD, OPTIONS, PUT"


async def test_pages_of_both(server: RunningServer) -> None:
    """Pages neither repeat nor lose a row, and links lead from one to the next and back."""
    client = server.client()
    made = await _make(client, "/platform/v1", *"abcde")
    seen = []
    for page in (1, 2, 3, 4):
        answer = (await client.get(f"/platform/v1/projects?page={page}&limit=2")).json()
        assert answer["pagination"] == {"page": page, "limit": 2, "total": 5, "pages": 3}
        seen += [item["id"] for item in answer["data"]]
    assert seen == made[::-1]
    path: str | None = "/reference/v1/projects?page=1&per_page=2&sort=name&order=asc"
    names, back = [], []
    while path:
        answer = (await client.get(path)).json()
        names += [item["name"] for item in answer["data"]]
        back.append(answer["links"]["prev"])
        path = answer["links"]["next"]
    assert names == list("abcde")
    assert back[0] is None
    assert (await client.get(back[2])).json()["pagination"]["page"] == 2
    beyond = (await client.get("/reference/v1/projects?page=9&per_page=2")).json()
    assert (beyond["data"], beyond["links"]) == ([], {"next": None, "prev": None})


async def test_hosts_that_serve_a_dialect(tmp_path: Path) -> None:
    """With the right Host a dialect answers at /v1, its links too; the port does not matter."""
    hosts = "api.your-app.com=platform, API.yourcompany.com=reference"
    async with running(tmp_path, dialect_hosts=hosts) as server:
        client = server.client()
        await _make(client, "/platform/v1", "one", "two")
        first = await client.get(
            "/v1/projects/?per_page=1", headers={"Host": "api.yourcompany.com:8443"}
        )
        assert first.json()["links"] == {
            "next": "/v1/projects/?per_page=1&page=2",
            "prev": None,
        }
        second = await client.get("/v1/projects", headers={"Host": "API.Your-App.com"})
        assert second.json()["pagination"]["total"] == 2
        missing = await client.get("/v1/nothing", headers={"Host": "api.your-app.com"})
        assert missing.json()["error"]["code"] == "not_found"
        other = await client.get("/v1/projects")
        assert other.status_code == 404
        same = await client.get("/api/v1/projects", headers={"Host": "api.your-app.com"})
        assert len(same.json()) == 2


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("dialect_hosts", "api.example.com"),
        ("dialect_hosts", "api.example.com=bambuddy"),
        ("rate_limits", "sometimes"),
        ("rate_limits", "platform.pro=many"),
    ],
)
def test_settings_that_are_wrong(setting: str, value: str) -> None:
    """A sentence names the variable."""
    with pytest.raises(SettingsError, match=f"SPOOLGRAPH_{setting.upper()}"):
        Settings.from_environment(**{setting: value})


async def test_limits_follow_the_plan(tmp_path: Path) -> None:
    """The documented numbers per plan, counted per credential; past them 429 in each form."""
    async with running(
        tmp_path, rate_limits="platform.enterprise=2/hour,reference.enterprise=2/hour"
    ) as server:
        for plan, platform, reference in (
            (Plan.FREE, "100", "1000"),
            (Plan.PRO, "1000", "10000"),
            (Plan.PROFESSIONAL, "1000", "10000"),
        ):
            client = server.client(await _key_of_plan(server, plan))
            for prefix, allowed in (("platform", platform), ("reference", reference)):
                headers = (await client.get(f"/{prefix}/v1/projects")).headers
                assert headers["x-ratelimit-limit"] == allowed
                assert headers["x-ratelimit-remaining"] == str(int(allowed) - 1)
        client = server.client(await _key_of_plan(server, Plan.ENTERPRISE))
        for prefix, code in (("platform", "rate_limited"), ("reference", "RATE_LIMIT_EXCEEDED")):
            answers = [await client.get(f"/{prefix}/v1/projects") for _ in range(3)]
            assert [answer.status_code for answer in answers] == [200, 200, 429]
            assert answers[2].json()["error"]["code"] == code
            assert 0 < int(answers[2].headers["retry-after"]) <= 3600
            assert answers[2].headers["x-ratelimit-remaining"] == "0"


async def test_a_class_that_is_unknown_stops_the_start(tmp_path: Path) -> None:
    """A misspelt class of requests is told with the ones there are."""
    with pytest.raises(SettingsError, match=r"no class platform\.gold; there are .*platform\.pro"):
        async with running(tmp_path, rate_limits="platform.gold=1/hour"):
            pass
