"""From the arguments of a field, as graphql-core coerced them, to what its resolver is called with.

Strawberry looks at the types of all of them in every call; here that is done once per field. What
it does otherwise than by the rules below has no reader and stays with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING
from typing import Any

from graphql import GraphQLField, GraphQLSchema
from strawberry.relay import GlobalID
from strawberry.schema.base import BaseSchema
from strawberry.schema.compat import is_scalar
from strawberry.types.base import (
    StrawberryList,
    StrawberryMaybe,
    StrawberryOptional,
    has_object_definition,
)
from strawberry.types.enum import StrawberryEnumDefinition
from strawberry.types.field import StrawberryField
from strawberry.types.lazy_type import LazyType
from strawberry.types.maybe import Some

from schema.plans.arguments import DEFINITION
from schema.plans.sources import Unplannable

Reader = Callable[[Any], Any]


class Inputs:
    """Reads the arguments of one field."""

    def __init__(self, schema: GraphQLSchema, field: GraphQLField) -> None:
        self._schema: BaseSchema = schema.extensions[DEFINITION]
        declared: StrawberryField = field.extensions[DEFINITION]
        name_of = self._schema.config.name_converter.get_graphql_name
        self._readers = [
            (name_of(argument), argument.python_name, self._reader(argument.type))
            for argument in declared.arguments
        ]

    def read(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """By the names of the parameters."""
        return {
            parameter: read(given[name]) for name, parameter, read in self._readers if name in given
        }

    def _reader(self, kind: Any) -> Reader:
        """What turns a value of a type into what the resolver gets."""
        if isinstance(kind, LazyType):
            return self._reader(kind.resolve_type())
        if isinstance(kind, StrawberryMaybe):
            return _given(self._reader(kind.of_type), isinstance(kind.of_type, StrawberryOptional))
        if isinstance(kind, StrawberryOptional):
            return _optional(self._reader(kind.of_type))
        if isinstance(kind, StrawberryList):
            return _each(self._reader(kind.of_type))
        if kind is GlobalID:
            raise Unplannable("an id of Relay's")
        if isinstance(kind, StrawberryEnumDefinition) or is_scalar(
            kind, self._schema.schema_converter.scalar_registry
        ):
            return _as_it_is
        if has_object_definition(kind):
            return self._object(kind)
        raise Unplannable(f"an input of type {kind}")

    def _object(self, kind: Any) -> Reader:
        definition = kind.__strawberry_definition__
        if definition.from_input is not None:
            raise Unplannable(f"{definition.name} is made by itself")
        name_of = self._schema.config.name_converter.from_field
        without = {
            field.python_name: None
            for field in definition.fields
            if field.default_value is MISSING and field.default_factory is MISSING
        }
        readers = [
            (
                name_of(field),
                field.python_name,
                self._reader(field.resolve_type(type_definition=definition)),
            )
            for field in definition.fields
        ]

        def read(value: Any) -> Any:
            given = dict[str, Any](without)
            for name, parameter, read_one in readers:
                if name in value:
                    given[parameter] = read_one(value[name])
            return kind(**given)

        return read


def _as_it_is(value: Any) -> Any:
    return value


def _optional(read: Reader) -> Reader:
    return read if read is _as_it_is else lambda value: None if value is None else read(value)


def _each(read: Reader) -> Reader:
    return lambda value: [read(item) for item in value]


def _given(read: Reader, nullable: bool) -> Reader:
    """A value that may be left out; Strawberry refuses the null of one that cannot be null."""

    def wrapped(value: Any) -> Some[Any]:
        if value is None and not nullable:
            raise Unplannable("null where nothing or a value has to be")
        return Some(read(value))

    return wrapped
