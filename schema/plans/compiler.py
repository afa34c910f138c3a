"""From a validated operation to its plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, cast

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
)
from sqlalchemy import Dialect

from schema.listings import Listed
from schema.plans.arguments import DEFINITION, Arguments
from schema.plans.levels import Level
from schema.plans.objects import Held
from schema.plans.pages import PARAMETERS, ListWriter, PageWriter
from schema.plans.plan import Plan, RootStep
from schema.plans.roots import FoundObject, OneOfKinds, OneRow, PageOfRows
from schema.plans.rows import Place, RowWriter, object_type, shown_table
from schema.plans.selection import Selector
from schema.plans.sources import Answer, One, OneOf, Unplannable, source_of
from schema.plans.writing import Writer


def compile_plan(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    steering: Mapping[str, Any],
    dialect: Dialect,
) -> Plan:
    """The plan of a query, for given values of the variables that steer its directives.

    Raises `Unplannable` with the reason when a selected field has no source.
    """
    query = schema.query_type
    if query is None or operation.operation is not OperationType.QUERY:
        raise Unplannable(f"a {operation.operation.value}")
    selector, code = Selector.of(schema, document, steering), Writer()
    rows = RowWriter(schema, selector, dialect, code)
    ListWriter(rows)
    roots = tuple(
        _root(rows, query, key, nodes) for key, nodes in selector.root(query, operation).items()
    )
    definitions = tuple(operation.variable_definitions or ())
    return Plan(schema, definitions, roots, rows.slots, code)


def _root(rows: RowWriter, query: GraphQLObjectType, key: str, nodes: list[FieldNode]) -> RootStep:
    name = nodes[0].name.value
    if name == "__typename":
        return RootStep(key, None, None, query.name)
    if name.startswith("__"):
        raise Unplannable("introspection")
    selected = query.fields[name]
    source = source_of(selected.extensions[DEFINITION])
    if isinstance(source, One):
        return _one(rows, key, selected, nodes, source)
    if isinstance(source, Listed):
        return _page(rows, key, selected, nodes, source)
    if isinstance(source, Answer):
        return _answer(rows, key, selected, nodes, source)
    if isinstance(source, OneOf):
        return _one_of(rows, key, selected, nodes, source)
    raise Unplannable(f"Query.{name} has no source")


def _one(
    rows: RowWriter, key: str, selected: GraphQLField, nodes: list[FieldNode], source: One
) -> RootStep:
    arguments = Arguments(rows.schema, selected, nodes[0])
    step, emit = _row(rows, object_type(selected), nodes, arguments, source.key)
    return RootStep(key, step, emit, None, source.scope)


def _row(
    rows: RowWriter,
    kind: GraphQLObjectType,
    nodes: list[FieldNode],
    arguments: Arguments,
    key: Callable[[Mapping[str, Any]], object | None],
) -> tuple[OneRow, str]:
    place = Place(Level(shown_table(kind)), 0, "r0")
    body = rows.row(place, kind, nodes)
    emit = rows.code.function("one", PARAMETERS, ["for r0 in rows:", f"    return {body}"])
    return OneRow(level=place.level, arguments=arguments, below=place.below, key=key), emit


def _one_of(
    rows: RowWriter, key: str, selected: GraphQLField, nodes: list[FieldNode], source: OneOf
) -> RootStep:
    """A step per type; a type of which something is selected that plans cannot show has none."""
    arguments = Arguments(rows.schema, selected, nodes[0])
    steps: dict[str, OneRow | None] = {}
    body: list[str] = []
    for name, find in source.kinds.items():
        kind = rows.schema.type_map[name]
        steps[name] = None
        with suppress(Unplannable):
            steps[name], emit = _row(
                rows,
                cast("GraphQLObjectType", kind),
                nodes,
                arguments,
                partial(_key_in, find, name),
            )
            body += [f"if facts == {name!r}:", f"    return {emit}({PARAMETERS})"]
    emit = rows.code.function("one_of", PARAMETERS, body or ["return None"])
    return RootStep(key, OneOfKinds(kinds=steps, arguments=arguments), emit, None, source.scope)


def _key_in(
    find: Callable[[str, str], object | None], name: str, given: Mapping[str, Any]
) -> object | None:
    return find(given["id"], name)


def _answer(
    rows: RowWriter, key: str, selected: GraphQLField, nodes: list[FieldNode], source: Answer
) -> RootStep:
    held = Held()
    body = rows.objects.object(object_type(selected), nodes, "rows", held=held)
    emit = rows.code.function("answer", PARAMETERS, [f"return {body}"])
    step = FoundObject(
        arguments=Arguments(rows.schema, selected, nodes[0]),
        find=source.find,
        keys=held.keys,
        below=held.below,
    )
    return RootStep(key, step, emit, None, source.scope)


def _page(
    rows: RowWriter, key: str, selected: GraphQLField, nodes: list[FieldNode], source: Listed
) -> RootStep:
    page = PageWriter(rows, selected, nodes)
    step = PageOfRows(
        level=page.place.level,
        arguments=Arguments(rows.schema, selected, nodes[0]),
        below=page.place.below,
        listing=source.listing,
        places=page.places,
        counted=page.counted,
    )
    return RootStep(key, step, page.emit, None, source.listing.scope)
