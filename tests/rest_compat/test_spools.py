"""Batchivo clients see the inventory as the overview documents it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.printers.live import StatusChange, StatusReason
from app.printers.status import AmsTray, AmsUnit, PrinterStatus
from rest_compat.routes.spool_bodies import EXAMPLE
from tests.farm import make_printer
from tests.running import EMAIL, PASSWORD, RunningServer, running
from tests.schema.asking import change
from tests.schema.test_statements import counted

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
        refused = await client.get("/api/v1/spools")
        assert (refused.status_code, refused.json()["code"]) == (429, "RATE_LIMITED")
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert refused.headers["x-ratelimit-remaining"] == "0"
        assert refused.headers["x-ratelimit-reset"] == answer.headers["x-ratelimit-reset"]
        assert (await stranger.get("/api/v1/spools")).status_code == 200
