"""A run of products, from its plan over the printer to its end, with what the printer measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.app.dispatch.house import House, house
from tests.running import eventually
from tests.schema.asking import change

RUN = """query($id: ID!) { productionRun(id: $id) { status
    items { quantity successfulQuantity failedQuantity }
    materials { estimatedWeight actualWeight settledWeight spool { id remainingWeight } }
    queueItems { id status result { status } } } }"""


async def _run_of(made: House, run_id: str) -> Any:
    return (await made.server.graphql(RUN, {"id": run_id}))["productionRun"]


async def test_a_run_is_printed_and_its_filament_taken_once(tmp_path: Path) -> None:
    """Three pieces at two a plate: two prints, both on the spool that the tag tells. What each
    used is settled when it ends, and the completion of the run takes nothing again."""
    async with house(tmp_path, "x1c") as made:
        server, sim = made.server, made.printers[0].sim
        spool = await change(
            server,
            "createSpool",
            "spool { id }",
            material="PLA",
            color="Black",
            netWeight="1000",
            purchasePrice="20",
            trayUuid=sim.renderer.tray_uuid(0),
        )
        archive = await made.file("Hooks")
        product = await change(
            server,
            "createProduct",
            "product { id }",
            name="Hook",
            archiveId=archive,
            piecesPerPlate=2,
        )
        run = await change(
            server,
            "createProductionRun",
            "productionRun { id }",
            items=[{"productId": product["product"]["id"], "quantity": 3}],
            materials=[{"spoolId": spool["spool"]["id"], "estimatedWeight": "20"}],
        )
        run_id = run["productionRun"]["id"]
        queued = await change(
            server, "queueProductionRun", "queueItems { id }", id=run_id, printerId=made.ids[0]
        )
        first, second = [item["id"] for item in queued["queueItems"]]
        await made.becomes(first, "PRINTING")
        assert (await _run_of(made, run_id))["status"] == "IN_PROGRESS"
        await made.becomes(first, "COMPLETED")
        await made.clear()
        await made.becomes(second, "COMPLETED")

        async def settled() -> bool:
            """The printed file may come to its record a moment after the end."""
            (material,) = (await _run_of(made, run_id))["materials"]
            return bool(material["settledWeight"] == 24)

        await eventually(settled)
        found = await _run_of(made, run_id)
        assert found["items"] == [{"quantity": 3, "successfulQuantity": 3, "failedQuantity": 0}]
        (material,) = found["materials"]
        assert (material["actualWeight"], material["spool"]["remainingWeight"]) == (24, 976)
        done = await change(
            server,
            "completeProductionRun",
            "inventoryUpdated spools { deducted newWeight } productionRun { status }",
            id=run_id,
        )
        assert done == {
            "inventoryUpdated": False,
            "spools": [{"deducted": 0, "newWeight": 976}],
            "productionRun": {"status": "COMPLETED"},
            "userErrors": [],
        }
