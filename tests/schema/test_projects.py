"""Projects through GraphQL, and who may change what."""

from __future__ import annotations

from typing import Any

import pytest

from app.accounts.models import Role, Scope
from app.accounts.viewer import Viewer
from app.printers.models import Printer
from schema.ids import global_id
from tests.farm import make_print
from tests.running import RunningServer
from tests.schema.asking import archive_named, change, refused


async def test_a_project_counts_towards_its_target(
    server: RunningServer, owner: Viewer, printer: Printer
) -> None:
    """Progress in percent of the target, null without one; deleting keeps the archives."""
    answer = """project { id databaseId name description color status targetCount completedCount
        archiveCount progress team { name } archives { totalCount nodes { name } } }"""
    made = await change(
        server, "createProject", answer, name="Voron", color="#4CAF50", targetCount=3
    )
    project = made["project"]
    assert project | {"id": "", "databaseId": 0, "team": None} == {
        "id": "",
        "databaseId": 0,
        "name": "Voron",
        "description": None,
        "color": "#4caf50",
        "status": "ACTIVE",
        "targetCount": 3,
        "completedCount": 0,
        "archiveCount": 0,
        "progress": 0.0,
        "team": None,
        "archives": {"totalCount": 0, "nodes": []},
    }
    for name, outcome in (("Vase", "success"), ("Bolt", "failed")):
        row = await make_print(server.runtime.database, printer, name, outcome)
        archive = (await archive_named(server, row.name))["id"]
        await change(server, "updateArchive", "archive { id }", id=archive, projectId=project["id"])
    changed = await change(
        server, "updateProject", answer, id=project["id"], status="COMPLETED", description="A car"
    )
    assert (changed["project"]["completedCount"], changed["project"]["archiveCount"]) == (1, 2)
    assert changed["project"]["progress"] == 33.33
    assert changed["project"]["archives"]["totalCount"] == 2
    changed = await change(server, "updateProject", answer, id=project["id"], targetCount=None)
    assert changed["project"]["progress"] is None
    found = """{ projects(filter: {status: COMPLETED, search: "car"}) { nodes { name } } }"""
    assert (await server.graphql(found))["projects"]["nodes"] == [{"name": "Voron"}]
    assert await refused(server, "updateProject", id=project["id"], targetCount=0) == (
        "INVALID",
        ["input", "targetCount"],
    )
    await change(server, "deleteProject", "deletedId", id=project["id"])
    left = await server.graphql(
        "{ archives { nodes { project { name } } } projects { totalCount } }"
    )
    assert left == {
        "archives": {"nodes": [{"project": None}] * 2},
        "projects": {"totalCount": 0},
    }


@pytest.mark.parametrize(
    ("name", "given", "scope"),
    [
        ("createProject", {"name": "A"}, Scope.PROJECTS),
        ("createSpool", {"material": "PLA", "color": "Red", "netWeight": "1"}, Scope.INVENTORY),
        ("addToQueue", {"archiveId": "QXJjaGl2ZTox"}, Scope.QUEUE),
        ("updateArchive", {"id": "QXJjaGl2ZTox", "name": "A"}, Scope.ARCHIVES),
    ],
)
async def test_a_change_needs_its_scope(
    server: RunningServer, name: str, given: dict[str, Any], scope: Scope
) -> None:
    """A key with every other scope is refused; with this one alone it gets through."""
    others = await server.stranger(*(set(Scope) - {scope}))
    assert await refused(server, name, others, **given) == ("FORBIDDEN", None)
    allowed = await server.stranger(scope)
    payload = await change(server, name, "__typename", allowed, **given)
    assert {error["code"] for error in payload["userErrors"]} <= {"NOT_FOUND"}
    viewer = await server.member(f"team of {name}", Role.VIEWER)
    assert await refused(server, name, viewer, **given) == ("FORBIDDEN", None)


async def test_a_project_begins_with_what_its_template_has(
    server: RunningServer, owner: Viewer, printer: Printer
) -> None:
    """Each file once, ready to print and out of the statistics; settings unless given anew."""
    made = await change(
        server,
        "createProject",
        "project { id }",
        name="Shelf",
        settings={"layer": 0.2},
        visibility="PUBLIC",
    )
    source = made["project"]["id"]
    for name, outcome in (("Vase", "success"), ("Vase", "failed"), ("Bolt", "success")):
        row = await make_print(server.runtime.database, printer, name, outcome)
        await change(
            server,
            "updateArchive",
            "archive { id }",
            id=global_id("Archive", row.id),
            projectId=source,
        )
    answer = "project { id settings visibility archives { nodes { name status printer { id } } } }"
    copy = (await change(server, "createProject", answer, name="Copy", templateId=source))[
        "project"
    ]
    assert (copy["settings"], copy["visibility"]) == ({"layer": 0.2}, "PUBLIC")
    assert sorted(copy["archives"]["nodes"], key=lambda item: item["name"]) == [
        {"name": "Bolt", "status": "READY", "printer": None},
        {"name": "Vase", "status": "READY", "printer": None},
    ]
    other = await change(
        server, "createProject", answer, name="Other", templateId=source, settings={}
    )
    assert other["project"]["settings"] == {}
    totals = await server.graphql("{ statistics { totalPrints } archives { totalCount } }")
    assert totals == {"statistics": {"totalPrints": 3}, "archives": {"totalCount": 7}}
    stranger = await server.stranger()
    field = ["input", "templateId"]
    for key, template in ((stranger, source), (None, "bm90aGluZw==")):
        assert await refused(server, "createProject", key, name="X", templateId=template) == (
            "NOT_FOUND",
            field,
        )
    for settings in ([1], "x", {"a": "x" * 16_384}):
        assert await refused(server, "createProject", name="X", settings=settings) == (
            "INVALID",
            ["input", "settings"],
        )
