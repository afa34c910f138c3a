"""Whatever is given to any mutation: an error that says what is wrong, and nothing changed."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
from graphql import (
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLNonNull,
    get_named_type,
    is_required_input_field,
)
from sqlalchemy import text

from app.accounts.viewer import Viewer
from app.database import EVERY_TEAM
from schema.build import schema
from tests.farm import make_print, make_printer
from tests.running import KEY, RunningServer, eventually, running

pytestmark = pytest.mark.asyncio(loop_scope="module")

MUTATIONS = schema.graphql.mutation_type.fields  # type: ignore[union-attr]
OUTSIDE = (2**31, -(2**31) - 1, 10**400, 1.5, "x", True)
TEXTS = ("x" * 300_000, "\x00")
NO_IDS = ("abc", "", "-1", "1", "9223372036854775808", "\x00", "x" * 10_000)
NO_ROWS = (-1, 0, 2**31, 2**63, "abc", "1.5", "")
# Written in the background, whatever is asked.
BESIDE = {
    "api_keys",
    "farm_events",
    "file_fetches",
    "printer_leases",
    "printer_snapshots",
    "server_processes",
    "usage_hours",
    "work_leases",
}
NOUNS = (
    "QueueItem",
    "FromQueue",
    "Printer",
    "Print",
    "Archive",
    "Project",
    "Spool",
    "ApiKey",
    "template",
)
# Signing out of what is no sign-in (any more) is done already.
DONE_ALREADY = {"signOut"}
SAME = {"template": "Project", "FromQueue": "QueueItem", "Print": "Printer"}


@dataclass
class Stock:
    """A server with something to spoil, and what another team has."""

    server: RunningServer
    own: dict[str, str]
    foreign: dict[str, str]

    async def content(self) -> dict[str, list[Any]]:
        """Every row of every table."""
        async with self.server.runtime.database.read(EVERY_TEAM) as session:
            names = await session.scalars(
                text(
                    "SELECT name FROM sqlite_master WHERE type = 'table'"
                    # The index of the search has no rows of its own to read.
                    " AND name NOT LIKE 'archive_search%' ORDER BY name"
                )
            )
            return {
                name: [tuple(row) for row in await session.execute(text(f'SELECT * FROM "{name}"'))]  # noqa: S608
                for name in names.all()
                if name not in BESIDE
            }

    async def is_quiet(self) -> bool:
        """Whether the files of its prints were looked for, in vain."""
        async with self.server.runtime.database.read(EVERY_TEAM) as session:
            return await session.scalar(text("SELECT count(*) FROM file_fetches")) == 0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stock(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stock]:
    async with running(tmp_path_factory.mktemp("stock")) as server:
        stranger = await server.stranger()
        made = Stock(server, await _fill(server, KEY), await _fill(server, stranger))
        await eventually(made.is_quiet, 60)
        yield made


async def _fill(server: RunningServer, key: str) -> dict[str, str]:
    """One row of each noun of a team; their global ids."""
    viewer: Viewer = await server.runtime.accounts.authenticate(api_key=key, authorization=None)
    printer = await make_printer(server.runtime.database, viewer)
    archive = await make_print(server.runtime.database, printer)
    made = await server.graphql(
        """mutation($archive: ID!) {
            project: createProject(input: {name: "Kept"}) { project { id } }
            queueItem: addToQueue(input: {archiveId: $archive}) { queueItem { id } }
            spool: createSpool(input: {material: "PLA", color: "Red", netWeight: 1000}) {
                spool { id } }
            apiKey: createApiKey(input: {name: "Kept"}) { apiKey { id } }
        }""",
        {"archive": _id("Archive", archive.id)},
        key=key,
    )
    found = {name[0].upper() + name[1:]: item[name]["id"] for name, item in made.items()}
    return {"Printer": _id("Printer", printer.id), "Archive": _id("Archive", archive.id)} | found


def _id(noun: str, row: object) -> str:
    return base64.b64encode(f"{noun}:{row}".encode()).decode()


def _noun(mutation: str, field: str) -> str:
    """What an id stands for."""
    where = field if field != "id" else mutation
    found = next(
        (noun for noun in (*NOUNS, "template") if noun.lower() in where.lower()), "Printer"
    )
    return SAME.get(found, found)


def _good(stock: Stock, mutation: str, name: str, kind: GraphQLInputType) -> Any:
    """A value that is right, for a field that must be given."""
    named = get_named_type(kind)
    value: Any = {
        "ID": stock.own[_noun(mutation, name)],
        "Int": 1,
        "Boolean": True,
        "DateTime": "2026-01-01T00:00:00Z",
        "UUID": "7f3f0f0e-0000-4000-8000-000000000000",
        "Grams": 1,
        "Decimal": "1",
    }.get(named.name, "Good")
    if isinstance(named, GraphQLInputObjectType):
        value = _smallest(stock, mutation, named)
    elif hasattr(named, "values"):
        value = next(iter(named.values))
    return [value] if str(kind).startswith("[") else value


def _smallest(stock: Stock, mutation: str, kind: GraphQLInputObjectType) -> dict[str, Any]:
    return {
        name: _good(stock, mutation, name, field.type)
        for name, field in kind.fields.items()
        if is_required_input_field(field)
    }


def _wrong(stock: Stock, mutation: str, name: str, field: GraphQLInputField) -> Iterator[Any]:
    """Values that a field never takes."""
    listed = str(field.type).startswith("[")
    named = get_named_type(field.type)
    if isinstance(field.type, GraphQLNonNull):
        yield None
    if named.name in ("JSON", "Upload"):
        return
    values: list[Any] = [{"a": []}]
    if named.name == "ID":
        noun = _noun(mutation, name)
        values += [*NO_IDS, *(_id(noun, row) for row in NO_ROWS)]
        values += [_id("Nothing", 1), stock.own["Spool" if noun == "Project" else "Project"]]
        values += [stock.foreign[noun]]
    elif named.name == "String":
        values += [7, True, *TEXTS]
    elif named.name in ("Int", "Grams", "Decimal"):
        values += OUTSIDE if named.name == "Int" else ("x", True, "NaN", "Infinity", "1e400")
    elif hasattr(named, "values"):
        values += ["NOT_ONE", 1]
    elif named.name in ("DateTime", "Date", "UUID"):
        values += ["x", 1, "2026-13-45T00:00:00Z", "\x00"]
    yield from ([value] for value in values) if listed else values


@pytest.mark.parametrize("mutation", sorted(MUTATIONS))
async def test_a_mutation_with_wrong_input(stock: Stock, mutation: str) -> None:
    """Each field left out, mistyped, outside its range, too large, of another team."""
    (argument,) = MUTATIONS[mutation].args.values()
    kind = argument.type.of_type
    query = f"""mutation($input: {kind.name}!) {{
        {mutation}(input: $input) {{ userErrors {{ code message }} }} }}"""
    smallest = _smallest(stock, mutation, kind)
    inputs: list[Any] = [None, [], "x", smallest | {"unheardOf": 1}]
    for name, field in kind.fields.items():
        if is_required_input_field(field):
            inputs.append({key: value for key, value in smallest.items() if key != name})
        inputs += [smallest | {name: value} for value in _wrong(stock, mutation, name, field)]
    before = await stock.content()
    client = stock.server.client()
    for given in inputs:
        answer = await client.post("/graphql", json={"query": query, "variables": {"input": given}})
        assert answer.status_code in (200, 400, 413), (str(given)[:200], answer.text)
        told = answer.json()
        errors = told.get("errors") or told["data"][mutation]["userErrors"]
        assert errors or mutation in DONE_ALREADY, f"{str(given)[:200]} was taken"
        for error in errors:
            code = error.get("code") or error["extensions"]["code"]
            assert code != "INTERNAL_ERROR", (str(given)[:200], answer.text)
            assert error["message"]
    assert await stock.content() == before
