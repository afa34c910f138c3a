"""Spools leave as tables and come back as they were."""

from __future__ import annotations

import csv
import io

import httpx
import openpyxl
import pytest

from rest_compat.routes.spool_bodies import COLUMNS
from tests.running import RunningServer
from tests.schema.asking import ERRORS, change, refused
from tests.schema.uploading import send_file

SPOOL = {
    "material_type": "PLA",
    "brand": "=HYPERLINK(1)",
    "color": "-20 °C, blue",
    "diameter_mm": 1.75,
    "net_weight_grams": 1000.3,
    "remaining_weight_grams": 6.3,
    "purchase_price": 24.99,
    "purchase_date": "2024-01-10",
    "notes": "Two\nlines",
}
IMPORT = "rows imported ignoredColumns lineErrors { line column message } spools { color }"


@pytest.fixture
def client(server: RunningServer) -> httpx.AsyncClient:
    client = server.client()
    client.base_url = httpx.URL(f"{server.base}/api/v1")
    return client


async def _table(client: httpx.AsyncClient, query: str = "") -> list[dict[str, str]]:
    answer = await client.get(f"/spools/export{query}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="spools.csv"'
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


async def test_spools_are_exported(client: httpx.AsyncClient) -> None:
    """CSV by default: exact numbers, harmless cells, the list's filters and orders."""
    await client.post("/spools", json=SPOOL)
    await client.post("/spools", json={**SPOOL, "material_type": "ABS", "brand": None})
    rows = await _table(client, "?sort_by=material_type&sort_order=asc")
    assert [row["material_type"] for row in rows] == ["ABS", "PLA"]
    assert tuple(rows[0]) == COLUMNS
    assert (rows[1]["brand"], rows[1]["color"]) == ("'=HYPERLINK(1)", "'-20 °C, blue")
    assert (rows[1]["remaining_weight_grams"], rows[1]["purchase_price"]) == ("6.3", "24.99")
    assert (rows[0]["brand"], rows[0]["notes"]) == ("", "Two\nlines")
    only = await _table(client, "?material_type=abs&low_stock=true")
    assert [row["material_type"] for row in only] == ["ABS"]
    wrong = await client.get("/spools/export?format=pdf")
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "format")


async def test_a_workbook_holds_the_same(client: httpx.AsyncClient) -> None:
    """XLSX with numbers as numbers."""
    await client.post("/spools", json=SPOOL)
    answer = await client.get("/spools/export?format=xlsx")
    assert answer.headers["content-disposition"] == 'attachment; filename="spools.xlsx"'
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    header, line = sheet.iter_rows(values_only=True)
    assert header == COLUMNS
    found = dict(zip(COLUMNS, line, strict=True))
    assert (found["net_weight_grams"], found["brand"]) == (1000.3, "'=HYPERLINK(1)")


async def test_more_than_a_page_is_exported(
    server: RunningServer, client: httpx.AsyncClient
) -> None:
    """The table is read page by page to its end."""
    rows = "".join(f"PLA,No {number},1000\n" for number in range(1100))
    text = f"material_type,color,net_weight_grams\n{rows}"
    done = await change(server, "importSpools", IMPORT, csv=text)
    assert (done["imported"], len(done["spools"])) == (1100, 100)
    assert len({row["id"] for row in await _table(client)}) == 1100


async def test_an_export_comes_back_as_it_was(
    server: RunningServer, client: httpx.AsyncClient
) -> None:
    """Into another farm through GraphQL, or into this one without the ids."""
    await client.post("/spools", json=SPOOL)
    text = (await client.get("/spools/export")).text
    twice = await change(server, "importSpools", IMPORT, csv=text)
    assert [error["column"] for error in twice["lineErrors"]] == ["id"]
    assert [error["code"] for error in twice["userErrors"]] == ["INVALID"]
    assert twice["userErrors"][0]["field"] == ["input", "csv", "id"]
    key = await server.stranger()
    dry = await change(server, "importSpools", IMPORT, key, csv=text, dryRun=True)
    assert (dry["rows"], dry["imported"], dry["lineErrors"]) == (1, 0, [])
    done = await change(server, "importSpools", IMPORT, key, csv=text)
    assert (done["rows"], done["imported"]) == (1, 1)
    assert done["ignoredColumns"] == ["cost_per_gram", "low_stock", "created_at", "updated_at"]
    stranger = server.client(key)
    (back,) = (await stranger.get("/api/v1/spools")).json()["data"]
    assert {name: back[name] for name in SPOOL} == SPOOL


