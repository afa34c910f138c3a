"""Bambuddy clients work unchanged: each documented example, and what the document leaves open."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import openpyxl
import pytest
from sqlalchemy import update

from app.archives import figures
from app.archives.models import Archive, ArchiveStatus
from app.archives.service import search_text
from app.database import EVERY_TEAM
from app.print_queue.models import QueueItem, QueueStatus
from tests.running import EMAIL, PASSWORD, RunningServer, running

NOON = datetime(2024, 1, 15, 14, 30, tzinfo=UTC)
PRINTER = {
    "name": "New Printer",
    "ip_address": "127.0.0.1",
    "access_code": "12345678",
    "serial_number": "01P00A000000002",
    "mqtt_port": 1,
}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@pytest.fixture
def client(server: RunningServer) -> httpx.AsyncClient:
    client = server.client()
    client.base_url = httpx.URL(f"{server.base}/api/v1")
    return client


async def _archives(server: RunningServer, number: int = 3, **values: Any) -> list[int]:
    """Prints of the past, an hour apart, the last one newest."""
    viewer = await server.runtime.accounts.authenticate(api_key=server.key, authorization=None)
    async with server.runtime.database.transaction(viewer.team_id) as session:
        rows = []
        for count in range(number):
            at = NOON + timedelta(hours=count)
            fields: dict[str, Any] = {
                "name": "Benchy",
                "filename": "benchy.3mf",
                "status": ArchiveStatus.SUCCESS,
                "created_at": at,
                "started_at": at,
                "completed_at": at + timedelta(seconds=8100),
                "updated_at": at,
                "duration": 8100,
                "filament_type": "PLA",
                "tags": [],
                **values,
            }
            rows.append(Archive(**fields))
            rows[-1].search_text = search_text(rows[-1])
        session.add_all(rows)
        await session.flush()
        await figures.rebuild(session)
        return [row.id for row in rows]


async def test_printers(client: httpx.AsyncClient) -> None:
    """Added, listed, read, changed, removed; the access code never comes back."""
    added = await client.post("/printers", json=PRINTER)
    assert added.status_code == 201
    body = added.json()
    assert body == {
        "id": 1,
        "name": "New Printer",
        "ip_address": "127.0.0.1",
        "serial_number": "01P00A000000002",
        "model": "P1S",
        "status": "offline",
        "current_print": None,
    }
    assert (await client.get("/printers")).json() == [body]
    assert (await client.get("/printers/1/")).json() == body
    changed = await client.patch("/printers/1", json={"name": "Updated Name", "unknown": 1})
    assert changed.status_code == 200
    assert changed.json()["name"] == "Updated Name"
    status = (await client.get("/printers/1/status")).json()
    assert status["state"] == "offline"
    assert set(status) == {
        "state",
        "progress",
        "remaining_time",
        "current_layer",
        "total_layers",
        "temperatures",
        "hms_status",
    }
    refreshed = await client.post("/printers/1/refresh-status")
    assert (refreshed.status_code, refreshed.json()["code"]) == (400, "PRINTER_NOT_CONNECTED")
    removed = await client.delete("/printers/1")
    assert (removed.status_code, removed.json()) == (200, {"status": "deleted"})
    assert (await client.get("/printers/1")).status_code == 404
    assert (await client.get("/printers")).json() == []


async def test_archives(server: RunningServer, client: httpx.AsyncClient) -> None:
    """The list with its total, one of them, a change, a deletion; statistics follow."""
    ids = await _archives(server)
    page = (await client.get("/archives", params={"limit": 2})).json()
    assert page["total"] == 3
    assert [item["id"] for item in page["archives"]] == [ids[2], ids[1]]
    rest = (await client.get("/archives", params={"limit": 2, "offset": 2})).json()
    assert [item["id"] for item in rest["archives"]] == [ids[0]]
    first = (await client.get(f"/archives/{ids[0]}")).json()
    assert first | {"notes": None} == first
    assert first["created_at"] == "2024-01-15T14:30:00Z"
    assert (first["duration"], first["status"], first["filament_type"]) == (8100, "success", "PLA")
    change = {"name": "Updated Name", "notes": "Great print", "tags": ["functional", "gift"]}
    changed = await client.patch(f"/archives/{ids[0]}", json=change)
    assert {name: changed.json()[name] for name in change} == change
    assert (await client.get("/statistics")).json()["total_prints"] == 3
    removed = await client.delete(f"/archives/{ids[0]}")
    assert removed.json() == {"status": "deleted"}
    assert (await client.get("/statistics")).json()["total_prints"] == 2
    assert (await client.get("/archives")).json()["total"] == 2


async def test_an_archive_that_is_sent_to_a_printer_stays(
    server: RunningServer, client: httpx.AsyncClient
) -> None:
    """409 in the dialect's form while a queue item prints it; 200 once it only waits."""
    (archive,) = await _archives(server, 1)
    item = (await client.post("/queue", json={"archive_id": archive})).json()["id"]
    for status, code in ((QueueStatus.UPLOADING, 409), (QueueStatus.PENDING, 200)):
        async with server.runtime.database.transaction(EVERY_TEAM) as session:
            await session.execute(
                update(QueueItem).where(QueueItem.id == item).values(status=status)
            )
        answer = await client.delete(f"/archives/{archive}")
        assert answer.status_code == code, answer.text
        if code == 409:
            assert answer.json() == {
                "detail": "This archive is being sent or printed; cancel that first.",
                "code": "CONFLICT",
            }
    assert (await client.get("/queue")).json() == []


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"status": "success"}, 3),
        ({"status": "failed"}, 0),
        ({"printer_id": 99}, 0),
        ({"project_id": 99}, 0),
        ({"start_date": "2024-01-15", "end_date": "2024-01-15"}, 3),
        ({"start_date": "2024-01-16"}, 0),
        ({"end_date": "2024-01-14"}, 0),
        ({"start_date": "2024-01-15T15:30:00Z"}, 2),
        ({"end_date": "2024-01-15T15:30:00Z"}, 2),
        ({"search": "BENCH pla"}, 3),
        ({"search": "bench petg"}, 0),
        ({"search": "100%"}, 0),
        ({"search": "benchy_3mf"}, 0),
        ({"unknown": "ignored"}, 3),
    ],
)
async def test_archive_filters(
    server: RunningServer,
    client: httpx.AsyncClient,
    parameters: dict[str, Any],
    expected: int,
) -> None:
    """Days are whole and in UTC, times exact; every word of a search must occur."""
    await _archives(server)
    page = (await client.get("/archives", params=parameters)).json()
    assert page["total"] == len(page["archives"]) == expected


