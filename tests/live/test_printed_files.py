"""The file of every print comes from its printer, and makes the spool lighter."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.archives import runs
from app.fetching import fetcher
from app.simulator.farm import SimulatedFarm, SimulatedPrinter, SimulatorOptions
from app.simulator.jobs import Filament, Job
from tests.running import RunningServer, eventually, running
from tests.schema.asking import change
from tests.schema.uploading import send_file, upload
from tests.sliced import Filament as SlicedFilament
from tests.sliced import Plate, threemf

ARCHIVE = """{ archives { nodes { id name status hasFile fileUrl thumbnailUrl fileProblem progress
    estimatedDuration totalLayers filamentUsed plate { number printerModel }
    filaments { material grams spool { id remainingWeight } } } }
    printers { nodes { status { connection state } } } }"""
ATTACH = """mutation($input: AttachArchiveFileInput!) { attachArchiveFile(input: $input) {
    archive { hasFile fileProblem filamentUsed } userErrors { code message field } } }"""


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Simulated printers know at once what they print, and their files come soon."""
    monkeypatch.setattr(runs, "FILE_SETTLES", timedelta(0))
    monkeypatch.setattr(fetcher, "SOON", timedelta(milliseconds=200))
    monkeypatch.setattr(fetcher, "LOOK_SECONDS", 0.2)


def _job(name: str = "Tug boat", seconds: float = 200.0, **more: Any) -> Job:
    return Job(
        name,
        seconds=seconds,
        layers=40,
        filaments=(Filament("PLA", "1E88E5", 50.0),),
        prepare=5.0,
        warm_up=5.0,
        **more,
    )


@pytest.fixture
async def farm() -> AsyncIterator[SimulatedFarm]:
    options = SimulatorOptions(printers=3, models=("x1c", "p1s", "h2d"), speed=60.0, base_port=0)
    async with SimulatedFarm(options) as started:
        yield started


async def _connected(server: RunningServer, *printers: SimulatedPrinter) -> list[dict[str, Any]]:
    added = [await server.add(printer) for printer in printers]

    async def all_connected() -> bool:
        nodes = (await server.graphql(ARCHIVE))["printers"]["nodes"]
        return all(node["status"]["connection"] == "CONNECTED" for node in nodes)

    await eventually(all_connected)
    return added


async def _archives(server: RunningServer) -> list[dict[str, Any]]:
    nodes: list[dict[str, Any]] = (await server.graphql(ARCHIVE))["archives"]["nodes"]
    return nodes


async def _spool(server: RunningServer, printer: dict[str, Any], unit: int | None = 0) -> str:
    """A spool of a kilogram in the first slot of a printer."""
    payload = await change(
        server, "createSpool", "spool { id }", material="PLA", color="blue", netWeight=1000
    )
    spool: str = payload["spool"]["id"]
    payload = await change(
        server,
        "assignSpool",
        "spool { loadedIn { printer { id } amsUnit slot } }",
        spoolId=spool,
        printerId=printer["id"],
        amsUnit=unit,
        slot=0,
    )
    assert payload["userErrors"] == []
    assert payload["spool"]["loadedIn"] == {
        "printer": {"id": printer["id"]},
        "amsUnit": unit,
        "slot": 0,
    }
    return spool


async def test_a_print_gets_its_file_and_takes_its_grams(
    server: RunningServer, farm: SimulatedFarm
) -> None:
    """Three families: file, picture, estimate, layers, and the spool lighter by 50 g."""
    printers = await _connected(server, *farm.printers)
    spools = [await _spool(server, printer) for printer in printers]
    for printer in farm.printers:
        printer.sim.start(_job(printer.sim.profile.key))

    async def done() -> bool:
        nodes = await _archives(server)
        return len(nodes) == 3 and all(n["hasFile"] and n["status"] == "SUCCESS" for n in nodes)

    await eventually(done, 60)
    for node in await _archives(server):
        assert (node["estimatedDuration"], node["totalLayers"]) == (200, 40)
        assert (node["filamentUsed"], node["fileProblem"]) == (50, None)
        (filament,) = node["filaments"]
        assert (filament["grams"], filament["spool"]["remainingWeight"]) == (50, 950)
        file = await server.client().get(node["fileUrl"])
        assert file.content.startswith(b"PK")
        picture = await server.client().get(node["thumbnailUrl"])
        assert picture.content.startswith(b"\x89PNG")
    taken = await server.graphql(
        "{ spools { nodes { id transactions(first: 1) { nodes { change archive { name } } } } } }"
    )
    found = {node["id"]: node["transactions"]["nodes"] for node in taken["spools"]["nodes"]}
    assert [found[spool][0]["change"] for spool in spools] == [-50] * 3


async def test_a_file_that_appears_late(server: RunningServer, farm: SimulatedFarm) -> None:
    """It is looked for again; meanwhile the record says why it is not there."""
    printer = farm.printers[0]
    printer.quirks.late_file_seconds = 180.0
    await _connected(server, printer)
    printer.sim.start(_job(seconds=3_000))

    async def problem() -> bool:
        nodes = await _archives(server)
        return bool(nodes) and nodes[0]["fileProblem"] is not None

    await eventually(problem)
    assert (await _archives(server))[0]["fileProblem"] == (
        "The printed file was not found on the printer."
    )

    async def there() -> bool:
        return bool((await _archives(server))[0]["hasFile"])

    await eventually(there, 90)
    assert (await _archives(server))[0]["fileProblem"] is None


