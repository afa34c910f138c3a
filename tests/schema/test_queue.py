"""The queue through GraphQL."""

from __future__ import annotations

from app.accounts.viewer import Viewer
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
        "waitingReason": "Waiting for a free printer that fits.",
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
        "waitingReason": "Scheduled for 2031-01-15 18:00 UTC.",
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
