"""Plans answer what the resolvers answer, to the byte."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest
from graphql import ExecutionResult, execute
from sqlalchemy import select

from app.accounts.viewer import Viewer
from app.archives.models import Archive
from app.demo import stock
from app.print_queue.models import QueueItem, QueueStatus
from app.printers.live import StatusChange, StatusReason
from app.printers.models import Printer
from app.printers.status import (
    AmsTray,
    AmsUnit,
    ConnectionState,
    Job,
    PrinterState,
    PrinterStatus,
)
from app.runtime import Runtime
from app.spools import places
from app.spools.models import Spool
from schema import schema
from schema.context import Context
from schema.plans.book import planned_data
from tests.farm import NOON, make_printer
from tests.running import RunningServer, running

OPERATIONS = [
    """{ archives { totalCount nodes { id databaseId name filename status createdAt startedAt
        completedAt duration progress filamentUsed cost tags notes } } }""",
    """{ archives(first: 3) { nodes { name printer { id name } project { id name } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }""",
    """{ archives(last: 2) { edges { cursor node { name filaments { material color grams meters
        spool { material color remainingWeight lowStock costPerGram } } } } } }""",
    """{ archives(first: 2, offset: 1, filter: {status: [SUCCESS], search: "b"},
        orderBy: {field: NAME, direction: ASC}) { totalCount nodes { name } } }""",
    """{ printers { nodes { id name model status { state progress connection
        temperatures { nozzle bed chamber } health { status errors { code } }
        ams { id trays { slot material } } }
        archives(first: 2) { nodes { name status } pageInfo { hasNextPage } } } } }""",
    """{ printers { nodes { name canStart canPause canResume canStop currentPrint { name filename
        progress remainingTime startedAt archive { id name printer { name } }
        queueItem { id status } } } } }""",
    """{ archives(first: 4) { nodes { name printer { currentPrint { name archive { name } }
        archives(first: 1) { nodes { name } } } project { completedCount progress
        team { id name uid } } } } }""",
    """{ spools { nodes { brand trayUuid loadedIn { amsUnit slot remaining
        printer { databaseId name } } } } }""",
    """{ projects { nodes { name completedCount archiveCount
        archives(first: 3, orderBy: {field: NAME}) { edges { cursor node { name } } } } } }""",
    """{ spools { totalCount nodes { id databaseId material color diameter netWeight
        remainingWeight purchasePrice costPerGram lowStock purchaseDate createdAt } } }""",
    """query($yes: Boolean = true) { archives(first: 1) { nodes { __typename
        name @include(if: $yes) ...more } } }
        fragment more on Archive { filename @skip(if: $yes) ... on Node { id } }""",
]


async def _print(runtime: Runtime, viewer: Viewer, printers: list[Printer]) -> None:
    """Both printers print, one of them with a record and a queue item; one spool is seen by its
    tag, and somebody put another somewhere."""
    async with runtime.database.transaction(viewer.team_id) as session:
        archive = (await session.scalars(select(Archive).limit(1))).one()
        spool = (await session.scalars(select(Spool).where(Spool.tray_uuid.is_(None)))).first()
        assert spool is not None
        session.add(
            QueueItem(
                archive_id=archive.id,
                printer_id=printers[0].id,
                status=QueueStatus.PRINTING,
                position=1,
                created_at=NOON,
            )
        )
        await places.assign(session, viewer, spool.id, printers[1].id, None, 1)
    trays = (AmsTray(0, 2, present=True, remaining=74, tray_uuid="A" * 32),)
    jobs = (Job("Benchy", "benchy.3mf", archive_id=archive.id, started_at=NOON), Job("x", "y"))
    for printer, job in zip(printers, jobs, strict=True):
        status = PrinterStatus(
            state=PrinterState.PRINTING,
            connection=ConnectionState.CONNECTED,
            remaining_time=None if job.archive_id is None else 60,
            job=job,
            ams=(AmsUnit(id=0, kind="AMS", trays=trays if job.archive_id else ()),),
        )
        runtime.live.publish(viewer.team_id, StatusChange(printer.id, status, StatusReason.REPORT))


@pytest.fixture
async def farm(tmp_path: Path, database_url: str) -> AsyncIterator[RunningServer]:
    """A server with something to look at, on each engine."""
    url = database_url.replace("+aiosqlite", "").replace("+asyncpg", "")
    async with running(tmp_path, database_url=url) as server:
        runtime = server.runtime
        viewer = await runtime.accounts.authenticate(api_key=server.key, authorization=None)
        printers = [await make_printer(runtime.database, viewer, name) for name in ("A", "B")]
        await stock.fill(runtime.database, viewer, printers, ["A" * 32, "B" * 32])
        await _print(runtime, viewer, printers)
        stranger = await server.stranger()
        theirs = await runtime.accounts.authenticate(api_key=stranger, authorization=None)
        await stock.fill(
            runtime.database, theirs, [await make_printer(runtime.database, theirs)], []
        )
        yield server


@pytest.mark.parametrize("query", OPERATIONS)
async def test_a_plan_answers_like_the_resolvers(farm: RunningServer, query: str) -> None:
    """The same operation, both ways."""
    runtime = farm.runtime
    viewer = await runtime.accounts.authenticate(api_key=farm.key, authorization=None)
    context = Context(runtime=runtime, viewer=viewer, request_id="test")
    prepared = schema.prepare(query)
    assert prepared.problems == ()
    (operation,) = prepared.operations
    planned = await planned_data(
        prepared.plans, schema.graphql, prepared.document, operation, {}, context
    )
    assert planned is not None
    resolved = execute(schema.graphql, prepared.document, context_value=context)
    assert not isinstance(resolved, ExecutionResult)
    result = await resolved
    assert result.errors is None
    assert orjson.dumps(planned) == orjson.dumps(result.data)
