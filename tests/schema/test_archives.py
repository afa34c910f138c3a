"""Archives through GraphQL: read, edited, deleted."""

from __future__ import annotations

from app.accounts.viewer import Viewer
from app.archives.runs import ObservedFilament
from app.database import EVERY_TEAM
from app.printers.models import Printer
from tests.farm import begin, make_print
from tests.running import RunningServer
from tests.schema.asking import archive_named, change, refused


async def test_an_archive_tells_how_its_print_went(
    server: RunningServer, owner: Viewer, printer: Printer
) -> None:
    """Times in UTC, seconds, grams, the printer by reference."""
    filaments = [ObservedFilament("PETG", "#ff0000"), ObservedFilament("PLA")]
    row = await make_print(server.runtime.database, printer, "Vase", filaments=filaments)
    assert await archive_named(server, row.name) | {"id": ""} == {
        "id": "",
        "databaseId": row.id,
        "name": "Vase",
        "filename": "vase.gcode.3mf",
        "status": "SUCCESS",
        "printer": {"name": "Left"},
        "project": None,
        "createdAt": "2026-03-01T12:00:00Z",
        "startedAt": "2026-03-01T12:00:00Z",
        "completedAt": "2026-03-01T13:00:00Z",
        "duration": 3600,
        "progress": 100,
        "filamentUsed": None,
        "filamentType": "PETG, PLA",
        "cost": None,
        "failureReason": None,
        "notes": None,
        "tags": [],
        "filaments": [
            {"material": "PETG", "color": "#ff0000", "grams": None, "spool": None},
            {"material": "PLA", "color": None, "grams": None, "spool": None},
        ],
        "hasFile": False,
        "fileUrl": None,
    }


async def test_an_archive_is_edited_and_deleted(
    server: RunningServer, owner: Viewer, printer: Printer
) -> None:
    """Null empties, absence leaves alone, statistics follow, refusals name the input field."""
    row = await make_print(server.runtime.database, printer, "Vase")
    archive = (await archive_named(server, row.name))["id"]
    made = await change(server, "createProject", "project { id }", name="Gifts")
    edited = await change(
        server,
        "updateArchive",
        "archive { name notes tags cost filamentUsed project { name completedCount } }",
        id=archive,
        notes="for Mary",
        tags=["gift"],
        cost="1.25",
        filamentUsed="20.5",
        projectId=made["project"]["id"],
    )
    assert edited == {
        "archive": {
            "name": "Vase",
            "notes": "for Mary",
            "tags": ["gift"],
            "cost": "1.25",
            "filamentUsed": 20.5,
            "project": {"name": "Gifts", "completedCount": 1},
        },
        "userErrors": [],
    }
    answer = "archive { notes cost project { name } }"
    edited = await change(server, "updateArchive", answer, id=archive, notes=None, projectId=None)
    assert edited["archive"] == {"notes": None, "cost": "1.25", "project": None}
    figures = "{ statistics { totalPrints totalFilamentUsed totalCost } }"
    assert (await server.graphql(figures))["statistics"] == {
        "totalPrints": 1,
        "totalFilamentUsed": 20.5,
        "totalCost": "1.25",
    }
    assert await refused(server, "updateArchive", id=archive, name=" ") == (
        "INVALID",
        ["input", "name"],
    )
    assert await refused(server, "updateArchive", id=archive, projectId="UHJvamVjdDo5OQ==") == (
        "NOT_FOUND",
        ["input", "projectId"],
    )
    deleted = await change(server, "deleteArchive", "deletedId", id=archive)
    assert deleted == {"deletedId": archive, "userErrors": []}
    assert (await server.graphql(figures))["statistics"]["totalPrints"] == 0
    for id in (archive, "nonsense", made["project"]["id"]):
        assert await refused(server, "deleteArchive", id=id) == ("NOT_FOUND", ["input", "id"])


async def test_a_running_print_is_not_deleted(
    server: RunningServer, owner: Viewer, printer: Printer
) -> None:
    """It is a conflict, as is printing it again already."""
    async with server.runtime.database.transaction(EVERY_TEAM) as session:
        await begin(session, printer, "Vase")
    nodes = (await server.graphql("{ archives { nodes { id status } } }"))["archives"]["nodes"]
    assert nodes[0]["status"] == "PRINTING"
    assert await refused(server, "deleteArchive", id=nodes[0]["id"]) == (
        "CONFLICT",
        ["input", "id"],
    )
    assert await refused(server, "addToQueue", archiveId=nodes[0]["id"]) == (
        "CONFLICT",
        ["input", "archiveId"],
    )
