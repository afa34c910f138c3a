"""A list costs the same number of statements however long it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.archives import figures
from app.archives.models import Archive, ArchiveStatus
from app.database import EVERY_TEAM
from app.print_queue.models import QueueItem
from app.printers.models import Printer, Trust
from app.projects.models import Project
from tests.running import RunningServer
from tests.statements import counted

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
async def stocked(server: RunningServer) -> RunningServer:
    """Five printers, five projects and sixty archives, all related."""
    viewer = await server.runtime.accounts.authenticate(api_key=server.key, authorization=None)
    async with server.runtime.database.transaction(viewer.team_id) as session:
        printers = [
            Printer(
                name=f"P{number}",
                model="P1S",
                serial_number=f"01P00A0000000{number:02d}",
                trust=Trust.PINNED,
                created_at=NOON,
                updated_at=NOON,
            )
            for number in range(5)
        ]
        projects = [
            Project(name=f"J{number}", target_count=10, created_at=NOON, updated_at=NOON)
            for number in range(5)
        ]
        session.add_all([*printers, *projects])
        await session.flush()
        archives = [
            Archive(
                name=f"A{number}",
                filename="a.3mf",
                status=ArchiveStatus.SUCCESS,
                printer_id=printers[number % 5].id,
                project_id=projects[number % 5].id,
                created_at=NOON + timedelta(minutes=number),
                completed_at=NOON + timedelta(minutes=number + 5),
                updated_at=NOON,
                duration=300,
            )
            for number in range(60)
        ]
        session.add_all(archives)
        await session.flush()
        session.add_all(
            QueueItem(
                position=number,
                archive_id=archives[number].id,
                printer_id=printers[number % 5].id,
                created_at=NOON,
            )
            for number in range(20)
        )
        await figures.rebuild(session)
    return server


@pytest.mark.parametrize(
    ("query", "most"),
    [
        ("{ archives(first: %d) { nodes { printer { name } project { name } } } }", 3),
        (
            "{ archives(first: %d) { totalCount nodes { printer { name } filaments { grams } } } }",
            4,
        ),
        ("{ projects(first: %d) { nodes { completedCount archiveCount progress } } }", 3),
        (
            "{ printers(first: %d) { nodes { archives(first: 3) { totalCount nodes { name }}}} }",
            3,
        ),
        (
            "{ printers(first: %d) { nodes { queue(first: 3) { nodes { waitingReason "
            "archive { name } } } } } }",
            8,
        ),
        ("{ queue(first: %d) { nodes { archive { name } printer { name } waitingReason }} }", 8),
        ("{ queue(first: %d) { nodes { dispatch { stage printer { name } } } } }", 2),
    ],
)
async def test_the_number_of_statements_is_bounded(
    stocked: RunningServer, query: str, most: int
) -> None:
    """A page of five and a page of fifty cost the same few statements."""
    await stocked.graphql("{ viewer { role } }")  # the credential is remembered from here on
    found = []
    for size in (5, 50):
        with counted(stocked.runtime.database) as statements:
            await stocked.graphql(query % size)
        found.append(len(statements))
    assert found[0] == found[1]
    assert found[0] <= most, statements


async def test_pages_meet_without_gap_or_repeat(stocked: RunningServer) -> None:
    """Forwards by cursor, backwards by cursor, and by offset: the same sixty names."""
    query = """query($first: Int, $after: String, $last: Int, $before: String, $offset: Int) {
        archives(first: $first, after: $after, last: $last, before: $before, offset: $offset) {
            nodes { name } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""
    expected = [f"A{number}" for number in reversed(range(60))]
    forwards: list[str] = []
    variables: dict[str, Any] = {"first": 7}
    while True:
        page = (await stocked.graphql(query, variables))["archives"]
        forwards += [node["name"] for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        variables = {"first": 7, "after": page["pageInfo"]["endCursor"]}
    assert forwards == expected
    backwards: list[str] = []
    variables = {"last": 7}
    while True:
        page = (await stocked.graphql(query, variables))["archives"]
        backwards = [node["name"] for node in page["nodes"]] + backwards
        if not page["pageInfo"]["hasPreviousPage"]:
            break
        variables = {"last": 7, "before": page["pageInfo"]["startCursor"]}
    assert backwards == expected
    page = (await stocked.graphql(query, {"first": 5, "offset": 50}))["archives"]
    assert [node["name"] for node in page["nodes"]] == expected[50:55]


async def test_another_teams_rows_do_not_exist(stocked: RunningServer) -> None:
    """Lists are empty, ids find nothing, and a change says NOT_FOUND; nothing is changed."""
    key = await stocked.stranger()
    async with stocked.runtime.database.read(EVERY_TEAM) as session:
        assert await session.get(Archive, 1) is not None
    ours = await stocked.graphql("{ archives(first: 1) { nodes { id }} printers { nodes { id }} }")
    archive, printer = ours["archives"]["nodes"][0]["id"], ours["printers"]["nodes"][0]["id"]
    data = await stocked.graphql(
        """query($archive: ID!, $printer: ID!) {
            archives { totalCount nodes { id } } printers { totalCount } queue { totalCount }
            archive(id: $archive) { name } printer(id: $printer) { name }
            node(id: $archive) { id } statistics { totalPrints }
            filtered: archives(filter: {printerId: $printer}) { totalCount } }""",
        {"archive": archive, "printer": printer},
        key=key,
    )
    assert data == {
        "archives": {"totalCount": 0, "nodes": []},
        "printers": {"totalCount": 0},
        "queue": {"totalCount": 0},
        "archive": None,
        "printer": None,
        "node": None,
        "statistics": {"totalPrints": 0},
        "filtered": {"totalCount": 0},
    }
    change = await stocked.graphql(
        """mutation($archive: ID!, $printer: ID!) {
            updateArchive(input: {id: $archive, name: "taken"}) { userErrors { code field } }
            deleteArchive(input: {id: $archive}) { userErrors { code } }
            deletePrinter(input: {id: $printer}) { userErrors { code } }
            pausePrint(input: {id: $printer}) { userErrors { code } }
            addToQueue(input: {archiveId: $archive}) { userErrors { code field } } }""",
        {"archive": archive, "printer": printer},
        key=key,
    )
    assert {result["userErrors"][0]["code"] for result in change.values()} == {"NOT_FOUND"}
    after = await stocked.graphql("{ archives(first: 1) { totalCount nodes { id name } } }")
    assert after["archives"] == {"totalCount": 60, "nodes": [{"id": archive, "name": "A59"}]}
