"""The queue through GraphQL."""

from __future__ import annotations

from sqlalchemy import select

from app.accounts.viewer import Viewer
from app.farm_events.models import FarmEvent
from app.printers.models import Printer
from tests.farm import make_print
from tests.running import RunningServer
from tests.schema.asking import archive_named, change, refused


async def test_the_queue_is_filled_ordered_and_emptied(
    server: RunningServer, owner: Viewer, printer: Printer
) -> None:
    """Positions, what is printed where, and why it waits."""
    row = await make_print(server.runtime.database, printer, "Vase")
    archive = (await archive_named(server, row.name))["id"]
    printers = (await server.graphql("{ printers { nodes { id } } }"))["printers"]["nodes"]
    answer = "queueItem { id position status archive { name } printer { name } waitingReason }"
    first = await change(server, "addToQueue", answer, archiveId=archive)
    assert first["queueItem"] | {"id": ""} == {
        "id": "",
        "position": 1,
        "status": "PENDING",
        "archive": {"name": "Vase"},
        "printer": None,
        "waitingReason": "There is no stored file of this archive.",
    }
    second = await change(
        server,
        "addToQueue",
        "queueItem { id scheduledTime waitingReason printer { name } }",
        archiveId=archive,
        printerId=printers[0]["id"],
        scheduledTime="2031-01-15T19:00:00+01:00",
    )
    assert second["queueItem"] | {"id": ""} == {
        "id": "",
        "scheduledTime": "2031-01-15T18:00:00Z",
        "waitingReason": "There is no stored file of this archive.",
        "printer": {"name": "Left"},
    }
    ids = [first["queueItem"]["id"], second["queueItem"]["id"]]
    moved = await change(server, "reorderQueue", "queue { id position }", order=[ids[1]])
    assert moved["queue"] == [{"id": ids[1], "position": 1}, {"id": ids[0], "position": 2}]
    for order in ([ids[0], ids[0]], ["nonsense"], ["UXVldWVJdGVtOjk5"]):
        assert await refused(server, "reorderQueue", order=order) == (
            "INVALID",
            ["input", "order"],
        )
    listed = await server.graphql(
        """{ queue { totalCount nodes { id } }
            printers { nodes { queue { totalCount nodes { id } } } } }"""
    )
    assert listed == {
        "queue": {"totalCount": 2, "nodes": [{"id": ids[1]}, {"id": ids[0]}]},
        "printers": {"nodes": [{"queue": {"totalCount": 1, "nodes": [{"id": ids[1]}]}}]},
    }
    removed = await change(server, "removeFromQueue", "deletedId", id=ids[1])
    assert removed["deletedId"] == ids[1]
    assert await refused(server, "removeFromQueue", id=ids[1]) == ("NOT_FOUND", ["input", "id"])
    assert await refused(server, "addToQueue", archiveId=archive, printerId="nonsense") == (
        "NOT_FOUND",
        ["input", "printerId"],
    )


async def _printer_id(server: RunningServer) -> str:
    nodes = (await server.graphql("{ printers { nodes { id } } }"))["printers"]["nodes"]
    found: str = nodes[0]["id"]
    return found


