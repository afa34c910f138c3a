"""Plans answer what the resolvers answer, to the byte."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest
from graphql import ExecutionResult, execute

from app.demo import stock
from schema import schema
from schema.context import Context
from schema.plans.book import planned_data
from tests.farm import make_printer
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
    """{ projects { nodes { name completedCount archiveCount
        archives(first: 3, orderBy: {field: NAME}) { edges { cursor node { name } } } } } }""",
    """{ spools { totalCount nodes { id databaseId material color diameter netWeight
        remainingWeight purchasePrice costPerGram lowStock purchaseDate createdAt } } }""",
    """query($yes: Boolean = true) { archives(first: 1) { nodes { __typename
        name @include(if: $yes) ...more } } }
        fragment more on Archive { filename @skip(if: $yes) ... on Node { id } }""",
]


@pytest.fixture
async def farm(tmp_path: Path, database_url: str) -> AsyncIterator[RunningServer]:
    """A server with something to look at, on each engine."""
    url = database_url.replace("+aiosqlite", "").replace("+asyncpg", "")
    async with running(tmp_path, database_url=url) as server:
        runtime = server.runtime
        viewer = await runtime.accounts.authenticate(api_key=server.key, authorization=None)
        printers = [await make_printer(runtime.database, viewer, name) for name in ("A", "B")]
        await stock.fill(runtime.database, viewer, printers, [])
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
