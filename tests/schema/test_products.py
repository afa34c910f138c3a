"""Products through GraphQL: bills of material and what they cost."""

from __future__ import annotations

from typing import Any

import pytest

from tests.running import RunningServer
from tests.schema.asking import change, refused
from tests.statements import counted


async def _spool(server: RunningServer, **given: Any) -> None:
    spool = {"material": "PLA", "color": "Red", "netWeight": "1000", "purchasePrice": "20", **given}
    await change(server, "createSpool", "spool { id }", **spool)


async def _product(server: RunningServer, name: str, **given: Any) -> str:
    made = await change(server, "createProduct", "product { id }", name=name, **given)
    assert made["userErrors"] == []
    found: str = made["product"]["id"]
    return found


async def test_a_bill_of_material_is_written_and_costed(server: RunningServer) -> None:
    """A lamp of a foot and two shades: every field, every cost, every warning."""
    await _spool(server)
    shade = await _product(
        server,
        "Shade",
        sku="SHADE",
        materials=[{"material": "pla", "color": "red", "weight": "61.5", "notes": "Spiral vase"}],
    )
    lamp = await change(
        server,
        "createProduct",
        """product { name description sku category estimatedPrintTime notes piecesPerPlate
            archive { id } materialCost componentCost totalCost warnings
            materials { material color weight isRequired notes cost }
            components { quantity notes cost component { id sku totalCost } } }""",
        name="Lamp",
        description="Warm light",
        sku="LAMP",
        category="Light",
        estimatedPrintTime=7200,
        notes="Bulb not included",
        materials=[{"material": "PETG", "weight": "10", "isRequired": False}],
        components=[{"componentId": shade, "quantity": 2, "notes": "Left and right"}],
    )
    assert lamp["product"] == {
        "name": "Lamp",
        "description": "Warm light",
        "sku": "LAMP",
        "category": "Light",
        "estimatedPrintTime": 7200,
        "notes": "Bulb not included",
        "piecesPerPlate": 1,
        "archive": None,
        "materialCost": "0",
        "componentCost": "2.46",
        "totalCost": "2.46",
        "warnings": ["No spool of PETG with a price and filament left: it counts as 0."],
        "materials": [
            {
                "material": "PETG",
                "color": None,
                "weight": 10,
                "isRequired": False,
                "notes": None,
                "cost": "0",
            }
        ],
        "components": [
            {
                "quantity": 2,
                "notes": "Left and right",
                "cost": "2.46",
                "component": {"id": shade, "sku": "SHADE", "totalCost": "1.23"},
            }
        ],
    }


async def test_lines_are_added_changed_and_removed(server: RunningServer) -> None:
    """Each answers the product with its new costs."""
    await _spool(server)
    lamp, shade = await _product(server, "Lamp"), await _product(server, "Shade")
    costs = "product { totalCost }"
    added = await change(
        server,
        "addProductMaterial",
        f"{costs} material {{ id databaseId weight }}",
        productId=lamp,
        material="PLA",
        weight="50",
    )
    assert added["product"] == {"totalCost": "1"}
    line = added["material"]["id"]
    changed = await change(
        server,
        "updateProductMaterial",
        f"{costs} material {{ weight color }}",
        id=line,
        weight="75",
        color="RED",
    )
    assert changed["material"] == {"weight": 75, "color": "RED"}
    assert changed["product"] == {"totalCost": "1.5"}
    await change(server, "addProductMaterial", costs, productId=shade, material="PLA", weight="10")
    part = await change(
        server,
        "addProductComponent",
        f"{costs} component {{ id }}",
        productId=lamp,
        componentId=shade,
    )
    assert part["product"] == {"totalCost": "1.7"}
    part_id = part["component"]["id"]
    more = await change(server, "updateProductComponent", costs, id=part_id, quantity=3)
    assert more["product"] == {"totalCost": "2.1"}
    gone = await change(server, "removeProductComponent", costs, id=part_id)
    assert gone["product"] == {"totalCost": "1.5"}
    gone = await change(
        server, "removeProductMaterial", f"{costs} material {{ id }}", id=line, productId=lamp
    )
    assert gone == {"product": {"totalCost": "0"}, "material": None, "userErrors": []}


