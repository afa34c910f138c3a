"""Values of variables as graphql-core coerces them, with the types looked at once per operation.

Nothing is remembered of the values here: those of mutations may be secrets, and seldom come twice.
What is wrong in them is left to graphql-core, which says so.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from graphql import (
    GraphQLInputObjectType,
    GraphQLLeafType,
    GraphQLSchema,
    Undefined,
    VariableDefinitionNode,
    get_named_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
)
from graphql.execution.get_variable_signature import (
    GraphQLVariableSignature,
    get_variable_signature,
)
from graphql.execution.values import VariableValues, VariableValueSource, get_variable_values
from graphql.type import is_required_input_field
from graphql.utilities.coerce_input_value import coerce_default_value

from schema.plans.sources import Unplannable

# From a value that was sent to the one that is meant; `Undefined` when it is not valid.
Coerce = Callable[[Any], Any]
MAX_INT = 2**31
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


class Coercion:
    """Coerces the variables of one operation."""

    def __init__(
        self, schema: GraphQLSchema, definitions: Sequence[VariableDefinitionNode]
    ) -> None:
        self._schema = schema
        self._definitions = definitions
        types = _Types()
        self._all: list[tuple[str, GraphQLVariableSignature, bool, Coerce]] = []
        for definition in definitions:
            signature = get_variable_signature(schema, definition)
            if not isinstance(signature, GraphQLVariableSignature):
                raise Unplannable("a variable of an unknown type")
            optional = not (definition.default_value or is_non_null_type(signature.type))
            self._all.append((signature.name, signature, optional, types.coerce(signature.type)))

    def read(self, given: Mapping[str, Any]) -> VariableValues:
        """The values that a request gave or left to their defaults; raises `Unplannable`."""
        sources: dict[str, VariableValueSource] = {}
        coerced: dict[str, Any] = {}
        for name, signature, optional, coerce in self._all:
            value = given.get(name, Undefined)
            sources[name] = VariableValueSource(signature, value)
            if value is Undefined and optional:
                continue
            meant = Undefined if value is Undefined else _tried(coerce, value)
            if meant is Undefined:
                return self._read_slowly(given)
            coerced[name] = meant
        return VariableValues(sources, coerced)

    def _read_slowly(self, given: Mapping[str, Any]) -> VariableValues:
        found = get_variable_values(self._schema, self._definitions, dict(given))
        if isinstance(found, list):
            raise Unplannable("variables that are not valid")
        return found


def _tried(coerce: Coerce, value: Any) -> Any:
    try:
        return coerce(value)
    except RecursionError:
        return Undefined


class _Types:
    """Makes what coerces the values of a type, once per type."""

    def __init__(self) -> None:
        self._objects: dict[str, Coerce] = {}

    def coerce(self, kind: Any) -> Coerce:
        if is_non_null_type(kind):
            return self._present(kind.of_type)
        present = self._present(kind)
        return lambda value: None if value is None else present(value)

    def _present(self, kind: Any) -> Coerce:
        """For values that are not null; null is not valid."""
        if is_list_type(kind):
            return _list(self.coerce(kind.of_type))
        if is_input_object_type(kind):
            return self._object(kind)
        return _leaf(cast("GraphQLLeafType", kind))

    def _object(self, kind: GraphQLInputObjectType) -> Coerce:
        if kind.name in self._objects:
            return self._objects[kind.name]
        fields: list[tuple[str, str, bool, Any, Coerce]] = []

        def coerce(value: Any) -> Any:
            if not isinstance(value, dict) or not value.keys() <= kind.fields.keys():
                return Undefined
            coerced: dict[str, Any] = {}
            for name, out, required, default, coerce_field in fields:
                if name in value:
                    meant = coerce_field(value[name])
                    if meant is Undefined:
                        return Undefined
                    coerced[out] = meant
                elif required:
                    return Undefined
                elif default is not Undefined:
                    coerced[out] = default
            return kind.out_type(coerced)

        # A type may hold itself: it is known before its fields are looked at.
        self._objects[kind.name] = _nothing if kind.is_one_of else coerce
        for name, field in kind.fields.items():
            default = coerce_default_value(field)
            required = is_required_input_field(field)
            coerce_field = self.coerce(field.type)
            fields.append((name, field.out_name or name, required, default, coerce_field))
        return self._objects[kind.name]


def _nothing(_value: Any) -> Any:
    """Left to graphql-core."""
    return Undefined


def _list(coerce: Coerce) -> Coerce:
    def coerce_list(value: Any) -> Any:
        if not isinstance(value, list):
            return Undefined  # one item may stand for a list of it: left to graphql-core
        coerced = [coerce(item) for item in value]
        return Undefined if any(item is Undefined for item in coerced) else coerced

    return coerce_list


def _leaf(kind: GraphQLLeafType) -> Coerce:
    is_fine = AS_THEY_ARE.get(kind.name)

    def coerce(value: Any) -> Any:
        if is_fine is not None and is_fine(value):
            return value
        if value is None:
            return Undefined
        try:
            return kind.coerce_input_value(value)
        except Exception:
            return Undefined

    return coerce