TABLE = "material_type,color,net_weight_grams\nPLA,Red,1000\nPETG,Blue,750.5\n"
BAD = TABLE + "Wood,Red,1000\nPLA,,-1\n"


async def test_a_table_is_imported_from_a_form_or_a_body(client: httpx.AsyncClient) -> None:
    """201 with what was added; a dry run, asked for either way, is 200 and adds nothing."""
    file = {"file": ("spools.csv", TABLE, "text/csv")}
    plain = {"Content-Type": "text/csv; charset=utf-8"}
    expected = {"dry_run": True, "rows": 2, "imported": 0, "ignored_columns": [], "errors": []}
    for asked in (
        client.post("/spools/import", files=file, data={"dry_run": "true"}),
        client.post("/spools/import?dry_run=true", files=file),
        client.post("/spools/import?dry_run=1", content=TABLE, headers=plain),
    ):
        tried = await asked
        assert (tried.status_code, tried.json()) == (200, {"data": expected})
    assert (await client.get("/spools")).json()["meta"]["total"] == 0
    for asked in (
        client.post("/spools/import", files=file, data={"dry_run": "false"}),
        client.post("/spools/import/", content=TABLE.encode("utf-8-sig"), headers=plain),
    ):
        done = await asked
        assert done.status_code == 201
        assert done.json() == {"data": {**expected, "dry_run": False, "imported": 2}}
    rows = (await client.get("/spools?sort_by=net_weight_grams&sort_order=asc")).json()["data"]
    assert [row["net_weight_grams"] for row in rows] == [750.5, 750.5, 1000.0, 1000.0]


async def test_every_bad_line_is_reported(client: httpx.AsyncClient) -> None:
    """By a dry run with line and field, by the import itself as 422; nothing is added."""
    plain = {"Content-Type": "text/csv"}
    tried = await client.post("/spools/import?dry_run=true", content=BAD, headers=plain)
    assert tried.status_code == 200
    errors = tried.json()["data"]["errors"]
    assert [(error["line"], error["field"]) for error in errors] == [
        (4, "material_type"),
        (5, "color"),
        (5, "net_weight_grams"),
    ]
    stopped = await client.post("/spools/import", content=BAD, headers=plain)
    assert stopped.status_code == 422
    body = stopped.json()
    assert body["code"] == "VALIDATION_ERROR"
    assert [error["field"] for error in body["errors"]] == [error["field"] for error in errors]
    assert body["errors"][0]["message"].startswith("Line 4: A material is one of")
    many = "material_type,color,net_weight_grams\n" + "Wood,Red,1\n" * 250
    long = await client.post("/spools/import", content=many, headers=plain)
    assert len(long.json()["errors"]) == 101
    assert (await client.get("/spools")).json()["meta"]["total"] == 0


async def test_what_is_no_table_is_refused(client: httpx.AsyncClient) -> None:
    """The wrong kind of body, no file, an empty one, one that is too long."""
    as_json = await client.post("/spools/import", json={"file": TABLE})
    assert (as_json.status_code, as_json.json()["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")
    without = await client.post("/spools/import", files={"other": ("a.csv", TABLE)})
    assert without.status_code == 422
    assert [error["field"] for error in without.json()["errors"]] == ["file"]
    plain = {"Content-Type": "text/csv"}
    empty = await client.post("/spools/import", content=b"", headers=plain)
    assert empty.status_code == 422
    endless = await client.post("/spools/import", content=b"x" * 5_000_001, headers=plain)
    assert (endless.status_code, endless.json()["code"]) == (413, "PAYLOAD_TOO_LARGE")
    binary = await client.post("/spools/import", content=bytes(range(256)) * 10, headers=plain)
    assert binary.status_code == 422


async def test_a_table_is_uploaded_through_graphql(server: RunningServer) -> None:
    """As a file of a multipart request, or as a text; never both or neither."""
    query = f"""mutation($input: ImportSpoolsInput!) {{
        importSpools(input: $input) {{ {IMPORT} {ERRORS} }} }}"""
    data = await send_file(server, query, TABLE.encode(), "spools.csv")
    assert data["importSpools"]["imported"] == 2
    both = await send_file(server, query, TABLE.encode(), "spools.csv", csv=TABLE)
    assert both["importSpools"]["userErrors"][0]["field"] == ["input", "file"]
    assert await refused(server, "importSpools") == ("INVALID", ["input", "file"])
