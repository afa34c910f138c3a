"""The values of an operation's variables, as graphql-core coerces them, but for less."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping
from typing import Any, TypeVar

import orjson
from graphql import (
    GraphQLSchema,
    Undefined,
    VariableDefinitionNode,
    get_named_type,
    is_list_type,
    is_non_null_type,
)
from graphql.execution.get_variable_signature import (
    GraphQLVariableSignature,
    get_variable_signature,
)
from graphql.execution.values import VariableValues, VariableValueSource, get_variable_values

from schema.plans.sources import Unplannable

T = TypeVar("T")
MAX_INT = 2**31
# What is remembered of one variable or field: so many values, none of them longer than this.
MAX_REMEMBERED = 256
MAX_LENGTH = 2_000
_UNKNOWN: Any = object()
# Values that coercion leaves as they are, by the scalar; all else goes the long way.
AS_THEY_ARE: Mapping[str, Callable[[Any], bool]] = {
    "ID": lambda value: type(value) is str,
    "String": lambda value: type(value) is str,
    "Boolean": lambda value: type(value) is bool,
    "Int": lambda value: type(value) is int and -MAX_INT <= value < MAX_INT,
    "Float": lambda value: type(value) is float and math.isfinite(value),
}


def as_they_are(kind: Any) -> Callable[[Any], bool] | None:
    """Which values of a type are left as they are; None for a type of which none surely is."""
    return None if _holds_list(kind) else AS_THEY_ARE.get(get_named_type(kind).name)


def _holds_list(kind: Any) -> bool:
    return is_list_type(kind.of_type if is_non_null_type(kind) else kind)


class Variable:
    """One variable of an operation."""

    def __init__(self, schema: GraphQLSchema, definition: VariableDefinitionNode) -> None:
        signature = get_variable_signature(schema, definition)
        if not isinstance(signature, GraphQLVariableSignature):
            raise Unplannable("a variable of an unknown type")
        self.name = signature.name
        self.signature = signature
        self._schema = schema
        self._definition = definition
        self._optional = not (definition.default_value or is_non_null_type(signature.type))
        self._is_fine = as_they_are(signature.type)
        self._known: dict[bytes, Any] = {}

    def coerced(self, value: Any) -> Any:
        """The value that is meant, `Undefined` for none; raises `Unplannable` when it is wrong."""
        if value is Undefined and self._optional:
            return Undefined
        if self._is_fine is not None and self._is_fine(value):
            return value
        key = b"" if value is Undefined else written(value)
        given = {} if value is Undefined else {self.name: value}
        return remembered(self._known, key, lambda: self._coerce(given))

    def _coerce(self, given: dict[str, Any]) -> Any:
        found = get_variable_values(self._schema, [self._definition], given)
        if isinstance(found, list):
            raise Unplannable("variables that are not valid")
        return found.coerced.get(self.name, Undefined)


def written(value: Any) -> bytes:
    """A value as a key; raises `Unplannable` for one that is not JSON."""
    try:
        return orjson.dumps(value)
    except TypeError:
        raise Unplannable("a variable that is not JSON") from None


def remembered(known: dict[bytes, T], key: bytes, make: Callable[[], T]) -> T:
    """What was made for a key; bounded, since clients choose the keys."""
    if key in known:
        return known[key]
    made = make()
    if len(key) <= MAX_LENGTH:
        if len(known) >= MAX_REMEMBERED:
            known.clear()
        known[bytes(memoryview(key))] = (
            made  # a copy: what orjson wrote keeps the buffer it wrote to
        )
    return made


class Bound:
    """Values of an operation's variables, with what was made of them and of nothing else."""

    __slots__ = ("_made", "values")

    def __init__(self, values: VariableValues) -> None:
        self.values = values
        self._made: dict[Hashable, Any] = {}

    def made(self, name: Hashable, make: Callable[[VariableValues], T]) -> T:
        """What `make` gives, made once; `name` is the maker's own."""
        found: T = self._made.get(name, _UNKNOWN)
        if found is _UNKNOWN:
            found = self._made[name] = make(self.values)
        return found


class Variables:
    """All variables of an operation."""

    def __init__(
        self, schema: GraphQLSchema, definitions: tuple[VariableDefinitionNode, ...]
    ) -> None:
        self._all = [Variable(schema, definition) for definition in definitions]

        self._known: dict[bytes, Bound] = {}

    def read(self, given: Mapping[str, Any]) -> Bound:
        """The values that a request gave or left to their defaults; raises `Unplannable`."""
        return remembered(self._known, written(given), lambda: Bound(self._coerced(given)))

    def _coerced(self, given: Mapping[str, Any]) -> VariableValues:
        sources: dict[str, VariableValueSource] = {}
        coerced: dict[str, Any] = {}
        for variable in self._all:
            value = given.get(variable.name, Undefined)
            sources[variable.name] = VariableValueSource(variable.signature, value)
            meant = variable.coerced(value)
            if meant is not Undefined:
                coerced[variable.name] = meant
        return VariableValues(sources, coerced)
