"""Batchivo clients see products and their bills of material as documented."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import pytest

from rest_compat.routes import product_bodies
from tests.running import RunningServer
from tests.statements import counted


@pytest.fixture
def client(server: RunningServer) -> httpx.AsyncClient:
    client = server.client()
    client.base_url = httpx.URL(f"{server.base}/api/v1")
    return client


async def made(client: httpx.AsyncClient, path: str, **given: Any) -> dict[str, Any]:
    """What a POST made."""
    answer = await client.post(path, json=given)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()["data"]
    return found


async def spool(client: httpx.AsyncClient, **given: Any) -> dict[str, Any]:
    """A kilogram of red PLA for 20."""
    fields = {
        "material_type": "PLA",
        "color": "Red",
        "diameter_mm": 1.75,
        "net_weight_grams": 1000,
        "purchase_price": 20,
    }
    return await made(client, "/spools", **{**fields, **given})


async def test_a_product_round_trips(client: httpx.AsyncClient) -> None:
    """Every documented field, with the costs of the spools there are."""
    await spool(client)
    shade = await made(
        client,
        "/products",
        name="Shade",
        materials=[{"material_type": "pla", "weight_grams": 61.5, "made_up": 1}],
    )
    lamp = await made(
        client,
        "/products",
        name="Desk lamp",
        description="Warm light",
        sku="LAMP-1",
        category="Light",
        estimated_print_time_minutes=210.5,
        notes="Bulb not included",
        archive_id=None,
        pieces_per_plate=2,
    )
    material = await made(
        client,
        f"/products/{lamp['id']}/materials",
        material_type="PLA",
        color="Red",
        weight_grams=6.3,
        is_required=False,
        notes="Spiral",
    )
    component = await made(
        client,
        f"/products/{lamp['id']}/components",
        component_product_id=shade["id"],
        quantity=2,
        notes="Left and right",
    )
    assert material == {
        "id": material["id"],
        "material_type": "PLA",
        "color": "Red",
        "weight_grams": 6.3,
        "is_required": False,
        "notes": "Spiral",
        "cost": 0.13,
    }
    assert component == {
        "id": component["id"],
        "component_product_id": shade["id"],
        "component_name": "Shade",
        "quantity": 2,
        "notes": "Left and right",
        "cost": 2.46,
    }
    answer = await client.get(f"/products/{lamp['id']}")
    found = answer.json()["data"]
    assert set(found) == set(product_bodies.EXAMPLE)
    assert found == {
        "id": lamp["id"],
        "name": "Desk lamp",
        "description": "Warm light",
        "sku": "LAMP-1",
        "category": "Light",
        "estimated_print_time_minutes": 210.5,
        "notes": "Bulb not included",
        "archive_id": None,
        "pieces_per_plate": 2,
        "material_cost": 0.13,
        "component_cost": 2.46,
        "total_cost": 2.59,
        "warnings": [],
        "created_at": lamp["created_at"],
        "updated_at": found["updated_at"],
        "materials": [material],
        "components": [component],
    }
    assert '"weight_grams":6.3,' in answer.text
    (listed,) = (await client.get("/products?search=lamp")).json()["data"]
    assert set(listed) == set(product_bodies.ENTRY_EXAMPLE)
    assert listed == {name: found[name] for name in listed}


async def test_recalculation_breaks_the_cost_down(client: httpx.AsyncClient) -> None:
    """By the prices of now, with a warning for filament without a spool."""
    red = await spool(client)
    part = await made(
        client, "/products", name="Part", materials=[{"material_type": "PLA", "weight_grams": 10}]
    )
    whole = await made(
        client,
        "/products",
        name="Whole",
        materials=[
            {"material_type": "PLA", "weight_grams": 100},
            {"material_type": "TPU", "color": "Green", "weight_grams": 1},
        ],
        components=[{"component_product_id": part["id"], "quantity": 3}],
    )
    assert (whole["material_cost"], whole["component_cost"]) == (2, 0.6)
    await client.patch(f"/spools/{red['id']}", json={"purchase_price": 30})
    answer = await client.post(f"/products/{whole['id']}/recalculate")
    assert answer.status_code == 200
    assert answer.json()["data"] == {
        "id": whole["id"],
        "material_cost": 3,
        "component_cost": 0.9,
        "total_cost": 3.9,
        "cost_breakdown": {
            "materials": [
                {"material": "PLA", "color": None, "weight": 100, "cost": 3},
                {"material": "TPU", "color": "Green", "weight": 1, "cost": 0},
            ],
            "components": [{"component": "Part", "quantity": 3, "cost": 0.9}],
        },
        "warnings": ["No spool of TPU in green with a price and filament left: it counts as 0."],
    }


async def test_lines_are_changed_and_removed(client: httpx.AsyncClient) -> None:
    """Under their own product; each delete is 204."""
    whole, part = [await made(client, "/products", name=name) for name in ("Whole", "Part")]
    base = f"/products/{whole['id']}"
    material = await made(client, f"{base}/materials", material_type="PLA", weight_grams=5)
    component = await made(
        client, f"{base}/components", component_product_id=part["id"], quantity=1
    )
    paths = (f"/materials/{material['id']}", f"/components/{component['id']}")
    changed = await client.patch(base + paths[0], json={"weight_grams": 7.25, "color": "Blue"})
    assert changed.json()["data"] == material | {"weight_grams": 7.25, "color": "Blue"}
    changed = await client.patch(base + paths[1], json={"quantity": 9})
    assert changed.json()["data"] == component | {"quantity": 9}
    for path in paths:
        elsewhere = await client.patch(f"/products/{part['id']}{path}", json={})
        assert (elsewhere.status_code, elsewhere.json()["code"]) == (404, "NOT_FOUND")
        assert (await client.delete(base + path)).status_code == 204
        assert (await client.delete(base + path)).status_code == 404
    changed = await client.patch(base, json={"sku": "W", "name": "New", "category": None})
    assert (changed.json()["data"]["name"], changed.json()["data"]["sku"]) == ("New", "W")
    assert (await client.delete(base)).status_code == 204
    assert (await client.get(base)).status_code == 404


async def test_products_in_use_cycles_and_taken_skus_are_conflicts(
    client: httpx.AsyncClient,
) -> None:
    """Each with its code, in the documented form."""
    part = await made(client, "/products", name="Part", sku="P")
    whole = await made(
        client,
        "/products",
        name="Whole",
        components=[{"component_product_id": part["id"], "quantity": 1}],
    )
    cycle = {"component_product_id": whole["id"], "quantity": 1}
    for answer, code in (
        (await client.post(f"/products/{part['id']}/components", json=cycle), "COMPONENT_CYCLE"),
        (await client.post(f"/products/{whole['id']}/components", json=cycle), "COMPONENT_CYCLE"),
        (await client.delete(f"/products/{part['id']}"), "IN_USE"),
        (await client.post("/products", json={"name": "Other", "sku": "P"}), "CONFLICT"),
        (await client.patch(f"/products/{whole['id']}", json={"sku": "P"}), "CONFLICT"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, code)
        assert isinstance(answer.json()["detail"], str)


_LINE = {"material_type": "PLA", "weight_grams": 5}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": " "}, "name"),
        ({"name": 5}, "name"),
        ({"name": "x", "estimated_print_time_minutes": -1}, "estimated_print_time_minutes"),
        ({"name": "x", "pieces_per_plate": 0}, "pieces_per_plate"),
        ({"name": "x", "materials": {}}, "materials"),
        ({"name": "x", "materials": [5]}, "materials"),
        ({"name": "x", "materials": [_LINE, {"material_type": "PLA"}]}, "materials.1.weight_grams"),
        (
            {"name": "x", "materials": [_LINE, _LINE | {"weight_grams": 0}]},
            "materials.1.weight_grams",
        ),
        (
            {"name": "x", "materials": [_LINE | {"material_type": "Wood"}]},
            "materials.0.material_type",
        ),
        (
            {"name": "x", "components": [{"component_product_id": "5"}]},
            "components.0.component_product_id",
        ),
    ],
)
async def test_a_wrong_field_is_named(
    client: httpx.AsyncClient, body: dict[str, Any], field: str
) -> None:
    """422 with the documented names, those of lines with their place."""
    answer = await client.post("/products", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "VALIDATION_ERROR")
    assert [error["field"] for error in answer.json()["errors"]] == [field]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"weight_grams": 5}, "material_type"),
        ({"material_type": "Wood", "weight_grams": 5}, "material_type"),
        ({"material_type": "PLA", "weight_grams": 0}, "weight_grams"),
        ({"material_type": "PLA", "weight_grams": "5"}, "weight_grams"),
    ],
)
async def test_a_wrong_line_names_its_field(
    client: httpx.AsyncClient, body: dict[str, Any], field: str
) -> None:
    """Whoever finds it: the façade or the domain."""
    product = await made(client, "/products", name="x")
    answer = await client.post(f"/products/{product['id']}/materials", json=body)
    assert (answer.status_code, [e["field"] for e in answer.json()["errors"]]) == (422, [field])


async def test_unknown_ids_are_not_found(client: httpx.AsyncClient) -> None:
    """In the path and in the body."""
    product = await made(client, "/products", name="x")
    for wrong in ("abc", "1", "-1", str(2**63), str(uuid4())):
        assert (await client.get(f"/products/{wrong}")).status_code == 404
    unknown = {"component_product_id": str(uuid4()), "quantity": 1}
    answer = await client.post(f"/products/{product['id']}/components", json=unknown)
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
    answer = await client.patch(f"/products/{product['id']}", json={"archive_id": 99})
    assert answer.status_code == 404


async def test_products_are_sorted_by_every_documented_field(client: httpx.AsyncClient) -> None:
    """Both ways, in pages that neither repeat nor lose a product; others are 422."""
    await spool(client)
    for number in range(4):
        lines = [{"material_type": "PLA", "weight_grams": 10 * (number // 2 + 1)}]
        await made(client, "/products", name=f"P{number}", category="c", materials=lines)
    fields = {
        name
        for name in product_bodies.ENTRY_EXAMPLE
        if name not in ("warnings", "archive_id", "pieces_per_plate")
    }
    for name in sorted(fields):
        for order in ("asc", "desc"):
            names = []
            for skip in (0, 3):
                query = f"/products?sort_by={name}&sort_order={order}&limit=3&skip={skip}"
                page = (await client.get(query)).json()
                assert page["meta"] == {"total": 4, "page": skip // 3 + 1, "per_page": 3}
                names += [row["name"] for row in page["data"]]
            assert sorted(names) == ["P0", "P1", "P2", "P3"], name
    page = (await client.get("/products?sort_by=total_cost&sort_order=asc")).json()["data"]
    assert [row["total_cost"] for row in page] == [0.2, 0.2, 0.4, 0.4]
    answer = await client.get("/products?sort_by=warnings")
    assert answer.status_code == 422
    assert "total_cost" in answer.json()["detail"]
    assert len((await client.get("/products?category=C&search=P1")).json()["data"]) == 1


async def test_a_page_of_products_costs_few_statements(
    server: RunningServer, client: httpx.AsyncClient
) -> None:
    """The page, its number, and three for the costs of all."""
    for number in range(6):
        lines = [{"material_type": "PLA", "weight_grams": 10}]
        await made(client, "/products", name=f"P{number}", materials=lines)
    with counted(server.runtime.database) as statements:
        await client.get("/products")
    assert len(statements) <= 5, statements