async def test_exports(server: RunningServer, client: httpx.AsyncClient) -> None:
    """CSV by default, XLSX when asked; a cell that looks like a formula is made harmless."""
    await _archives(server, 2, name="=HYPERLINK(1)")
    answer = await client.get("/archives/export")
    assert answer.headers["content-disposition"] == 'attachment; filename="archives.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["name"] for row in rows] == ["'=HYPERLINK(1)"] * 2
    assert rows[0]["duration"] == "8100"
    book = openpyxl.load_workbook(
        io.BytesIO((await client.get("/archives/export", params={"format": "xlsx"})).content)
    )
    sheet = list(book.worksheets[0].iter_rows(values_only=True))
    assert len(sheet) == 3
    assert sheet[1][1] == "'=HYPERLINK(1)"
    refused = await client.get("/archives/export", params={"format": "pdf"})
    assert (refused.status_code, refused.json()["code"]) == (400, "VALIDATION_ERROR")
    totals = list(csv.DictReader(io.StringIO((await client.get("/statistics/export")).text)))
    assert totals[-1]["printer_name"] == "Total"
    assert totals[-1]["total_prints"] == "2"


async def test_projects(server: RunningServer, client: httpx.AsyncClient) -> None:
    """A project counts its successful prints towards the target."""
    made = await client.post(
        "/projects",
        json={
            "name": "Voron Build",
            "description": "Building a Voron 2.4",
            "color": "#4caf50",
            "target_count": 100,
        },
    )
    assert made.status_code == 201
    project = made.json()
    assert (project["status"], project["progress"], project["archive_count"]) == ("active", 0.0, 0)
    assert TIME.fullmatch(project["created_at"])
    (archive,) = await _archives(server, 1)
    await client.patch(f"/archives/{archive}", json={"project_id": project["id"]})
    listed = (await client.get("/projects")).json()
    assert listed[0]["completed_count"] == 1
    assert listed[0]["progress"] == 1.0
    changed = await client.patch(f"/projects/{project['id']}", json={"target_count": None})
    assert changed.json()["progress"] is None
    assert (await client.delete(f"/projects/{project['id']}")).json() == {"status": "deleted"}
    assert (await client.get(f"/archives/{archive}")).json()["project_id"] is None


