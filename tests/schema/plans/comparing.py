"""The same operation by its plan and by the resolvers, over one farm of random rows."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from graphql import ExecutionResult

from app.accounts.viewer import Viewer
from app.asgi import open_farm
from app.runtime import Runtime
from app.settings import Settings
from schema import engine, schema
from schema.context import Context
from schema.ids import global_id
from schema.plans.book import planned_data
from tests.running import EMAIL, KEY, PASSWORD
from tests.schema.plans.random_operations import Known, Operation
from tests.schema.plans.random_rows import RandomFarm, add_teams, fill

SEED = 20260301
OWNER: dict[str, Any] = {"admin_email": EMAIL, "admin_password": PASSWORD}
# Types that have ids and lists at the root, with their tables.
TABLES = {
    "Printer": "printers",
    "Archive": "archives",
    "Project": "projects",
    "Spool": "spools",
    "Product": "products",
    "ProductionRun": "production_runs",
    "QueueItem": "queue_items",
    "InventoryTransaction": "inventory_transactions",
}
FIELDS = {
    "production_runs": "productionRuns",
    "queue_items": "queue",
    "inventory_transactions": "inventoryTransactions",
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of an operation both ways."""

    planned: bool
    by_plan: bytes
    by_resolvers: bytes


@dataclass(frozen=True, slots=True)
class ComparedFarm:
    """A server with random rows of three teams; one of them asks."""

    runtime: Runtime
    viewer: Viewer
    rows: RandomFarm
    known: Known

    async def compare(self, operation: Operation) -> Comparison:
        """Run an operation as it is, and without plans."""
        prepared = schema.prepare(operation.text)
        assert prepared.problems == (), (operation.text, prepared.problems)
        (definition,) = prepared.operations
        arguments = (schema.graphql, prepared.document, definition, operation.variables)
        data = await planned_data(prepared.plans, *arguments, _context(self.runtime, self.viewer))
        resolved = await engine.run(
            *arguments, _without_plans(self.runtime, self.viewer), prepared.plans
        )
        expected = _bytes(resolved)
        found = expected if data is None else _bytes(ExecutionResult(data, None))
        return Comparison(data is not None, found, expected)

    async def act(self, operation: Operation, *, plans: bool, viewer: Viewer) -> tuple[bytes, bool]:
        """What a mutation answers, and whether a plan answered it."""
        prepared = schema.prepare(operation.text)
        assert prepared.problems == (), (operation.text, prepared.problems)
        (definition,) = prepared.operations
        context = (_context if plans else _without_plans)(self.runtime, viewer)
        result = await engine.run(
            schema.graphql,
            prepared.document,
            definition,
            operation.variables,
            context,
            prepared.plans,
        )
        assert result.extensions is not None
        return _bytes(result), result.extensions["plan"]["answeredBy"] == "plan"


class _WithoutPlans(Context):
    planned = False  # type: ignore[assignment]


def _context(runtime: Runtime, viewer: Viewer) -> Context:
    return Context(runtime=runtime, viewer=viewer, request_id="test")


def _without_plans(runtime: Runtime, viewer: Viewer) -> Context:
    return _WithoutPlans(runtime=runtime, viewer=viewer, request_id="test")


def _bytes(result: ExecutionResult) -> bytes:
    return orjson.dumps(
        {"data": result.data, "errors": [error.formatted for error in result.errors or ()]}
    )


@contextmanager
def compared_farm(folder: Path, database_url: str) -> Iterator[tuple[ComparedFarm, asyncio.Runner]]:
    """A farm for tests that are no coroutines, and what runs its coroutines.

    Nothing works in the background, so that nothing changes between two answers.
    """
    with asyncio.Runner() as runner, opened_farm(runner, folder, database_url) as farm:
        yield farm, runner


@contextmanager
def opened_farm(runner: asyncio.Runner, folder: Path, database_url: str) -> Iterator[ComparedFarm]:
    """The farm of `compared_farm`, the same in every database; it tells who answered."""
    url = database_url.replace("+aiosqlite", "").replace("+asyncpg", "")
    settings = Settings(data_dir=folder, database_url=url, api_key=KEY, log_level="debug", **OWNER)
    opened = open_farm(settings)
    runtime = runner.run(opened.__aenter__())
    try:
        yield runner.run(_filled(runtime))
    finally:
        runner.run(opened.__aexit__(None, None, None))


async def _filled(runtime: Runtime) -> ComparedFarm:
    viewer = await runtime.accounts.authenticate(api_key=KEY, authorization=None)
    teams = [viewer.team_id, *await add_teams(runtime.database, 2)]
    rows = await fill(runtime.database, runtime.live, teams, viewer.user_id, SEED)
    ids: dict[str, Any] = {
        kind: [global_id(kind, key) for team in teams for key in rows.keys[table, team]]
        for kind, table in TABLES.items()
    }
    ids["Team"] = [global_id("Team", team) for team in teams]
    cursors = {
        kind: await _cursors(runtime, viewer, FIELDS.get(table, table))
        for kind, table in TABLES.items()
    }
    return ComparedFarm(runtime, viewer, rows, Known(ids, cursors))


async def _cursors(runtime: Runtime, viewer: Viewer, field: str) -> list[str]:
    found = await schema.execute(
        f"{{ {field} {{ edges {{ cursor }} }} }}",
        context_value=_without_plans(runtime, viewer),
    )
    assert found.errors is None, found.errors
    assert found.data is not None
    return [edge["cursor"] for edge in found.data[field]["edges"]]
