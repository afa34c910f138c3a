"""Spools through GraphQL: exact weights, every change recorded."""

from __future__ import annotations

import pytest

from tests.running import RunningServer
from tests.schema.asking import change, refused
from tests.statements import counted


async def test_a_spool_is_used_up(server: RunningServer) -> None:
    """Exact weights, its price per gram, every change of its weight, and what is refused."""
    answer = """spool { id databaseId material color colorHex diameter netWeight remainingWeight
        purchasePrice costPerGram purchaseDate lowStock loadedIn { slot } }"""
    made = await change(
        server,
        "createSpool",
        answer,
        material="pla",
        color="Red",
        colorHex="#FF0000",
        netWeight="1000",
        purchasePrice="19.99",
        purchaseDate="2026-01-31",
    )
    spool = made["spool"]
    assert spool | {"id": "", "databaseId": ""} == {
        "id": "",
        "databaseId": "",
        "material": "PLA",
        "color": "Red",
        "colorHex": "#ff0000",
        "diameter": 1.75,
        "netWeight": 1000,
        "remainingWeight": 1000,
        "purchasePrice": "19.99",
        "costPerGram": "0.01999",
        "purchaseDate": "2026-01-31",
        "lowStock": False,
        "loadedIn": None,
    }
    used = await change(
        server,
        "deductSpool",
        "deducted spool { remainingWeight lowStock }",
        id=spool["id"],
        weightGrams="800.1",
        reason="Vases",
    )
    assert used == {
        "deducted": 800.1,
        "spool": {"remainingWeight": 199.9, "lowStock": True},
        "userErrors": [],
    }
    for name, given, refusal in (
        ("deductSpool", {"weightGrams": "200"}, ("INSUFFICIENT_FILAMENT", "weightGrams")),
        ("deductSpool", {"weightGrams": "0"}, ("INVALID", "weightGrams")),
        ("deleteSpool", {}, ("IN_USE", "id")),
        ("updateSpool", {"colorHex": "red"}, ("INVALID", "colorHex")),
    ):
        code, field = refusal
        assert await refused(server, name, id=spool["id"], **given) == (code, ["input", field])
    weighed = await change(
        server, "updateSpool", "spool { remainingWeight }", id=spool["id"], remainingWeight="150"
    )
    assert weighed["spool"] == {"remainingWeight": 150}
    history = await server.graphql(
        """query($id: ID!) { spool(id: $id) { transactions(first: 2) { totalCount pageInfo {
            hasNextPage endCursor } nodes { type weightBefore change weightAfter reason } } } }""",
        {"id": spool["id"]},
    )
    page = history["spool"]["transactions"]
    assert (page["totalCount"], page["pageInfo"]["hasNextPage"]) == (3, True)
    assert page["nodes"] == [
        {
            "type": "ADJUSTMENT",
            "weightBefore": 199.9,
            "change": -49.9,
            "weightAfter": 150,
            "reason": None,
        },
        {
            "type": "USAGE",
            "weightBefore": 1000,
            "change": -800.1,
            "weightAfter": 199.9,
            "reason": "Vases",
        },
    ]
    rest = await server.graphql(
        """query($id: ID!, $after: String) { spool(id: $id) { transactions(after: $after) {
            nodes { type change } } } }""",
        {"id": spool["id"], "after": page["pageInfo"]["endCursor"]},
    )
    assert rest["spool"]["transactions"]["nodes"] == [{"type": "PURCHASE", "change": 1000}]


async def test_spools_are_filtered_and_sorted(server: RunningServer) -> None:
    """By material, stock and low stock; by any of the orders."""
    for color, left in (("Blue", "500"), ("Green", "0"), ("Amber", "199")):
        await change(
            server,
            "createSpool",
            "spool { id }",
            material="PETG",
            color=color,
            netWeight="1000",
            remainingWeight=left,
        )
    query = """query($filter: SpoolFilter, $orderBy: SpoolOrder) {
        spools(filter: $filter, orderBy: $orderBy) { nodes { color } } }"""
    for filter, order, expected in (
        ({"material": "petg"}, {"field": "COLOR", "direction": "ASC"}, "Amber Blue Green"),
        ({"inStock": True}, {"field": "REMAINING_WEIGHT"}, "Blue Amber"),
        ({"lowStock": True}, {"field": "REMAINING_WEIGHT", "direction": "ASC"}, "Green Amber"),
        ({"color": "blue"}, None, "Blue"),
        ({"brand": "none"}, None, ""),
    ):
        data = await server.graphql(query, {"filter": filter, "orderBy": order})
        assert [node["color"] for node in data["spools"]["nodes"]] == expected.split()


@pytest.mark.parametrize("size", [2, 12])
async def test_a_list_of_spools_costs_few_statements(server: RunningServer, size: int) -> None:
    """The spools, their transactions and the number of these: three, however many spools."""
    for number in range(size):
        spool = {"material": "PLA", "color": f"No {number}", "netWeight": "1000"}
        made = await change(server, "createSpool", "spool { id }", **spool)
        await change(
            server, "deductSpool", "deducted", id=made["spool"]["id"], weightGrams=f"{number + 1}"
        )
    query = "{ spools { nodes { color transactions(first: 1) { totalCount nodes { change } } } } }"
    with counted(server.runtime.database) as statements:
        nodes = (await server.graphql(query))["spools"]["nodes"]
    assert len(statements) == 3, statements
    assert {node["color"]: node["transactions"] for node in nodes} == {
        f"No {number}": {"totalCount": 2, "nodes": [{"change": -number - 1}]}
        for number in range(size)
    }
