"""Batchivo clients see the inventory as the overview documents it."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from app.printers.live import StatusChange, StatusReason
from app.printers.status import AmsTray, AmsUnit, PrinterStatus
from rest_compat.routes.spool_bodies import EXAMPLE
from schema.ids import global_id
from tests.farm import make_printer
from tests.running import EMAIL, PASSWORD, RunningServer, running
from tests.schema.asking import change, refused
from tests.statements import counted

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@pytest.fixture
def client(server: RunningServer) -> httpx.AsyncClient:
    client = server.client()
    client.base_url = httpx.URL(f"{server.base}/api/v1")
    return client


async def _add(server: RunningServer, **given: Any) -> str:
    """The UUID of a new spool."""
    fields = {"material": "PLA", "color": "Red", "netWeight": "1000", **given}
    made = await change(server, "createSpool", "spool { databaseId }", **fields)
    uid: str = made["spool"]["databaseId"]
    return uid


async def test_a_spool_is_wrapped(server: RunningServer, client: httpx.AsyncClient) -> None:
    """Every documented key, exact numbers as JSON numbers, times in UTC."""
    uid = await _add(
        server, netWeight="1000.3", remainingWeight="6.3", purchasePrice="24.99", brand="Arc"
    )
    answer = await client.get(f"/spools/{uid}")
    assert answer.status_code == 200
    spool = answer.json()["data"]
    assert set(spool) == set(EXAMPLE)
    assert spool | {"created_at": "", "updated_at": ""} == {
        "id": uid,
        "material_type": "PLA",
        "brand": "Arc",
        "color": "Red",
        "color_hex": None,
        "finish": None,
        "diameter_mm": 1.75,
        "net_weight_grams": 1000.3,
        "remaining_weight_grams": 6.3,
        "spool_weight_grams": None,
        "purchase_price": 24.99,
        "cost_per_gram": 0.024983,
        "supplier": None,
        "purchase_date": None,
        "notes": None,
        "low_stock": True,
        "tray_uuid": None,
        "loaded_in": None,
        "created_at": "",
        "updated_at": "",
    }
    assert TIME.fullmatch(spool["created_at"])
    assert '"remaining_weight_grams":6.3,' in answer.text
    unchanged = await client.get(
        f"/spools/{uid}", headers={"If-None-Match": answer.headers["etag"]}
    )
    assert (unchanged.status_code, unchanged.content) == (304, b"")


@pytest.mark.parametrize("wrong", ["abc", "1", "-1", str(2**63), str(uuid4())])
async def test_what_cannot_be_an_id_is_not_found(client: httpx.AsyncClient, wrong: str) -> None:
    """404 in the documented form."""
    answer = await client.get(f"/spools/{wrong}")
    assert answer.status_code == 404
    assert answer.json()["code"] == "NOT_FOUND"
    assert isinstance(answer.json()["detail"], str)


async def test_a_list_is_paged_by_skip_and_limit(
    server: RunningServer, client: httpx.AsyncClient
) -> None:
    """`page` is skip // limit + 1; another team's spools do not count."""
    uids = [await _add(server) for _ in range(5)]
    stranger = await server.stranger()
    await change(
        server, "createSpool", "__typename", stranger, material="PLA", color="X", netWeight="1"
    )
    first = (await client.get("/spools")).json()
    assert [spool["id"] for spool in first["data"]] == uids[::-1]
    assert first["meta"] == {"total": 5, "page": 1, "per_page": 20}
    third = (await client.get("/spools?skip=4&limit=2")).json()
    assert [spool["id"] for spool in third["data"]] == uids[:1]
    assert third["meta"] == {"total": 5, "page": 3, "per_page": 2}
    beyond = (await client.get("/spools?skip=5")).json()
    assert beyond == {"data": [], "meta": {"total": 5, "page": 1, "per_page": 20}}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=ten", "limit"),
        ("skip=-1", "skip"),
        ("skip=1.5", "skip"),
        ("in_stock=maybe", "in_stock"),
        ("sort_order=up", "sort_order"),
        ("sort_by=password", "sort_by"),
    ],
)
async def test_a_parameter_out_of_its_range_is_422(
    client: httpx.AsyncClient, query: str, field: str
) -> None:
    """The field is named, in the words and in `errors`; an unknown order lists the known ones."""
    answer = await client.get(f"/spools?{query}")
    assert answer.status_code == 422
    body = answer.json()
    assert body["code"] == "VALIDATION_ERROR"
    assert body["detail"].startswith(f"{field}: ")
    assert [error["field"] for error in body["errors"]] == [field]
    if field == "sort_by":
        for name in ("created_at", "material_type", "remaining_weight_grams", "cost_per_gram"):
            assert name in body["errors"][0]["message"]