async def test_queue(server: RunningServer, client: httpx.AsyncClient) -> None:
    """Added, put into order, removed; an order that names a stranger changes nothing."""
    (archive,) = await _archives(server, 1)
    ids = []
    for _ in range(3):
        made = await client.post(
            "/queue", json={"archive_id": archive, "scheduled_time": "2030-01-15T18:00:00Z"}
        )
        assert made.status_code == 201
        ids.append(made.json()["id"])
    assert made.json() | {"status": "pending", "printer_id": None} == made.json()
    assert made.json()["scheduled_time"] == "2030-01-15T18:00:00Z"
    ordered = await client.post("/queue/reorder", json={"order": [ids[2]]})
    assert ordered.status_code == 200
    assert [item["id"] for item in (await client.get("/queue")).json()] == [ids[2], ids[0], ids[1]]
    for order in ([ids[0], 999], [ids[0], ids[0]], ["x"], "abc"):
        refused = await client.post("/queue/reorder", json={"order": order})
        assert (refused.status_code, refused.json()["code"]) == (400, "VALIDATION_ERROR")
    assert [item["id"] for item in (await client.get("/queue")).json()] == [ids[2], ids[0], ids[1]]
    assert (await client.get("/queue", params={"status": "completed"})).json() == []
    assert (await client.delete(f"/queue/{ids[0]}")).json() == {"status": "deleted"}
    assert (await client.post("/queue", json={"archive_id": 999})).status_code == 404


async def test_how_an_item_is_printed(server: RunningServer, client: httpx.AsyncClient) -> None:
    """Plate, trays, copies and the condition may be told with it; what is wrong is named."""
    (archive,) = await _archives(server, 1)
    made = await client.post(
        "/queue",
        json={
            "archive_id": archive,
            "plate": 2,
            "ams_mapping": [2, -1, 128, 254, 255],
            "require_previous_success": True,
            "quantity": 2,
        },
    )
    assert made.status_code == 201
    assert (await client.get("/queue")).json()[0]["id"] == made.json()["id"]
    nodes = (
        await server.graphql(
            """{ queue { nodes { plate requirePreviousSuccess
                filaments { filament unit slot } } } }"""
        )
    )["queue"]["nodes"]
    assert (
        nodes
        == [
            {
                "plate": 2,
                "requirePreviousSuccess": True,
                "filaments": [
                    {"filament": 1, "unit": 0, "slot": 2},
                    {"filament": 3, "unit": 128, "slot": 0},
                    {"filament": 4, "unit": None, "slot": 0},
                    {"filament": 5, "unit": None, "slot": 0},
                ],
            }
        ]
        * 2
    )
    for wrong in (
        {"plate": 0},
        {"quantity": 101},
        {"ams_mapping": [1, "x"]},
        {"ams_mapping": [17, 99]},
        {"require_previous_success": "yes"},
    ):
        refused = await client.post("/queue", json={"archive_id": archive, **wrong})
        assert (refused.status_code, refused.json()["code"]) == (400, "VALIDATION_ERROR")


async def test_statistics_and_system(server: RunningServer, client: httpx.AsyncClient) -> None:
    """Figures of whole UTC days; what the server is."""
    await _archives(server, 2)
    await _archives(server, 1, status=ArchiveStatus.FAILED)
    body = (await client.get("/statistics", params={"start_date": "2024-01-15"})).json()
    assert body == {
        "total_prints": 3,
        "successful_prints": 2,
        "failed_prints": 1,
        "stopped_prints": 0,
        "success_rate": 66.67,
        "total_print_time": 24_300,
        "total_filament_used": 0.0,
        "total_cost": 0.0,
    }
    empty = (await client.get("/statistics", params={"end_date": "2020-01-01"})).json()
    assert (empty["total_prints"], empty["success_rate"]) == (0, 0)
    info = (await client.get("/system/info")).json()
    assert info["database"]["archives"] == 3
    assert isinstance(info["uptime"], int)
    for path in (f"{server.base}/health", "/health"):
        health = await server.client(None).get(
            path if path.startswith("http") else f"{server.base}/api/v1{path}"
        )
        assert health.json() | {"status": "healthy", "database": "connected"} == health.json()