async def test_an_item_is_described_changed_and_cancelled(
    server: RunningServer, owner: Viewer, printer: Printer
) -> None:
    """How it is to be printed comes back as it was given; copies stand behind it."""
    row = await make_print(server.runtime.database, printer, "Vase")
    archive = (await archive_named(server, row.name))["id"]
    wishes = """plate requirePreviousSuccess attempts uploadProgress error
        filaments { filament unit slot } options { bedLevelling timelapse anyColor }
        dispatch { stage } printer { name }"""
    added = await change(
        server,
        "addToQueue",
        f"queueItem {{ id {wishes} }} queueItems {{ position }}",
        archiveId=archive,
        quantity=2,
        plate=2,
        requirePreviousSuccess=True,
        filaments=[{"filament": 2, "unit": 0, "slot": 3}, {"filament": 1, "slot": 0}],
        options={"timelapse": True},
    )
    item = added["queueItem"]
    assert item | {"id": ""} == {
        "id": "",
        "plate": 2,
        "requirePreviousSuccess": True,
        "attempts": 0,
        "uploadProgress": None,
        "error": None,
        "filaments": [
            {"filament": 1, "unit": None, "slot": 0},
            {"filament": 2, "unit": 0, "slot": 3},
        ],
        "options": {"bedLevelling": True, "timelapse": True, "anyColor": False},
        "dispatch": None,
        "printer": None,
    }
    assert added["queueItems"] == [{"position": 1}, {"position": 2}]
    changed = await change(
        server,
        "updateQueueItem",
        f"queueItem {{ {wishes} }} queueItems {{ id }}",
        id=item["id"],
        printerId=await _printer_id(server),
        plate=None,
        filaments=[],
        options={"bedLevelling": False},
        quantity=2,
    )
    assert changed["queueItem"]["printer"] == {"name": "Left"}
    assert changed["queueItem"]["plate"] is None
    assert changed["queueItem"]["filaments"] == []
    assert changed["queueItem"]["options"]["bedLevelling"] is False
    assert changed["queueItem"]["requirePreviousSuccess"] is True
    assert len(changed["queueItems"]) == 2
    for given, field in (
        ({"plate": 0}, "plate"),
        ({"filaments": [{"filament": 1, "unit": 9, "slot": 0}]}, "filaments"),
        ({"quantity": 101}, "quantity"),
    ):
        assert await refused(server, "updateQueueItem", id=item["id"], **given) == (
            "INVALID",
            ["input", field],
        )
    gone = await change(server, "cancelQueueItem", "queueItem { status }", id=item["id"])
    assert gone["queueItem"] == {"status": "CANCELLED"}
    for name in ("cancelQueueItem", "updateQueueItem"):
        assert await refused(server, name, id=item["id"]) == ("CONFLICT", ["input", "id"])
        assert await refused(server, name, id="nonsense") == ("NOT_FOUND", ["input", "id"])


async def test_queues_are_paused_and_resumed(
    server: RunningServer, owner: Viewer, printer: Printer
) -> None:
    """The whole one is the team's, the other the printer's; both are told as events."""
    there = await _printer_id(server)
    asked = "{ viewer { team { queuePaused } } printers { nodes { queuePaused } } }"
    whole = await change(server, "pauseQueue", "team { queuePaused } printer { name }")
    assert whole["team"] == {"queuePaused": True}
    assert whole["printer"] is None
    one = await change(server, "pauseQueue", "printer { queuePaused }", printerId=there)
    assert one["printer"] == {"queuePaused": True}
    async with server.runtime.database.read(owner.team_id) as session:
        rows = await session.scalars(select(FarmEvent).order_by(FarmEvent.id))
        assert [(row.type, row.printer_id) for row in rows] == [
            ("queue_paused", None),
            ("queue_paused", printer.id),
        ]
    data = await server.graphql(asked)
    assert data["viewer"]["team"] == {"queuePaused": True}
    assert data["printers"]["nodes"] == [{"queuePaused": True}]
    await change(server, "resumeQueue", "team { queuePaused }")
    await change(server, "resumeQueue", "printer { queuePaused }", printerId=there)
    data = await server.graphql(asked)
    assert data["viewer"]["team"] == {"queuePaused": False}
    assert data["printers"]["nodes"] == [{"queuePaused": False}]
    assert await refused(server, "pauseQueue", printerId="nonsense") == (
        "NOT_FOUND",
        ["input", "printerId"],
    )


async def test_the_gate_of_the_plate_can_be_switched_off(
    server: RunningServer, owner: Viewer, printer: Printer
) -> None:
    """Without it nobody has to clear the plate, and a flag that was up is down."""
    await make_print(server.runtime.database, printer, "Vase")
    asked = "{ printers { nodes { id requiresPlateClear awaitingPlateClear } } }"
    (before,) = (await server.graphql(asked))["printers"]["nodes"]
    assert (before["requiresPlateClear"], before["awaitingPlateClear"]) == (True, True)
    answer = "printer { requiresPlateClear awaitingPlateClear }"
    off = await change(server, "updatePrinter", answer, id=before["id"], requiresPlateClear=False)
    assert off["printer"] == {"requiresPlateClear": False, "awaitingPlateClear": False}
    await make_print(server.runtime.database, printer, "Vase again")
    (after,) = (await server.graphql(asked))["printers"]["nodes"]
    assert after["awaitingPlateClear"] is False
