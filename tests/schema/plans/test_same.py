"""Plans answer what the resolvers answer, to the byte."""

from __future__ import annotations

from pathlib import Path
from random import Random

from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from schema import schema
from tests.running import RunningServer, running
from tests.schema.plans.comparing import compared_farm
from tests.schema.plans.operations import LEFT_TO_RESOLVERS, OPERATIONS
from tests.schema.plans.random_operations import Generator

GENERATED = 300
ROOTS = (
    *("archive", "archives", "printer", "printers", "project", "projects", "spool", "spools"),
    *("product", "products", "productionRun", "productionRuns", "inventoryTransactions"),
    *("node", "statistics", "viewer", "queue", "queue"),
)
# Of the generated operations at least so many parts are answered by plans; the rest asks for
# what plans leave to the resolvers, errors included.
FLOOR = 0.7


def test_operations_written_by_hand(tmp_path: Path, database_url: str) -> None:
    """Each of them has a plan, and the plan gives the same answer."""
    with compared_farm(tmp_path, database_url) as (farm, runner):
        for operation in OPERATIONS:
            found = runner.run(farm.compare(operation))
            assert found.planned, operation
            assert found.by_plan == found.by_resolvers, operation
        for operation in LEFT_TO_RESOLVERS:
            assert not runner.run(farm.compare(operation)).planned, operation


def test_generated_operations(tmp_path: Path, database_url: str) -> None:
    """Random operations with random arguments, the same ones in every run."""
    answered: dict[str, bool] = {}
    with compared_farm(tmp_path, database_url) as (farm, runner):

        @settings(
            max_examples=GENERATED,
            derandomize=True,
            database=None,
            deadline=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        )
        @given(st.integers(0, 2**48))
        def same(seed: int) -> None:
            dice = Random(seed)  # noqa: S311 - it decides what to ask, nothing else
            operation = Generator(schema.graphql, farm.known, dice).operation(ROOTS)
            note(f"{operation.text}\n{operation.variables}")
            found = runner.run(farm.compare(operation))
            assert found.by_plan == found.by_resolvers
            answered[operation.text] = found.planned

        same()
    assert len(answered) >= GENERATED * 0.9, "the generator repeats itself"
    planned = sum(answered.values()) / len(answered)
    assert planned >= FLOOR, f"{planned:.0%} were answered by plans"


async def test_debug_tells_who_answered(tmp_path: Path) -> None:
    """The answer of a server that logs everything says why no plan answered; others do not."""
    planned, unplanned = "{ printers { totalCount } }", '{ printer(serialNumber: "x") { id } }'
    async with running(tmp_path, log_level="debug") as server:
        client = server.client()
        told = [
            (await client.post("/graphql", json={"query": query})).json()["extensions"]["plan"]
            for query in (planned, unplanned)
        ]
    assert told == [
        {"answeredBy": "plan"},
        {"answeredBy": "resolvers", "reason": "a printer by its serial number"},
    ]


async def test_nobody_else_is_told(server: RunningServer) -> None:
    """Without debug there is no extension."""
    answer = await server.client().post("/graphql", json={"query": "{ printers { totalCount } }"})
    assert answer.json() == {"data": {"printers": {"totalCount": 0}}}
