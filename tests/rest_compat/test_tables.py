"""Products and production runs leave as tables."""

from __future__ import annotations

import csv
import io

import httpx
import openpyxl
import pytest

from rest_compat.routes.tables import PRODUCT_COLUMNS, RUN_COLUMNS
from tests.rest_compat.test_products import made, spool
from tests.running import RunningServer
from tests.statements import counted


@pytest.fixture
def client(server: RunningServer) -> httpx.AsyncClient:
    client = server.client()
    client.base_url = httpx.URL(f"{server.base}/api/v1")
    return client


async def _table(client: httpx.AsyncClient, path: str) -> list[dict[str, str]]:
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


async def _batch(client: httpx.AsyncClient, name: str) -> None:
    """A product, and a completed run of four of it that used 200 g at 0.02 a gram."""
    used = await spool(client, net_weight_grams=1000, purchase_price=20)
    lines = [{"material_type": "PLA", "weight_grams": 50}]
    product = await made(client, "/products", name=name, category="Vases", materials=lines)
    await made(
        client,
        "/production-runs",
        status="completed",
        printer_name="=Left",
        items=[{"product_id": product["id"], "quantity": 4, "successful_quantity": 4}],
        materials=[
            {
                "spool_id": used["id"],
                "estimated_weight_grams": 200,
                "actual_weight_grams": 200,
            }
        ],
    )


async def test_products_are_exported(client: httpx.AsyncClient) -> None:
    """With what a piece costs, by the filters and orders of the list."""
    for name in ("Vase", "@Bowl"):
        await _batch(client, name)
    rows = await _table(client, "/products/export?sort_by=name&sort_order=asc&category=vases")
    assert [row["name"] for row in rows] == ["'@Bowl", "Vase"]
    assert tuple(rows[0]) == PRODUCT_COLUMNS
    assert rows[1]["total_cost"] == "1.0"
    assert await _table(client, "/products/export?search=nothing") == []
    wrong = await client.get("/products/export?sort_by=secret")
    assert wrong.status_code == 422


async def test_runs_are_exported_with_their_costs(client: httpx.AsyncClient) -> None:
    """What a batch made, what it used, and what a piece of it cost."""
    await _batch(client, "Vase")
    (row,) = await _table(client, "/production-runs/export?status=completed")
    assert tuple(row) == RUN_COLUMNS
    assert row["printer_name"] == "'=Left"
    assert (row["items"], row["successful_quantity"]) == ("4 x Vase", "4")
    assert float(row["actual_total_filament_grams"]) == 200
    assert (row["total_cost"], row["cost_per_piece"]) == ("4.0", "1.0")
    answer = await client.get("/production-runs/export?format=xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    header, line = sheet.iter_rows(values_only=True)
    assert header == RUN_COLUMNS
    assert dict(zip(header, line, strict=True))["cost_per_piece"] == 1


async def test_a_long_table_costs_as_many_statements_as_a_short_one(
    server: RunningServer, client: httpx.AsyncClient
) -> None:
    """Costs and items of all runs of a page come together."""
    await _batch(client, "Vase")
    for path in ("/products/export", "/production-runs/export"):
        with counted(server.runtime.database) as one:
            await client.get(path)
        await _batch(client, "Bowl")
        await _batch(client, "Cup")
        with counted(server.runtime.database) as many:
            await client.get(path)
        assert len(many) == len(one), (one, many)