async def test_a_stopped_print_takes_its_part(server: RunningServer, farm: SimulatedFarm) -> None:
    """The percentage that was reached while it was active."""
    printer = farm.printers[0]
    (added,) = await _connected(server, printer)
    await _spool(server, added)
    printer.sim.start(_job(seconds=600))

    async def part_done() -> bool:
        nodes = await _archives(server)
        return bool(nodes) and nodes[0]["hasFile"] and printer.jobs[-1].fraction > 0.3

    await eventually(part_done, 30)
    printer.sim.machine.cancel()
    printer.sim.report()

    async def ended() -> bool:
        return (await _archives(server))[0]["status"] == "STOPPED"

    await eventually(ended)
    (node,) = await _archives(server)
    assert 30 <= node["progress"] < 100
    assert node["filamentUsed"] == node["progress"] / 2
    assert node["filaments"][0]["spool"]["remainingWeight"] == 1000 - node["progress"] / 2


async def test_a_file_that_cannot_be_had_is_completed_by_hand(
    server: RunningServer, farm: SimulatedFarm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The record says why; the file that somebody brings takes the grams, once."""
    monkeypatch.setattr(fetcher, "SOON_ATTEMPTS", 1)
    monkeypatch.setattr(fetcher, "LATER", ())
    printer = farm.printers[0]
    printer.quirks.storage_missing = True
    (added,) = await _connected(server, printer)
    await _spool(server, added)
    printer.sim.start(_job())

    async def ended() -> bool:
        nodes = await _archives(server)
        return bool(nodes) and nodes[0]["status"] == "SUCCESS" and bool(nodes[0]["fileProblem"])

    await eventually(ended, 30)
    (node,) = await _archives(server)
    assert (node["hasFile"], node["filamentUsed"]) == (False, None)
    content = threemf(Plate(filaments=(SlicedFilament(color="#1E88E5", grams="20"),)))
    data = await send_file(server, ATTACH, content, "x.3mf", id=node["id"])
    assert data["attachArchiveFile"] == {
        "archive": {"hasFile": True, "fileProblem": None, "filamentUsed": 20},
        "userErrors": [],
    }
    again = await send_file(server, ATTACH, content, "x.3mf", id=node["id"])
    (error,) = again["attachArchiveFile"]["userErrors"]
    assert (error["code"], error["field"]) == ("CONFLICT", ["input", "id"])
    (node,) = await _archives(server)
    assert node["filaments"][0]["spool"]["remainingWeight"] == 980


async def test_a_rejected_access_code_says_so(server: RunningServer, farm: SimulatedFarm) -> None:
    """Trying again is of no use then."""
    printer = farm.printers[0]
    await _connected(server, printer)
    printer.sim.access_code, known = "wrong", printer.sim.access_code
    printer.sim.start(_job())

    async def problem() -> bool:
        nodes = await _archives(server)
        return bool(nodes) and "access code" in (nodes[0]["fileProblem"] or "")

    await eventually(problem, 30)
    node = (await _archives(server))[0]
    assert known not in node["fileProblem"]
    assert "wrong" not in node["fileProblem"]


async def test_the_wish_survives_a_restart(tmp_path: Path, farm: SimulatedFarm) -> None:
    """A server that ended before the file came fetches it when it is back."""
    printer = farm.printers[0]
    printer.quirks.storage_missing = True
    async with running(tmp_path) as first:
        await _connected(first, printer)
        printer.sim.start(_job(seconds=2400))

        async def problem() -> bool:
            nodes = await _archives(first)
            return bool(nodes) and bool(nodes[0]["fileProblem"])

        await eventually(problem, 30)
    printer.quirks.storage_missing = False
    job = printer.jobs[-1]
    printer.files[job.file] = threemf(
        Plate(layers=40, filaments=(SlicedFilament(color="#1E88E5", grams="20"),))
    )
    async with running(tmp_path) as second:

        async def there() -> bool:
            nodes = await _archives(second)
            return bool(nodes) and bool(nodes[0]["hasFile"])

        await eventually(there, 30)


async def test_what_the_server_sent_is_not_fetched_again(
    server: RunningServer, farm: SimulatedFarm
) -> None:
    """A queued file prints; its record shares the stored file, and the spool gives its grams."""
    printer = farm.printers[1]
    (added,) = await _connected(server, printer)
    spool = await _spool(server, added)
    plate = Plate(seconds=120, layers=20, filaments=(SlicedFilament(color="#F5F5F5", grams="30"),))
    ready = (await upload(server, threemf(plate), "queued.3mf"))["archive"]
    await change(server, "addToQueue", "queueItem { id }", archiveId=ready["id"])

    async def done() -> bool:
        nodes = [node for node in await _archives(server) if node["id"] != ready["id"]]
        return bool(nodes) and nodes[0]["status"] == "SUCCESS" and nodes[0]["hasFile"]

    await eventually(done, 60)
    node = next(node for node in await _archives(server) if node["id"] != ready["id"])
    assert (node["plate"], node["filamentUsed"]) == ({"number": 1, "printerModel": "P1S"}, 30)
    assert [item["spool"] for item in node["filaments"]] == [{"id": spool, "remainingWeight": 970}]
    stored = [key async for key, _ in server.runtime.files.storage.contents()]
    assert len(stored) == 2  # the file and its picture, once
    file, source = [await server.client().get(item["fileUrl"]) for item in (node, ready)]
    assert file.content == source.content
