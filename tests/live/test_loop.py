"""The farm prints by itself: a file goes in, the queue sends it to a printer, the camera shows it,
the history holds it, a spool gets lighter, and another system hears of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from app.simulator.jobs import Filament
from app.simulator.threemf import Plate, sliced_file
from tests.app.dispatch.house import House, house
from tests.receiver import Receiver, receiving
from tests.running import eventually
from tests.schema.asking import change
from tests.schema.uploading import upload

SECRET = "known to both"
GRAMS = 12.5
JPEG = b"\xff\xd8\xff"


def sliced(made: House) -> bytes:
    """A file for the printer, of the filament in its first slot."""
    sim = made.printers[0].sim
    slot = sim.machine.slots[0]
    wanted = (Filament(slot.material, slot.color, GRAMS),)
    plate = Plate(seconds=600, layers=40, filaments=wanted)
    return sliced_file("Bracket", [plate], model_code=sim.profile.code, product=sim.profile.product)


async def _spool(made: House) -> str:
    """The spool in the first slot, known by its tag."""
    made_ = await change(
        made.server,
        "createSpool",
        "spool { id }",
        material="PLA",
        color="White",
        netWeight="1000",
        remainingWeight="1000",
        trayUuid=made.printers[0].sim.renderer.tray_uuid(0),
    )
    assert made_["userErrors"] == []
    found: str = made_["spool"]["id"]
    return found


async def _weight(made: House, spool: str) -> float:
    asked = "query($id: ID!) { spool(id: $id) { remainingWeight } }"
    data = await made.server.graphql(asked, {"id": spool})
    return float(data["spool"]["remainingWeight"])


async def _told(receiver: Receiver, archive_id: int) -> None:
    """The beginning and the end arrived, signed, about this archive."""
    await eventually(lambda: receiver.told[-1:] == ["print_complete"], 30)
    assert receiver.told[0] == "print_started"
    for item in receiver.received:
        item.verify(SECRET.encode())
        assert item.json["data"]["archive_id"] == archive_id
    assert receiver.received[-1].json["data"]["status"] == "success"
    assert len({item.id for item in receiver.received}) == len(receiver.received)


async def test_the_whole_loop_through_graphql(tmp_path: Path, database_url: str) -> None:
    """Uploaded, queued for any printer, watched being sent and printed, seen, kept, told."""
    settings = {"database_url": database_url, "allow_private_webhooks": "on"}
    async with house(tmp_path, "p1s", **settings) as made, receiving() as receiver:
        await change(
            made.server, "createWebhook", "webhook { id }", url=receiver.url, secret=SECRET
        )
        spool = await _spool(made)
        content = sliced(made)
        archive = (await upload(made.server, content, "bracket.gcode.3mf"))["archive"]
        watched = "subscription { queueChanged { queueItem { status uploadProgress } } }"
        seen: list[dict[str, Any]] = []
        async with made.server.subscription(watched) as changes:
            item_id = await made.queue(archive["id"])
            while not seen or seen[-1]["status"] != "PRINTING":
                seen.append((await changes.next())["queueChanged"]["queueItem"])
        assert "UPLOADING" in [each["status"] for each in seen]
        progress = f'subscription {{ printProgress(printerId: "{made.ids[0]}") {{ progress }} }}'
        async with made.server.subscription(progress) as news:
            await news.until(lambda data: (data["printProgress"]["progress"] or 0) >= 10)
        asked = (
            "query($id: ID!) { printer(id: $id) { databaseId currentPrint { queueItem { id } } } }"
        )
        printer = (await made.server.graphql(asked, {"id": made.ids[0]}))["printer"]
        assert printer["currentPrint"]["queueItem"]["id"] == item_id
        picture = await made.server.client().get(
            f"/api/v1/printers/{printer['databaseId']}/camera/snapshot"
        )
        assert picture.content.startswith(JPEG)
        item = await made.becomes(item_id, "COMPLETED", 60)
        kept = await _kept(made, item["result"]["id"])
        assert (kept["name"], kept["status"]) == ("Bracket", "SUCCESS")
        assert float(kept["filamentUsed"]) == GRAMS
        assert kept["filaments"][0]["spool"]["id"] == spool
        files = made.server.client()
        assert (await files.get(kept["fileUrl"])).content == content
        assert (await files.get(kept["thumbnailUrl"])).content.startswith(b"\x89PNG")
        assert await _weight(made, spool) == 1000 - GRAMS
        await _told(receiver, kept["databaseId"])


async def _kept(made: House, archive_id: str) -> dict[str, Any]:
    """The record of the print, once it has its file."""
    asked = """query($id: ID!) { archive(id: $id) { databaseId name status filamentUsed fileUrl
        thumbnailUrl hasFile filaments { grams spool { id } } } }"""
    found: dict[str, Any] = {}

    async def there() -> bool:
        found.update((await made.server.graphql(asked, {"id": archive_id}))["archive"])
        return bool(found["hasFile"])

    await eventually(there, 30)
    return found


async def test_the_whole_loop_through_the_documented_routes(
    tmp_path: Path, database_url: str
) -> None:
    """The same for a client that knows nothing but the Bambuddy API."""
    settings = {"database_url": database_url, "allow_private_webhooks": "on"}
    async with house(tmp_path, "x1c", "p1s", **settings) as made, receiving() as receiver:
        client = made.server.client()
        hook = await client.post("/api/v1/webhooks", json={"url": receiver.url, "secret": SECRET})
        assert hook.status_code == 201
        spool = await _spool(made)
        content = sliced(made)
        sent = await client.post(
            "/api/v1/archives", files={"file": ("bracket.3mf", content, "model/3mf")}
        )
        assert sent.status_code == 201
        assert sent.json()["status"] == "ready"
        queued = await client.post("/api/v1/queue", json={"archive_id": sent.json()["id"]})
        assert queued.status_code == 201
        number = queued.json()["id"]

        async def row(status: str) -> dict[str, Any] | None:
            rows = (await client.get("/api/v1/queue", params={"status": status})).json()
            return next((item for item in rows if item["id"] == number), None)

        await eventually(lambda: row("printing"), 30)
        printer = (await row("printing") or {})["printer_id"]
        states: set[str] = set()

        async def under_way() -> bool:
            status = (await client.get(f"/api/v1/printers/{printer}/status")).json()
            states.add(status["state"])
            return bool(status["progress"] and status["progress"] >= 10)

        await eventually(under_way, 30)
        assert states <= {"idle", "preparing", "printing"}
        done = await eventually(lambda: row("completed"), 60)
        assert done["printer_name"] == "X1 Carbon 01"
        assert done["error"] is None
        listed = (await client.get("/api/v1/archives", params={"status": "success"})).json()
        (archive,) = listed["archives"]
        assert archive["printer_name"] == "X1 Carbon 01"
        assert archive["filament_used"] == GRAMS

        async def file() -> bytes | None:
            answer = await client.get(f"/api/v1/archives/{archive['id']}/3mf")
            return answer.content if answer.status_code == 200 else None

        assert await eventually(file, 30) == content
        assert await _weight(made, spool) == 1000 - GRAMS
        await _told(receiver, archive["id"])
