"""The arguments of a field as its resolver would get them."""

from collections.abc import Iterator, Mapping
from typing import Any

from graphql import (
    FieldNode,
    GraphQLArgument,
    GraphQLError,
    GraphQLField,
    GraphQLSchema,
    Undefined,
    VariableNode,
    is_non_null_type,
)
from graphql.execution.values import VariableValues, get_argument_values
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from schema.plans.coercion import as_they_are
from schema.plans.sources import Unplannable
from schema.plans.variables import remembered, written

DEFINITION = GraphQLCoreConverter.DEFINITION_BACKREF
_DEPENDS = object()


class Arguments:
    """Reads the arguments of one selected field.

    A variable of a plain scalar goes straight to the parameter. The other arguments are read as
    graphql-core and Strawberry do, once per value of the variables in them.
    """

    def __init__(self, schema: GraphQLSchema, field: GraphQLField, node: FieldNode) -> None:
        self._schema = schema.extensions[DEFINITION]
        self._declared: StrawberryField = field.extensions[DEFINITION]
        self._field = field
        self._node = node
        # By the name of the argument: the variable, the name of the parameter, and what is meant
        # when the variable is left out.
        self._passed = dict(self._straight())
        self._used = sorted(
            {
                variable.name.value
                for argument in node.arguments or ()
                if argument.name.value not in self._passed
                for variable in _variables_in(argument.value)
            }
        )
        self._known: dict[bytes, Mapping[str, Any]] = {}

    def read(self, variables: VariableValues) -> Mapping[str, Any]:
        """By the names of the resolver's parameters; `Unplannable` when one is not valid."""
        coerced = variables.coerced
        passed: dict[str, Any] = {}
        for variable, parameter, without in self._passed.values():
            value = coerced.get(variable, without)
            if value is _DEPENDS or (value is None and variable in coerced):
                return self._read_all(variables)
            if value is not Undefined:
                passed[parameter] = value
        rest = self._rest(variables)
        return {**rest, **passed} if passed else rest

    def _straight(self) -> Iterator[tuple[str, tuple[str, str, Any]]]:
        """The arguments that are nothing but a variable of a plain scalar."""
        parameters = {
            name: argument.python_name
            for argument in self._declared.arguments
            if (name := self._schema.config.name_converter.get_graphql_name(argument))
        }
        for argument in self._node.arguments or ():
            name, value = argument.name.value, argument.value
            given = self._field.args[name]
            if isinstance(value, VariableNode) and as_they_are(given.type):
                yield name, (value.name.value, parameters[name], _without(given))

    def _rest(self, variables: VariableValues) -> Mapping[str, Any]:
        key = b""
        if self._used:
            key = written([self._given(variables, name) for name in self._used])
        return remembered(
            self._known, key, lambda: self._convert(*self._without_passed(), variables)
        )

    @staticmethod
    def _given(variables: VariableValues, name: str) -> Any:
        """What tells the values of a variable apart: given, by default, or not there."""
        value = variables.sources[name].value
        if value is not Undefined:
            return [value]
        return {} if name in variables.coerced else None

    def _without_passed(self) -> tuple[GraphQLField, FieldNode]:
        kept = {
            name: argument
            for name, argument in self._field.args.items()
            if name not in self._passed
        }
        node = FieldNode(
            name=self._node.name,
            arguments=tuple(
                argument
                for argument in self._node.arguments or ()
                if argument.name.value not in self._passed
            ),
        )
        return GraphQLField(self._field.type, args=kept), node

    def _read_all(self, variables: VariableValues) -> Mapping[str, Any]:
        return self._convert(self._field, self._node, variables)

    def _convert(
        self, field: GraphQLField, node: FieldNode, variables: VariableValues
    ) -> Mapping[str, Any]:
        try:
            given = get_argument_values(field, node, variables)
        except GraphQLError as error:
            raise Unplannable(error.message) from None
        return convert_arguments(
            given,
            self._declared.arguments,
            scalar_registry=self._schema.schema_converter.scalar_registry,
            config=self._schema.config,
        )


def _without(argument: GraphQLArgument) -> Any:
    """What an argument is when it is left out: nothing, null, or what graphql-core says."""
    if argument.default is None and argument.default_value is Undefined:
        return _DEPENDS if is_non_null_type(argument.type) else Undefined
    return None if argument.default_value is None else _DEPENDS


def _variables_in(node: Any) -> Iterator[VariableNode]:
    if isinstance(node, VariableNode):
        yield node
    for item in (*getattr(node, "values", ()), *getattr(node, "fields", ())):
        yield from _variables_in(item)
    value = getattr(node, "value", None)
    if value is not None and not isinstance(value, str | bool | int):
        yield from _variables_in(value)