async def test_what_is_refused_names_its_field(server: RunningServer) -> None:
    """Cycles, taken SKUs, products in use, unknown rows."""
    lamp, shade = await _product(server, "Lamp", sku="L"), await _product(server, "Shade")
    await change(server, "addProductComponent", "__typename", productId=lamp, componentId=shade)
    for name, given, refusal in (
        ("createProduct", {"name": ""}, ("INVALID", "name")),
        ("createProduct", {"name": "x", "sku": "L"}, ("CONFLICT", "sku")),
        ("createProduct", {"name": "x", "archiveId": "nonsense"}, ("NOT_FOUND", "archiveId")),
        ("updateProduct", {"id": lamp, "piecesPerPlate": 0}, ("INVALID", "piecesPerPlate")),
        ("updateProduct", {"id": "nonsense"}, ("NOT_FOUND", "id")),
        ("deleteProduct", {"id": shade}, ("IN_USE", "id")),
        (
            "addProductComponent",
            {"productId": shade, "componentId": lamp},
            ("COMPONENT_CYCLE", "componentId"),
        ),
        (
            "addProductComponent",
            {"productId": shade, "componentId": lamp, "quantity": 0},
            ("COMPONENT_CYCLE", "componentId"),
        ),
        (
            "addProductMaterial",
            {"productId": lamp, "material": "Wood", "weight": "1"},
            ("INVALID", "material"),
        ),
    ):
        code, field = refusal
        assert await refused(server, name, **given) == (code, ["input", field])
    stranger = await server.stranger()
    assert await refused(server, "deleteProduct", stranger, id=lamp) == (
        "NOT_FOUND",
        ["input", "id"],
    )


async def test_products_are_filtered_sorted_and_paged(server: RunningServer) -> None:
    """By category, words and cost; a cursor leads on, an id finds the node."""
    await _spool(server)
    for name, grams, category in (("A", "30", "X"), ("B", "10", "x"), ("C", "20", "Y")):
        material = [{"material": "PLA", "weight": grams}]
        await _product(server, name, category=category, materials=material)
    query = """query($filter: ProductFilter, $orderBy: ProductOrder, $first: Int, $after: String) {
        products(filter: $filter, orderBy: $orderBy, first: $first, after: $after) {
            totalCount pageInfo { hasNextPage endCursor } nodes { id name } } }"""

    async def page(**variables: Any) -> Any:
        return (await server.graphql(query, variables))["products"]

    def names(found: Any) -> list[str]:
        return [node["name"] for node in found["nodes"]]

    assert names(await page()) == ["C", "B", "A"]
    assert names(await page(filter={"category": "X"})) == ["B", "A"]
    assert names(await page(filter={"search": "c"})) == ["C"]
    cheap = {"field": "TOTAL_COST", "direction": "ASC"}
    first = await page(orderBy=cheap, first=2)
    assert (names(first), first["totalCount"]) == (["B", "C"], 3)
    rest = await page(orderBy=cheap, first=2, after=first["pageInfo"]["endCursor"])
    assert (names(rest), rest["pageInfo"]["hasNextPage"]) == (["A"], False)
    node = await server.graphql(
        "query($id: ID!) { node(id: $id) { ... on Product { name databaseId } } }",
        {"id": rest["nodes"][0]["id"]},
    )
    assert node["node"]["name"] == "A"


@pytest.mark.parametrize("size", [2, 8])
async def test_a_list_of_products_costs_few_statements(server: RunningServer, size: int) -> None:
    """Products, materials, components with the parts, and three for all costs."""
    await _spool(server)
    material = [{"material": "PLA", "weight": "10"}]
    part = await _product(server, "Part", materials=material)
    for number in range(size):
        parts = [{"componentId": part, "quantity": number + 1}]
        await _product(server, f"P{number}", materials=material, components=parts)
    query = """{ products(first: 50, filter: {search: "P"}) { nodes { name totalCost
        materials { cost } components { cost component { name totalCost } } } } }"""
    with counted(server.runtime.database) as statements:
        nodes = (await server.graphql(query))["products"]["nodes"]
    assert len(statements) == 6, statements
    assert len(nodes) == size + 1


async def test_changes_of_products_are_told(server: RunningServer) -> None:
    """The log of the farm names the product."""
    query = "subscription { farmEvents { type product { name } } }"
    async with server.subscription(query) as events:
        lamp = await _product(server, "Lamp")
        await change(server, "updateProduct", "__typename", id=lamp, name="Big lamp")
        assert (await events.next())["farmEvents"]["type"] == "PRODUCT_CREATED"
        assert await events.next() == {
            "farmEvents": {"type": "PRODUCT_UPDATED", "product": {"name": "Big lamp"}}
        }