async def test_filters_combine(server: RunningServer, client: httpx.AsyncClient) -> None:
    """All that are given hold; texts in any case; unknown parameters are passed over."""
    await _add(server, brand="Polymaker", color="Blue")
    await _add(server, brand="Polymaker", color="Red", remainingWeight="0")
    await _add(server, brand="polymaker", color="red", material="PETG", remainingWeight="199.999")
    await _add(server, color="Red", remainingWeight="200")

    async def count(query: str) -> int:
        body = (await client.get(f"/spools?{query}")).json()
        assert body["meta"]["total"] == len(body["data"])
        return len(body["data"])

    assert await count("") == 4
    assert await count("brand=POLYMAKER") == 3
    assert await count("brand=polymaker&material_type=pla") == 2
    assert await count("brand=Polymaker&color=RED&in_stock=true") == 1
    assert await count("in_stock=false") == 1
    assert await count("low_stock=true") == 2
    assert await count("low_stock=false&in_stock=1&unknown=x") == 2
    assert await count("material_type=Wood") == 0


async def test_every_documented_field_sorts(
    server: RunningServer, client: httpx.AsyncClient
) -> None:
    """Pages of one in either direction show each spool once, without a value last."""
    await _add(server, brand="Arc", purchasePrice="20", purchaseDate="2024-01-10", notes="b")
    await _add(server, brand="Zed", color="Blue", material="ABS", netWeight="750", finish="silk")
    await _add(server, diameter="2.85", spoolWeight="200", remainingWeight="1", supplier="Shop")
    await _add(server, colorHex="#000000", purchasePrice="1")
    for name in EXAMPLE:
        if name in ("low_stock", "tray_uuid", "loaded_in"):
            continue
        for order in ("asc", "desc"):
            path = f"/spools?sort_by={name}&sort_order={order}&limit=1"
            rows = [(await client.get(f"{path}&skip={n}")).json()["data"][0] for n in range(4)]
            assert len({row["id"] for row in rows}) == 4, name
            values = [row[name] for row in rows]
            known = [value for value in values if value is not None]
            assert values[: len(known)] == sorted(known, reverse=order == "desc"), (name, order)


async def test_a_loaded_spool_tells_where(server: RunningServer, client: httpx.AsyncClient) -> None:
    """The tag joins the spool with the slot of the printer of its own team."""
    owner = await server.runtime.accounts.authenticate(api_key=server.key, authorization=None)
    key = await server.stranger()
    stranger = await server.runtime.accounts.authenticate(api_key=key, authorization=None)
    tag = uuid4().hex.upper()
    uid = await _add(server, trayUuid=tag)
    for viewer, remaining in ((stranger, 5), (owner, 74)):
        printer = await make_printer(server.runtime.database, viewer)
        tray = AmsTray(1, 2, present=True, material="PLA", remaining=remaining, tray_uuid=tag)
        status = PrinterStatus(ams=(AmsUnit(id=1, kind="AMS", trays=(tray,)),))
        told = StatusChange(printer.id, status, StatusReason.REPORT)
        server.runtime.live.publish(viewer.team_id, told)
    assert (await client.get(f"/spools/{uid}")).json()["data"]["loaded_in"] == {
        "printer_id": printer.id,
        "printer_name": "Left",
        "ams_unit": 1,
        "slot": 2,
        "remaining_percent": 74,
    }
    server.runtime.live.forget(printer.id)
    assert (await client.get(f"/spools/{uid}")).json()["data"]["loaded_in"] is None


async def test_a_list_costs_as_many_statements_as_one_spool(
    server: RunningServer, client: httpx.AsyncClient
) -> None:
    """The places of all spools come from one look at the printers."""
    owner = await server.runtime.accounts.authenticate(api_key=server.key, authorization=None)
    printer = await make_printer(server.runtime.database, owner)
    tags = [uuid4().hex.upper() for _ in range(4)]
    trays = tuple(AmsTray(0, slot, present=True, tray_uuid=tag) for slot, tag in enumerate(tags))
    status = PrinterStatus(ams=(AmsUnit(id=0, kind="AMS", trays=trays),))
    server.runtime.live.publish(
        owner.team_id, StatusChange(printer.id, status, StatusReason.REPORT)
    )
    for tag in tags:
        await _add(server, trayUuid=tag)
    with counted(server.runtime.database) as one:
        await client.get("/spools?limit=1")
    with counted(server.runtime.database) as four:
        body = (await client.get("/spools")).json()
    assert [spool["loaded_in"]["slot"] for spool in body["data"]] == [3, 2, 1, 0]
    assert len(four) == len(one)


