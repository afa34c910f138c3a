"""What SQLite does for every filter and order that the schema declares for a list of the root.

The operations are made from the schema, so a new filter or order is asked about by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    get_named_type,
    is_required_argument,
)
from sqlalchemy import text

from app.models import Table
from schema.build import schema
from schema.ids import global_id
from tests.running import RunningServer
from tests.statements import counted

# Values of arguments, written as in a document; those of an enum are its own.
_VALUES = {
    "Boolean": ("true", "false"),
    "DateTime": ('"2026-01-01T00:00:00Z"',),
    "String": ('"benchy"', '"pa 77"'),
}
_IDS = {
    "printerId": global_id("Printer", 1),
    "projectId": global_id("Project", 1),
    "spoolId": global_id("Spool", "00000000000000000000000000000001"),
    "productId": global_id("Product", "00000000000000000000000000000001"),
    "teamId": global_id("Team", 1),
}
# Lists of what a farm has a handful of, which are read whole.
_SHORT = {"printers", "teams", "teamMembers", "webhooks"}


def _lists() -> Iterator[tuple[str, GraphQLField]]:
    query = schema._schema.query_type
    assert query is not None
    for name, found in query.fields.items():
        if get_named_type(found.type).name.endswith("Connection") and name not in _SHORT:
            yield name, found


def _conditions(found: GraphQLField) -> Iterator[str]:
    """Each filter with each value by itself, and lists of two values."""
    for name, argument in found.args.items():
        if is_required_argument(argument):
            raise AssertionError(f"nothing is known to ask for with {name}")
        kind = get_named_type(argument.type)
        if name == "filter" and isinstance(kind, GraphQLInputObjectType):
            for key, condition in kind.fields.items():
                of = get_named_type(condition.type)
                values = (
                    tuple(of.values)
                    if isinstance(of, GraphQLEnumType)
                    else _VALUES.get(of.name) or (f'"{_IDS[key]}"',)
                )
                yield from (f"filter: {{{key}: {value}}}" for value in values)
                if str(condition.type).startswith("["):
                    yield f"filter: {{{key}: [{values[0]}, {values[-1]}]}}"
        elif name in _IDS:
            yield f'{name}: "{_IDS[name]}"'


def _orders(found: GraphQLField) -> Iterator[tuple[str, str]]:
    """The column of each order, and the argument for each direction."""
    if "orderBy" in found.args:
        kind = get_named_type(found.args["orderBy"].type)
        assert isinstance(kind, GraphQLInputObjectType)
        fields = get_named_type(kind.fields["field"].type)
        assert isinstance(fields, GraphQLEnumType)
        for name in fields.values:
            for direction in ("ASC", "DESC"):
                yield name.lower(), f"orderBy: {{field: {name}, direction: {direction}}}"


async def _steps(server: RunningServer, name: str, *arguments: str) -> list[tuple[str, list[str]]]:
    """The statements of a page and its total, each with the steps SQLite takes for it."""
    given = ", ".join(["first: 50", *filter(None, arguments)])
    database = server.runtime.database
    with counted(database) as executed:
        await server.graphql(f"{{ {name}({given}) {{ totalCount nodes {{ id }} }} }}")
    assert executed, name
    found = []
    async with database.read_engine.connect() as connection:
        for statement, values in executed:
            plan = await connection.exec_driver_sql(
                f"EXPLAIN QUERY PLAN {statement}", tuple(values)
            )
            found.append((statement, [row[3] for row in plan]))
    return found


def _table(steps: Sequence[tuple[str, list[str]]]) -> str:
    found = re.search(r"FROM (\w+)", steps[0][0])
    assert found is not None
    return found[1]


def _sorts_what_was_found(statement: str) -> bool:
    """Whether a page or what a condition leaves is sorted: SQLite is kept from an index by a plus,
    or sorts the rows of an inner statement."""
    return "ORDER BY +" in statement or "FROM (SELECT" in statement.replace("\n", "")


def _is_indexed(table: str, column: str) -> bool:
    """Whether an index of the models has the rows of a team in the order of a column; one without
    a value comes last either way, as in no index."""
    of = Table.metadata.tables[table]
    return any(
        [item.name for item in index.columns][:2] == ["team_id", column]
        and not of.columns[column].nullable
        for index in of.indexes
    )


async def test_no_filter_reads_a_table_from_end_to_end(server: RunningServer) -> None:
    """Pages and totals search an index. In the order a list has by itself nothing is sorted but
    what an index found first."""
    await server.graphql("{ viewer { role } }")
    for name, found in _lists():
        for argument in ("", *_conditions(found)):
            for statement, steps in await _steps(server, name, argument):
                context = (name, argument, statement, steps)
                assert not [step for step in steps if re.match(r"SCAN [a-z_]+$", step)], context
                if not _sorts_what_was_found(statement):
                    assert not [step for step in steps if "FOR ORDER BY" in step], context


async def test_an_order_with_an_index_sorts_nothing(server: RunningServer) -> None:
    """Either way, for every order that the columns of an index of the models have."""
    asked = 0
    for name, found in _lists():
        for column, argument in _orders(found):
            steps = await _steps(server, name, argument)
            if _is_indexed(_table(steps), column):
                asked += 1
                assert not [
                    step for _sql, taken in steps for step in taken if "FOR ORDER BY" in step
                ], (name, argument, steps)
    assert asked


async def test_sqlite_is_told_of_all_indexes_of_a_table_or_of_none(server: RunningServer) -> None:
    """It takes an index that it was told nothing of for a selective one, and then for the best."""
    async with server.runtime.database.read_engine.connect() as connection:
        told = {
            tuple(row)
            for row in await connection.execute(text("SELECT tbl, idx FROM sqlite_stat1"))
        }
    assert told
    for table in {table for table, _index in told}:
        known = {index for of, index in told if of == table}
        assert {index.name for index in Table.metadata.tables[table].indexes} == known