async def test_signing_in(server: RunningServer) -> None:
    """Login, me, refresh, logout, as documented; a bad password is INVALID_CREDENTIALS."""
    client = server.client(None)
    base = f"{server.base}/api/v1/auth"
    pair = (await client.post(f"{base}/login", json={"email": EMAIL, "password": PASSWORD})).json()
    assert (pair["token_type"], pair["expires_in"]) == ("bearer", 1800)
    headers = {"Authorization": f"Bearer {pair['access_token']}"}
    me = (await client.get(f"{base}/me", headers=headers)).json()
    assert me["email"] == EMAIL
    assert set(me) == {"id", "email", "name", "created_at", "tenant_id"}
    again = await client.post(f"{base}/refresh", json={"refresh_token": pair["refresh_token"]})
    assert again.status_code == 200
    body = {"refresh_token": again.json()["refresh_token"]}
    assert (await client.post(f"{base}/logout", json=body)).status_code == 204
    ended = await client.get(f"{base}/me", headers=headers)
    assert (ended.status_code, ended.json()["code"]) == (401, "INVALID_TOKEN")
    bad = await client.post(f"{base}/login", json={"email": EMAIL, "password": "wrong one"})
    assert (bad.status_code, bad.json()["code"]) == (401, "INVALID_CREDENTIALS")
    empty = await client.post(f"{base}/login", json={})
    assert empty.status_code == 422
    assert {item["field"] for item in empty.json()["errors"]} == {"email", "password"}


@pytest.mark.parametrize("path", ["printers", "archives", "projects", "queue"])
@pytest.mark.parametrize("key", ["abc", "-1", "0", str(2**31), str(2**63), "1.5", "%00"])
async def test_ids_that_cannot_exist(client: httpx.AsyncClient, path: str, key: str) -> None:
    """404 on whatever is done with them."""
    answers = [await client.delete(f"/{path}/{key}")]
    if path != "queue":
        answers += [
            await client.get(f"/{path}/{key}"),
            await client.patch(f"/{path}/{key}", json={"name": "x"}),
        ]
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("content", "content_type", "status", "code"),
    [
        (b"{", "application/json", 400, "VALIDATION_ERROR"),
        (b"[]", "application/json", 400, "VALIDATION_ERROR"),
        (b"\xff", "application/json", 400, "VALIDATION_ERROR"),
        (b"{}", "application/json", 400, "VALIDATION_ERROR"),
        (b'{"name": 7}', "application/json", 400, "VALIDATION_ERROR"),
        (b'{"name": null}', "application/json", 400, "VALIDATION_ERROR"),
        (b'{"name": "  "}', "application/json", 400, "VALIDATION_ERROR"),
        (b'{"name": "x", "target_count": 0}', "application/json", 400, "VALIDATION_ERROR"),
        (b'{"name": "x", "target_count": "3"}', "application/json", 400, "VALIDATION_ERROR"),
        (b'{"name": "x", "color": "green"}', "application/json", 400, "VALIDATION_ERROR"),
        (b'{"name": "x"}', "text/plain", 415, "UNSUPPORTED_MEDIA_TYPE"),
        (b"name=x", "application/x-www-form-urlencoded", 415, "UNSUPPORTED_MEDIA_TYPE"),
        (b'{"name": "' + b"x" * 1_100_000 + b'"}', "application/json", 413, "PAYLOAD_TOO_LARGE"),
    ],
)
async def test_bodies_that_are_wrong(
    client: httpx.AsyncClient, content: bytes, content_type: str, status: int, code: str
) -> None:
    """The documented error naming the field, and nothing is made."""
    answer = await client.post("/projects", content=content, headers={"Content-Type": content_type})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    if b'"target_count"' in content:
        assert "target_count" in answer.json()["detail"]
    assert (await client.get("/projects")).json() == []


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=501",
        "limit=x",
        "offset=-1",
        "status=done",
        "printer_id=x",
        "start_date=yesterday",
        "end_date=2024-13-01",
    ],
)
async def test_parameters_that_are_wrong(client: httpx.AsyncClient, query: str) -> None:
    """400 naming the parameter."""
    answer = await client.get(f"/archives?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR")
    assert query.split("=")[0] in answer.json()["detail"]