async def test_limits_are_per_user_and_told(tmp_path: Path) -> None:
    """100 a minute for all credentials of a user together; the headers name the same end."""
    async with running(tmp_path, rate_limits="on") as server:
        client = server.client()
        signed_in = await client.post(
            "/api/v1/auth/login", json={"email": EMAIL, "password": PASSWORD}
        )
        assert "x-ratelimit-limit" not in signed_in.headers
        token = {"Authorization": f"Bearer {signed_in.json()['access_token']}"}
        stranger = server.client(await server.stranger())
        for used in range(1, 101):
            by = server.client(None) if used == 50 else client
            headers = token if used == 50 else {}
            answer = await by.get("/api/v1/spools?limit=1", headers=headers)
            assert answer.status_code == 200
            assert answer.headers["x-ratelimit-limit"] == "100"
            assert answer.headers["x-ratelimit-remaining"] == str(100 - used)
        last = await client.get("/api/v1/spools")
        assert (last.status_code, last.json()["code"]) == (429, "RATE_LIMITED")
        assert 1 <= int(last.headers["retry-after"]) <= 60
        assert last.headers["x-ratelimit-remaining"] == "0"
        assert last.headers["x-ratelimit-reset"] == answer.headers["x-ratelimit-reset"]
        assert (await stranger.get("/api/v1/spools")).status_code == 200


CREATE = {"material_type": "pla", "color": "Galaxy Black", "diameter_mm": 1.75}
FULL = {
    **CREATE,
    "brand": "Polymaker",
    "color_hex": "#1A1A2E",
    "finish": "matte",
    "diameter_mm": 2.85,
    "net_weight_grams": 1000,
    "remaining_weight_grams": 742.5,
    "spool_weight_grams": 220.125,
    "purchase_price": 24.995,
    "supplier": "Filament Shop",
    "purchase_date": "2024-01-10",
    "notes": "Opened",
    "tray_uuid": "a" * 32,
    "unknown": {"is": "ignored"},
}


