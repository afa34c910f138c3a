"""The arguments of a field as its resolver would get them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from graphql import FieldNode, GraphQLField, GraphQLSchema, VariableNode
from graphql.execution.values import VariableValues, get_argument_values
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

DEFINITION = GraphQLCoreConverter.DEFINITION_BACKREF


class Arguments:
    """Reads the arguments of one selected field; without variables they never change."""

    def __init__(self, schema: GraphQLSchema, field: GraphQLField, node: FieldNode) -> None:
        self._schema = schema.extensions[DEFINITION]
        self._field = field
        self._node = node
        self._known: Mapping[str, Any] | None = None
        self._constant = not any(_variables(argument.value) for argument in node.arguments or ())

    def read(self, variables: VariableValues) -> Mapping[str, Any]:
        """By the names of the resolver's parameters; `GraphQLError` for what is not valid."""
        if self._known is not None:
            return self._known
        given = get_argument_values(self._field, self._node, variables)
        declared: StrawberryField = self._field.extensions[DEFINITION]
        found = convert_arguments(
            given,
            declared.arguments,
            scalar_registry=self._schema.schema_converter.scalar_registry,
            config=self._schema.config,
        )
        if self._constant:
            self._known = found
        return found


def _variables(node: Any) -> bool:
    return any(True for _ in _variables_in(node))


def _variables_in(node: Any) -> Iterator[VariableNode]:
    if isinstance(node, VariableNode):
        yield node
    for item in (*getattr(node, "values", ()), *getattr(node, "fields", ())):
        yield from _variables_in(item)
    value = getattr(node, "value", None)
    if value is not None and not isinstance(value, str | bool | int):
        yield from _variables_in(value)