async def test_another_teams_rows_are_not_found(server: RunningServer) -> None:
    """404 on every route that takes an id, also inside bodies; nothing is changed."""
    ids = await _archives(server, 1)
    ours = server.client()
    project = (await ours.post("/api/v1/projects", json={"name": "ours"})).json()["id"]
    printer = (await ours.post("/api/v1/printers", json=PRINTER)).json()["id"]
    item = (await ours.post("/api/v1/queue", json={"archive_id": ids[0]})).json()["id"]
    stranger = server.client(await server.stranger())
    attempts = [
        ("GET", f"archives/{ids[0]}", None),
        ("PATCH", f"archives/{ids[0]}", {"name": "x"}),
        ("DELETE", f"archives/{ids[0]}", None),
        ("GET", f"projects/{project}", None),
        ("PATCH", f"projects/{project}", {"name": "x"}),
        ("DELETE", f"projects/{project}", None),
        ("GET", f"printers/{printer}", None),
        ("GET", f"printers/{printer}/status", None),
        ("POST", f"printers/{printer}/refresh-status", None),
        ("PATCH", f"printers/{printer}", {"name": "x"}),
        ("DELETE", f"printers/{printer}", None),
        ("DELETE", f"queue/{item}", None),
        ("POST", "queue", {"archive_id": ids[0]}),
    ]
    for method, path, body in attempts:
        answer = await stranger.request(method, f"/api/v1/{path}", json=body)
        assert answer.status_code == 404, (method, path, answer.text)
    refused = await stranger.post("/api/v1/queue/reorder", json={"order": [item]})
    assert refused.status_code == 400
    for path in ("printers", "projects", "queue"):
        assert (await stranger.get(f"/api/v1/{path}")).json() == []
    assert (await stranger.get("/api/v1/archives")).json() == {"total": 0, "archives": []}
    assert "Benchy" not in (await stranger.get("/api/v1/archives/export")).text
    assert (await ours.get(f"/api/v1/archives/{ids[0]}")).json()["name"] == "Benchy"


async def test_http_manners(server: RunningServer, client: httpx.AsyncClient) -> None:
    """HEAD, OPTIONS, 405 with Allow, ETag and 304, request ids, no redirect on a slash."""
    await _archives(server, 1)
    read = await client.get("/archives/")
    assert read.status_code == 200
    same = await client.get("/archives", headers={"If-None-Match": read.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")
    head = await client.head("/archives")
    assert (head.status_code, head.content) == (200, b"")
    wrong = await client.put("/archives")
    assert (wrong.status_code, wrong.json()["code"]) == (405, "METHOD_NOT_ALLOWED")
    assert wrong.headers["allow"] == "GET, HEAD, OPTIONS, POST"
    assert (await client.options("/archives")).headers["allow"] == "GET, HEAD, OPTIONS, POST"
    named = await client.get("/archives", headers={"X-Request-ID": "my-id.1"})
    assert named.headers["x-request-id"] == "my-id.1"
    odd = await client.get("/archives", headers={"X-Request-ID": "no good id!"})
    assert odd.headers["x-request-id"].startswith("req_")
    assert (await client.get("/nothing/here")).json()["code"] == "NOT_FOUND"


async def test_limits(tmp_path: Any) -> None:
    """Ten control requests a minute, with truthful headers; the eleventh is 429."""
    async with running(tmp_path, rate_limits="on") as server:
        client = server.client()
        for left in range(9, -1, -1):
            answer = await client.post("/api/v1/printers/1/refresh-status")
            assert answer.status_code == 404
            assert answer.headers["x-ratelimit-limit"] == "10"
            assert answer.headers["x-ratelimit-remaining"] == str(left)
        refused = await client.post("/api/v1/printers/1/refresh-status")
        assert (refused.status_code, refused.json()["code"]) == (429, "RATE_LIMITED")
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert (await client.get("/api/v1/printers")).status_code == 200