async def test_a_spool_is_created_changed_used_and_deleted(client: httpx.AsyncClient) -> None:
    """201, 200, 409 and 204; every field comes back as it was meant."""
    made = await client.post("/spools", json=FULL)
    assert made.status_code == 201
    spool = made.json()["data"]
    times = {name: spool.pop(name) for name in ("created_at", "updated_at")}
    assert all(TIME.fullmatch(value) for value in times.values())
    path = f"/spools/{spool.pop('id')}"
    expected = {name: value for name, value in FULL.items() if name != "unknown"} | {
        "material_type": "PLA",
        "color_hex": "#1a1a2e",
        "purchase_price": 25.0,
        "cost_per_gram": 0.024995,
        "tray_uuid": "A" * 32,
        "low_stock": False,
        "loaded_in": None,
    }
    assert spool == expected
    changed = await client.patch(path, json={"brand": None, "material_type": "petg", "notes": ""})
    assert changed.status_code == 200
    body = changed.json()["data"]
    assert (body["brand"], body["material_type"], body["notes"]) == (None, "PETG", None)
    used = await client.post(f"{path}/deduct", json={"weight_grams": 42.5, "reason": "Benchy"})
    assert used.status_code == 200
    uid = path.rpartition("/")[2]
    assert used.json() == {"data": {"id": uid, "remaining_weight_grams": 700.0, "deducted": 42.5}}
    too_much = await client.post(f"{path}/deduct", json={"weight_grams": 700.001})
    assert (too_much.status_code, too_much.json()["code"]) == (409, "INSUFFICIENT_FILAMENT")
    assert (await client.get(path)).json()["data"]["remaining_weight_grams"] == 700
    in_use = await client.delete(path)
    assert (in_use.status_code, in_use.json()["code"]) == (409, "IN_USE")
    fresh = (await client.post("/spools", json={**CREATE, "net_weight_grams": 1})).json()["data"]
    gone = await client.delete(f"/spools/{fresh['id']}/")
    assert (gone.status_code, gone.content) == (204, b"")
    assert (await client.get(f"/spools/{fresh['id']}")).status_code == 404
    assert (await client.delete(f"/spools/{fresh['id']}")).status_code == 404


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({"material_type": "Wood"}, ["material_type"]),
        ({"material_type": 7}, ["material_type"]),
        ({"color": ""}, ["color"]),
        ({"color_hex": "red"}, ["color_hex"]),
        ({"diameter_mm": 1.8}, ["diameter_mm"]),
        ({"diameter_mm": "1.75"}, ["diameter_mm"]),
        ({"net_weight_grams": 0}, ["net_weight_grams"]),
        ({"net_weight_grams": -1}, ["net_weight_grams"]),
        ({"net_weight_grams": True}, ["net_weight_grams"]),
        ({"net_weight_grams": 0.0001}, ["net_weight_grams"]),
        ({"remaining_weight_grams": -0.001}, ["remaining_weight_grams"]),
        ({"spool_weight_grams": 10**9}, ["spool_weight_grams"]),
        ({"purchase_price": "1"}, ["purchase_price"]),
        ({"purchase_date": "2024-02-30"}, ["purchase_date"]),
        ({"purchase_date": 20240110}, ["purchase_date"]),
        ({"tray_uuid": "12"}, ["tray_uuid"]),
        ({"notes": "\u0000"}, ["notes"]),
        ({"color": None, "diameter_mm": 9}, ["color", "diameter_mm"]),
        ({"color_hex": "red", "material_type": "Wood"}, ["material_type", "color_hex"]),
    ],
)
async def test_a_wrong_field_is_named(
    client: httpx.AsyncClient, given: dict[str, Any], fields: list[str]
) -> None:
    """422 with every refused field; nothing is added, and nothing is changed."""
    good = {**CREATE, "net_weight_grams": 1000}
    answer = await client.post("/spools", json={**good, **given})
    assert answer.status_code == 422, answer.text
    body = answer.json()
    assert body["code"] == "VALIDATION_ERROR"
    assert [error["field"] for error in body["errors"]] == fields
    assert (await client.get("/spools")).json()["meta"]["total"] == 0
    spool = (await client.post("/spools", json=good)).json()["data"]
    assert (await client.patch(f"/spools/{spool['id']}", json=given)).status_code == 422
    assert (await client.get(f"/spools/{spool['id']}")).json()["data"] == spool


async def test_what_is_missing_is_named(client: httpx.AsyncClient) -> None:
    """All required fields at once; a body must be a JSON object."""
    empty = await client.post("/spools", json={})
    assert empty.status_code == 422
    assert [error["field"] for error in empty.json()["errors"]] == [
        "material_type",
        "color",
        "diameter_mm",
        "net_weight_grams",
    ]
    for content in (b"[]", b"{", b"\xff", b""):
        broken = await client.post(
            "/spools", content=content, headers={"Content-Type": "application/json"}
        )
        assert (broken.status_code, broken.json()["code"]) == (422, "VALIDATION_ERROR")
    as_text = await client.post("/spools", content=b"x", headers={"Content-Type": "text/plain"})
    assert (as_text.status_code, as_text.json()["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")
    wrong = await client.put("/spools", json={})
    assert (wrong.status_code, wrong.json()["code"]) == (405, "METHOD_NOT_ALLOWED")
    assert wrong.headers["allow"] == "GET, HEAD, OPTIONS, POST"
    nowhere = await client.get("/spools/a/b")
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "NOT_FOUND")


async def test_ten_parallel_deductions_leave_900(client: httpx.AsyncClient) -> None:
    """No update is lost: ten times 10 g at once from 1000 g."""
    spool = (await client.post("/spools", json={**CREATE, "net_weight_grams": 1000})).json()
    path = f"/spools/{spool['data']['id']}"
    answers = await asyncio.gather(
        *(client.post(f"{path}/deduct", json={"weight_grams": 10}) for _ in range(10))
    )
    assert {answer.status_code for answer in answers} == {200}
    left = {answer.json()["data"]["remaining_weight_grams"] for answer in answers}
    assert left == {900.0 + 10 * number for number in range(10)}
    assert (await client.get(path)).json()["data"]["remaining_weight_grams"] == 900


