"""A server that is killed while it prints the queue: one print, one record, one deduction."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.simulator.farm import SimulatedFarm, SimulatorOptions
from app.simulator.jobs import Filament
from app.simulator.threemf import Plate, sliced_file
from tests.live.test_webhooks import Process, _process
from tests.receiver import receiving
from tests.running import eventually

GRAMS = 12.5
# The printer's time hardly moves until the server is killed, so that no stage passes unseen.
SLOW, FAST = 3.0, 120.0
PATIENCE = 60.0
# What the server has come to when it is killed, and how the printer behaves so that it comes to it.
STAGES: dict[str, dict[str, Any]] = {
    "WAITING": {},
    "UPLOADING": {"bytes_per_second": 4_000},
    "COMMANDED": {"lose_acknowledgements": True, "start_delay_seconds": 240.0},
    "ACCEPTED": {"start_delay_seconds": 240.0},
    "STARTED": {},
    "ENDED": {},
}
ITEM = """{ queue { nodes { status attempts error dispatch { stage } } }
    archives { nodes { name status hasFile filamentUsed } }
    spools { nodes { remainingWeight transactions { nodes { type } } } } }"""


async def _graphql(process: Process, query: str, **variables: Any) -> dict[str, Any]:
    body = {"query": query, "variables": variables}
    answer = await process.client.post("/graphql", json=body)
    body = answer.json()
    assert "errors" not in body, body
    data: dict[str, Any] = body["data"]
    return data


async def _has_come_to(process: Process, stage: str) -> bool:
    data = await _graphql(process, ITEM)
    (item,) = data["queue"]["nodes"]
    if stage == "WAITING":
        return True
    if stage == "ENDED":
        return bool(item["status"] == "COMPLETED")
    return bool(item["dispatch"] and item["dispatch"]["stage"] == stage)


@pytest.mark.timeout(400)
@pytest.mark.parametrize("stage", STAGES)
async def test_a_print_survives_the_death_of_the_server(tmp_path: Path, stage: str) -> None:
    """Killed at every stage, and started again: the printer began exactly once."""
    options = SimulatorOptions(printers=1, models=("p1s",), speed=FAST, base_port=0)
    async with (
        SimulatedFarm(options) as farm,
        receiving() as receiver,
        _process(tmp_path) as process,
    ):
        (printer,) = farm.printers
        sim = printer.sim
        told = printer.describe()
        wanted = ("name", "serial_number", "ip_address", "access_code", "mqtt_port", "ftps_port")
        await process.post("/api/v1/printers", {name: told[name] for name in wanted})
        await process.post("/api/v1/webhooks", {"url": receiver.url, "secret": "of the test"})
        await _graphql(
            process,
            "mutation($input: CreateSpoolInput!) { createSpool(input: $input) { spool { id } } }",
            input={
                "material": "PLA",
                "color": "White",
                "netWeight": "1000",
                "remainingWeight": "1000",
                "trayUuid": sim.renderer.tray_uuid(0),
            },
        )

        await eventually(process.is_connected, PATIENCE)
        slot = sim.machine.slots[0]
        plate = Plate(seconds=900, layers=40, filaments=(Filament("PLA", slot.color, GRAMS),))
        content = sliced_file("Bracket", [plate])
        sent = await process.client.post(
            "/api/v1/archives", files={"file": ("bracket.3mf", content, "model/3mf")}
        )
        for name, value in STAGES[stage].items():
            setattr(printer.quirks, name, value)
        sim.speed = FAST if stage == "ENDED" else SLOW
        await process.post("/api/v1/queue", {"archive_id": sent.json()["id"]})
        await eventually(lambda: _has_come_to(process, stage), PATIENCE)
        await process.kill()
        printer.quirks.bytes_per_second, sim.speed = None, FAST
        await process.start()
        await eventually(lambda: _has_come_to(process, "ENDED"), 2 * PATIENCE)
        assert len(sim.machine.begun) == 1
        data: dict[str, Any] = {}

        async def settled() -> bool:
            data.update(await _graphql(process, ITEM))
            printed = [item for item in data["archives"]["nodes"] if item["status"] != "READY"]
            return len(printed) == 1 and printed[0]["hasFile"]

        await eventually(settled, PATIENCE)
        (item,) = data["queue"]["nodes"]
        assert (item["status"], item["attempts"]) == ("COMPLETED", 1)
        (record,) = [row for row in data["archives"]["nodes"] if row["status"] != "READY"]
        assert (record["status"], float(record["filamentUsed"])) == ("SUCCESS", GRAMS)
        (spool,) = data["spools"]["nodes"]
        assert float(spool["remainingWeight"]) == 1000 - GRAMS
        taken = [row["type"] for row in spool["transactions"]["nodes"]]
        assert taken.count("USAGE") == 1
        await eventually(lambda: "print_complete" in receiver.told, PATIENCE)
        once = {item.id: item.json["event"] for item in receiver.received}
        assert list(once.values()).count("print_complete") == 1
        assert list(once.values()).count("print_started") == 1
