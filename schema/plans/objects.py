"""Selections of objects that have no table: what the process remembers, shown field by field."""

from __future__ import annotations

from typing import Any

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLLeafType,
    GraphQLObjectType,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)

from schema.plans.arguments import DEFINITION
from schema.plans.codecs import writer
from schema.plans.selection import Selector
from schema.plans.sources import Unplannable
from schema.plans.writing import Writer, mapping

# Their Python values are JSON already.
AS_THEY_ARE = frozenset({"String", "Boolean", "Int", "Seconds", "ID"})


class ObjectWriter:
    """Writes expressions for the attributes of objects."""

    def __init__(self, selector: Selector, code: Writer) -> None:
        self._selector = selector
        self._code = code

    def object(
        self, kind: GraphQLObjectType, nodes: list[FieldNode], value: str, depth: int = 0
    ) -> str:
        """The source for an object that is not null and named `value`."""
        entries: dict[str, str] = {}
        for key, selected in self._selector.fields(kind, nodes).items():
            name = selected[0].name.value
            if name == "__typename":
                entries[key] = repr(kind.name)
                continue
            field = kind.fields[name]
            declared = field.extensions[DEFINITION]
            if declared.base_resolver is not None:
                raise Unplannable(f"{kind.name}.{name} has a resolver")
            attribute = f"{value}.{declared.python_name}"
            entries[key] = self._value(field, field.type, selected, attribute, depth)
        return mapping(entries)

    def _value(
        self, field: GraphQLField, kind: Any, nodes: list[FieldNode], value: str, depth: int
    ) -> str:
        if is_non_null_type(kind):
            return self._present(field, kind.of_type, nodes, value, depth)
        if is_leaf_type(kind) and kind.name in AS_THEY_ARE:
            return value
        inner = f"o{depth}"
        source = self._present(field, kind, nodes, inner, depth + 1)
        return f"(None if ({inner} := {value}) is None else {source})"

    def _present(
        self, field: GraphQLField, kind: Any, nodes: list[FieldNode], value: str, depth: int
    ) -> str:
        if is_list_type(kind):
            item = f"i{depth}"
            source = self._value(field, kind.of_type, nodes, item, depth + 1)
            return f"[{source} for {item} in {value}]"
        if is_object_type(kind):
            inner = f"o{depth}"
            source = self.object(kind, nodes, inner, depth + 1)
            return f"({source} if ({inner} := {value}) is not None else required(None))"
        if is_leaf_type(kind):
            return self._leaf(kind, value)
        raise Unplannable(f"{kind} is abstract")

    def _leaf(self, kind: GraphQLLeafType, value: str) -> str:
        if kind.name in AS_THEY_ARE:
            return value
        return f"{self._code.bind(writer(kind), f'write_{kind.name}')}({value})"