async def test_every_change_of_weight_is_listed(
    server: RunningServer, client: httpx.AsyncClient
) -> None:
    """Newest first, from REST and GraphQL alike; the changes add up to the weight."""
    spool = (await client.post("/spools", json={**CREATE, "net_weight_grams": 100})).json()["data"]
    path = f"/spools/{spool['id']}"
    await client.post(f"{path}/deduct", json={"weight_grams": 93.7, "reason": "Vase"})
    await client.patch(path, json={"remaining_weight_grams": 5, "reason": "Scale"})
    given = {"id": global_id("Spool", UUID(spool["id"])), "weightGrams": "1.3"}
    await change(server, "addToSpool", "__typename", **given, reason="Failed print")
    await change(server, "deductSpool", "__typename", **given, type="WASTE")
    assert await refused(server, "deductSpool", **given, type="PURCHASE") == (
        "INVALID",
        ["input", "type"],
    )
    body = (await client.get(f"{path}/transactions")).json()
    assert body["meta"] == {"total": 5, "page": 1, "per_page": 20}
    me = (await client.get("/auth/me")).json()
    lines = [
        (row["transaction_type"], row["change_grams"], row["weight_after_grams"], row["reason"])
        for row in body["data"]
    ]
    assert lines == [
        ("waste", -1.3, 5.0, None),
        ("return", 1.3, 6.3, "Failed print"),
        ("adjustment", -1.3, 5.0, "Scale"),
        ("usage", -93.7, 6.3, "Vase"),
        ("purchase", 100.0, 100.0, None),
    ]
    first = body["data"][-1]
    assert TIME.fullmatch(first.pop("created_at"))
    assert {UUID(row["id"]).version for row in body["data"]} == {5}
    assert len({row["id"] for row in body["data"]}) == len(body["data"])
    del first["id"]
    assert first == {
        "spool_id": spool["id"],
        "transaction_type": "purchase",
        "weight_before_grams": 0.0,
        "change_grams": 100.0,
        "weight_after_grams": 100.0,
        "shortfall_grams": 0.0,
        "reason": None,
        "archive_id": None,
        "archive_name": None,
        "production_run_id": None,
        "production_run_number": None,
        "user_id": me["id"],
        "user_name": me["name"],
    }
    second = (await client.get(f"{path}/transactions?skip=1&limit=1")).json()
    assert [row["transaction_type"] for row in second["data"]] == ["return"]
    assert second["meta"] == {"total": 5, "page": 2, "per_page": 1}
    unknown = await client.get(f"/spools/{uuid4()}/transactions")
    assert unknown.status_code == 404
    stranger = server.client(await server.stranger())
    for method, end in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("GET", "/transactions")):
        hidden = await stranger.request(method, f"/api/v1{path}{end}", json={"notes": "x"})
        assert hidden.status_code == 404
    hidden = await stranger.post(f"/api/v1{path}/deduct", json={"weight_grams": 1})
    assert hidden.status_code == 404


async def test_the_changes_of_a_team_are_one_list(
    server: RunningServer, client: httpx.AsyncClient
) -> None:
    """By kind, spool and time, each with its spool and who did it; few statements."""
    for grams in (10, 20, 30):
        made = await client.post("/spools", json={**CREATE, "net_weight_grams": grams})
        uid = made.json()["data"]["id"]
        await client.post(f"/spools/{uid}/deduct", json={"weight_grams": grams / 10})
    query = """query($filter: InventoryTransactionFilter) { inventoryTransactions(filter: $filter) {
        totalCount nodes { change spool { netWeight } user { email } } } }"""
    with counted(server.runtime.database) as statements:
        data = await server.graphql(query, {"filter": {"types": ["USAGE"]}})
    found = data["inventoryTransactions"]
    assert found["totalCount"] == 3
    assert [(row["change"], row["spool"]["netWeight"]) for row in found["nodes"]] == [
        (-3, 30),
        (-2, 20),
        (-1, 10),
    ]
    assert {row["user"]["email"] for row in found["nodes"]} == {EMAIL}
    assert len(statements) == 2, statements
    only = {"filter": {"spoolId": global_id("Spool", UUID(uid))}}
    data = await server.graphql(query, only)
    assert [row["change"] for row in data["inventoryTransactions"]["nodes"]] == [-3, 30]
    late = {"filter": {"createdFrom": "2100-01-01T00:00:00Z"}}
    assert (await server.graphql(query, late))["inventoryTransactions"]["totalCount"] == 0
