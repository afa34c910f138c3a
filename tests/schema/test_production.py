"""Production runs through GraphQL: from a plan to what a piece costs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.printers.models import Printer
from schema.ids import global_id
from tests.farm import make_print
from tests.running import RunningServer
from tests.schema.asking import change, refused
from tests.statements import counted


async def _spool(server: RunningServer, color: str = "Red", **given: Any) -> str:
    spool = {"material": "PLA", "brand": "Acme", "color": color, "netWeight": "1000"}
    made = await change(
        server, "createSpool", "spool { id }", **spool, **{"purchasePrice": "20", **given}
    )
    found: str = made["spool"]["id"]
    return found


async def _product(server: RunningServer, name: str = "Vase") -> str:
    material = [{"material": "PLA", "weight": "50"}]
    made = await change(server, "createProduct", "product { id }", name=name, materials=material)
    found: str = made["product"]["id"]
    return found


async def _run(server: RunningServer, answer: str = "id", **given: Any) -> Any:
    made = await change(
        server,
        "createProductionRun",
        f"productionRun {{ {answer} }}",
        **{"status": "IN_PROGRESS", **given},
    )
    assert made["userErrors"] == [], made
    return made["productionRun"]


async def test_a_run_from_plan_to_cost(server: RunningServer) -> None:
    """Planned, begun, weighed, completed: what it took, how far it is off, what a piece costs."""
    red, vase = await _spool(server), await _product(server)
    began = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    run = await _run(
        server,
        """id runNumber status printerName startedAt completedAt estimatedPrintTime
        actualPrintTime estimatedTotalFilament actualTotalFilament qualityRating notes project {
        id } items { quantity successfulQuantity failedQuantity estimatedMaterialCost
        estimatedTotalCost product { name } } materials { id estimatedWeight actualWeight
        estimatedPurge costPerGram settledWeight spoolName spool { id } }
        variance { materialGrams materialPercent time timePercent }
        cost { materialCost totalCost costPerPiece }""",
        status="PENDING",
        printerName="X1 Left",
        estimatedPrintTime=3000,
        notes="For the fair",
        items=[{"productId": vase, "quantity": 4}],
        materials=[{"spoolId": red, "estimatedWeight": "200", "estimatedPurge": "4"}],
    )
    material = run["materials"][0]
    assert run | {"id": "", "materials": []} == {
        "id": "",
        "runNumber": f"{datetime.now(UTC):%Y%m%d}-001",
        "status": "PENDING",
        "printerName": "X1 Left",
        "startedAt": None,
        "completedAt": None,
        "estimatedPrintTime": 3000,
        "actualPrintTime": None,
        "estimatedTotalFilament": 200,
        "actualTotalFilament": None,
        "qualityRating": None,
        "notes": "For the fair",
        "project": None,
        "items": [
            {
                "quantity": 4,
                "successfulQuantity": 0,
                "failedQuantity": 0,
                "estimatedMaterialCost": "4",
                "estimatedTotalCost": "4",
                "product": {"name": "Vase"},
            }
        ],
        "materials": [],
        "variance": dict.fromkeys(("materialGrams", "materialPercent", "time", "timePercent")),
        "cost": {"materialCost": None, "totalCost": None, "costPerPiece": None},
    }
    assert material | {"id": ""} == {
        "id": "",
        "estimatedWeight": 200,
        "actualWeight": None,
        "estimatedPurge": 4,
        "costPerGram": "0.02",
        "settledWeight": 0,
        "spoolName": "Acme PLA Red",
        "spool": {"id": red},
    }
    begun = await change(
        server,
        "updateProductionRun",
        "productionRun { status items { id } }",
        id=run["id"],
        status="IN_PROGRESS",
        startedAt=began,
        actualPrintTime=3300,
    )
    assert begun["productionRun"]["status"] == "IN_PROGRESS"
    weighed = await change(
        server,
        "updateRunMaterial",
        "material { actualWeight }",
        id=material["id"],
        spoolWeightBefore="1250",
        spoolWeightAfter="1044.5",
    )
    assert weighed["material"] == {"actualWeight": 205.5}
    (item,) = begun["productionRun"]["items"]
    await change(
        server,
        "updateRunItem",
        "__typename",
        id=item["id"],
        successfulQuantity=3,
        failedQuantity=1,
    )
    done = await change(
        server,
        "completeProductionRun",
        """inventoryUpdated spools { previousWeight newWeight deducted spool { id
            remainingWeight } }
        productionRun { status variance { materialGrams materialPercent time timePercent }
        cost { materialCost componentCost totalCost costPerPiece } }""",
        id=run["id"],
    )
    assert done == {
        "inventoryUpdated": True,
        "spools": [
            {
                "previousWeight": 1000,
                "newWeight": 794.5,
                "deducted": 205.5,
                "spool": {"id": red, "remainingWeight": 794.5},
            }
        ],
        "productionRun": {
            "status": "COMPLETED",
            "variance": {
                "materialGrams": 5.5,
                "materialPercent": 2.8,
                "time": 300,
                "timePercent": 10.0,
            },
            "cost": {
                "materialCost": "4.11",
                "componentCost": "0",
                "totalCost": "4.11",
                "costPerPiece": "1.37",
            },
        },
        "userErrors": [],
    }
    data = await server.graphql(
        """query($id: ID!) { spool(id: $id) { transactions(first: 1) { nodes { type change
            productionRun { status } } } } }""",
        {"id": red},
    )
    assert data["spool"]["transactions"]["nodes"] == [
        {"type": "USAGE", "change": -205.5, "productionRun": {"status": "COMPLETED"}}
    ]


async def test_runs_fail_and_are_cancelled_with_waste(server: RunningServer) -> None:
    """What was used up is taken as waste and written on the run."""
    red = await _spool(server)
    answer = "inventoryUpdated spools { deducted } productionRun { status failureReason }"
    materials = [{"spoolId": red, "estimatedWeight": "10"}]
    waste = [{"spoolId": red, "grams": "2.5"}]
    run = await _run(server, materials=materials)
    failed = await change(
        server,
        "failProductionRun",
        answer,
        id=run["id"],
        failureReason="Clog",
        materials=waste,
    )
    assert failed == {
        "inventoryUpdated": True,
        "spools": [{"deducted": 2.5}],
        "productionRun": {"status": "FAILED", "failureReason": "Clog"},
        "userErrors": [],
    }
    run = await _run(server, status="PENDING")
    cancelled = await change(server, "cancelProductionRun", answer, id=run["id"])
    assert cancelled["productionRun"] == {"status": "CANCELLED", "failureReason": None}


async def test_what_is_refused_names_its_field(server: RunningServer) -> None:
    """Every refusal has its code, and nothing is changed."""
    red, vase = await _spool(server, remainingWeight="5"), await _product(server)
    run = (await _run(server, materials=[{"spoolId": red, "estimatedWeight": "9"}]))["id"]
    pending = (await _run(server, status="PENDING"))["id"]
    given: dict[str, Any]
    for name, given, refusal in (
        ("createProductionRun", {"qualityRating": 6}, ("INVALID", "qualityRating")),
        ("createProductionRun", {"projectId": "nonsense"}, ("NOT_FOUND", "projectId")),
        ("createProductionRun", {"status": "PAUSED"}, ("INVALID_TRANSITION", "status")),
        (
            "createProductionRun",
            {"items": [{"productId": vase}, {"productId": red}]},
            ("NOT_FOUND", "items.1.productId"),
        ),
        ("updateProductionRun", {"id": "nonsense"}, ("NOT_FOUND", "id")),
        ("completeProductionRun", {"id": pending}, ("INVALID_TRANSITION", "status")),
        ("completeProductionRun", {"id": run}, ("USAGE_MISSING", "materials")),
        ("failProductionRun", {"id": run, "failureReason": ""}, ("INVALID", "failureReason")),
        (
            "cancelProductionRun",
            {"id": run, "materials": [{"spoolId": "nonsense", "grams": "1"}]},
            ("INVALID", "materials.0.spoolId"),
        ),
        (
            "cancelProductionRun",
            {"id": run, "materials": [{"spoolId": red, "grams": "6"}]},
            ("INSUFFICIENT_FILAMENT", "materials"),
        ),
        (
            "addRunMaterial",
            {"productionRunId": run, "spoolId": red, "estimatedWeight": "-1"},
            ("INVALID", "estimatedWeight"),
        ),
        (
            "addRunItem",
            {"productionRunId": vase, "productId": vase},
            ("NOT_FOUND", "productionRunId"),
        ),
        ("removeRunItem", {"id": vase}, ("NOT_FOUND", "id")),
    ):
        code, field = refusal
        assert await refused(server, name, **given) == (code, ["input", *field.split(".")]), name
    stranger = await server.stranger()
    assert await refused(server, "deleteProductionRun", stranger, id=run) == (
        "NOT_FOUND",
        ["input", "id"],
    )


async def test_lines_are_added_and_removed(server: RunningServer) -> None:
    """Each answers the run with its new sums."""
    red, vase = await _spool(server), await _product(server)
    run = (await _run(server))["id"]
    sums = "productionRun { estimatedTotalFilament items { quantity } }"
    added = await change(
        server,
        "addRunMaterial",
        f"{sums} material {{ id }}",
        productionRunId=run,
        spoolId=red,
        estimatedWeight="12.5",
    )
    assert added["productionRun"] == {"estimatedTotalFilament": 12.5, "items": []}
    item = await change(
        server,
        "addRunItem",
        f"{sums} item {{ id }}",
        productionRunId=run,
        productId=vase,
        quantity=2,
    )
    assert item["productionRun"]["items"] == [{"quantity": 2}]
    gone = await change(server, "removeRunItem", sums, id=item["item"]["id"], productionRunId=run)
    assert gone["productionRun"]["items"] == []
    gone = await change(server, "removeRunMaterial", sums, id=added["material"]["id"])
    assert gone["productionRun"]["estimatedTotalFilament"] is None
    deleted = await change(server, "deleteProductionRun", "deletedId", id=run)
    assert deleted == {"deletedId": run, "userErrors": []}


async def test_runs_are_listed_filtered_sorted_and_summed_up(server: RunningServer) -> None:
    """By any filter and order, per project, and as statistics."""
    project = (await change(server, "createProject", "project { id }", name="Fair"))["project"]
    vase = await _product(server)
    await _run(server, printerName="A", estimatedPrintTime=30)
    await _run(server, printerName="b", status="PENDING", projectId=project["id"])
    items = [{"productId": vase, "quantity": 3, "successfulQuantity": 2, "failedQuantity": 1}]
    await _run(server, printerName="C", status="COMPLETED", items=items, estimatedPrintTime=10)
    query = """query($filter: ProductionRunFilter, $orderBy: ProductionRunOrder) {
        productionRuns(filter: $filter, orderBy: $orderBy) {
            totalCount nodes { printerName } } }"""
    for filter, order, expected in (
        (None, None, "C b A"),
        ({"status": ["PENDING", "IN_PROGRESS"]}, None, "b A"),
        ({"printerName": "B"}, None, "b"),
        ({"productId": vase}, None, "C"),
        ({"projectId": project["id"]}, None, "b"),
        ({"projectId": vase}, None, ""),
        (None, {"field": "ESTIMATED_PRINT_TIME", "direction": "ASC"}, "C A b"),
        (None, {"field": "RUN_NUMBER", "direction": "ASC"}, "A b C"),
    ):
        found = await server.graphql(query, {"filter": filter, "orderBy": order})
        names = [node["printerName"] for node in found["productionRuns"]["nodes"]]
        assert names == expected.split()
        assert found["productionRuns"]["totalCount"] == len(names)
    data = await server.graphql(
        """query($id: ID!) { project(id: $id) { productionRuns { totalCount nodes {
            printerName project { name } } } }
            productionStatistics { totalRuns completedRuns failedRuns cancelledRuns successRate
                successfulPieces failedPieces yieldRate totalPrintTime totalFilamentUsed
                totalMaterialCost byProduct { runs quantity successfulPieces product { name } } }
            productionStatisticsOfOld: productionStatistics(filter: {endDate: "2020-01-01"}) {
                totalRuns } }""",
        {"id": project["id"]},
    )
    assert data == {
        "project": {
            "productionRuns": {
                "totalCount": 1,
                "nodes": [{"printerName": "b", "project": {"name": "Fair"}}],
            }
        },
        "productionStatistics": {
            "totalRuns": 1,
            "completedRuns": 1,
            "failedRuns": 0,
            "cancelledRuns": 0,
            "successRate": 100.0,
            "successfulPieces": 2,
            "failedPieces": 1,
            "yieldRate": 66.67,
            "totalPrintTime": 0,
            "totalFilamentUsed": 0,
            "totalMaterialCost": "0",
            "byProduct": [
                {"runs": 1, "quantity": 3, "successfulPieces": 2, "product": {"name": "Vase"}}
            ],
        },
        "productionStatisticsOfOld": {"totalRuns": 0},
    }


@pytest.mark.parametrize("size", [2, 8])
async def test_a_list_of_runs_costs_few_statements(server: RunningServer, size: int) -> None:
    """Runs, items, materials, products, spools: five, however many."""
    red, vase = await _spool(server), await _product(server)
    for _ in range(size):
        items, materials = [{"productId": vase}], [{"spoolId": red, "estimatedWeight": "1"}]
        await _run(server, items=items, materials=materials)
    query = """{ productionRuns { nodes { runNumber cost { totalCost } items { product { name } }
        materials { spoolName spool { color } } variance { time } } } }"""
    with counted(server.runtime.database) as statements:
        nodes = (await server.graphql(query))["productionRuns"]["nodes"]
    assert len(statements) == 5, statements
    assert len(nodes) == size


async def test_the_farm_tells_what_becomes_of_runs(server: RunningServer) -> None:
    """Each event names the run; a spool that gave filament is told as changed."""
    red = await _spool(server)
    query = """subscription { farmEvents(types: [PRODUCTION_RUN_CREATED, PRODUCTION_RUN_STARTED,
        PRODUCTION_RUN_COMPLETED]) { type productionRun { status } } }"""
    spools = "subscription { spoolChanged { spool { remainingWeight } } }"
    async with server.subscription(query) as events, server.subscription(spools) as changes:
        materials = [{"spoolId": red, "estimatedWeight": "10", "actualWeight": "10"}]
        await _run(server, status="COMPLETED", materials=materials)
        for kind in ("CREATED", "STARTED", "COMPLETED"):
            assert await events.next() == {
                "farmEvents": {
                    "type": f"PRODUCTION_RUN_{kind}",
                    "productionRun": {"status": "COMPLETED"},
                }
            }
        assert await changes.next() == {"spoolChanged": {"spool": {"remainingWeight": 990}}}


async def test_a_run_queues_the_plates_of_its_products(
    server: RunningServer, printer: Printer
) -> None:
    """The items name the run and the run names the items; a second time nothing is left."""
    archive = await make_print(server.runtime.database, printer, "Vases")
    archive_id = global_id("Archive", archive.id)
    made = await change(
        server,
        "createProduct",
        "product { id archive { name } }",
        name="Vase",
        archiveId=archive_id,
        piecesPerPlate=2,
    )
    assert made["product"]["archive"] == {"name": "Vases"}
    items = [{"productId": made["product"]["id"], "quantity": 3}]
    run = (await _run(server, status="PENDING", items=items))["id"]
    queued = await change(
        server,
        "queueProductionRun",
        """productionRun { queueItems { status } }
        queueItems { archive { name } printer { name } productionRun { id } }""",
        id=run,
        printerId=global_id("Printer", printer.id),
    )
    assert queued == {
        "productionRun": {"queueItems": [{"status": "PENDING"}] * 2},
        "queueItems": [
            {
                "archive": {"name": "Vases"},
                "printer": {"name": printer.name},
                "productionRun": {"id": run},
            }
        ]
        * 2,
        "userErrors": [],
    }
    assert await refused(server, "queueProductionRun", id=run) == ("CONFLICT", ["input", "id"])
    assert await refused(server, "queueProductionRun", id="x") == ("NOT_FOUND", ["input", "id"])
    project = (await change(server, "createProject", "project { id }", name="Fair"))["project"]
    assert await refused(server, "produceProject", projectId=project["id"]) == (
        "CONFLICT",
        ["input", "projectId"],
    )
    await change(server, "cancelProductionRun", "__typename", id=run)
    found = await server.graphql(
        "query($id: ID!) { productionRun(id: $id) { status queueItems { status } } }", {"id": run}
    )
    assert found["productionRun"] == {
        "status": "CANCELLED",
        "queueItems": [{"status": "CANCELLED"}] * 2,
    }
