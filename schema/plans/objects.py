"""Selections of objects that have no table: what the process remembers, shown field by field."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from typing import Any

from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLLeafType,
    GraphQLObjectType,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)

from app.records import record
from schema.plans.arguments import DEFINITION
from schema.plans.codecs import writer
from schema.plans.selection import Selector
from schema.plans.sources import Source, Unplannable, source_of
from schema.plans.steps import Child
from schema.plans.writing import Writer, mapping

# Their Python values are JSON already.
AS_THEY_ARE = frozenset({"String", "Boolean", "Int", "Seconds", "ID"})


@record
class Held:
    """An object whose rows are read before it is written: its keys, and what reads the rows."""

    keys: list[str] = field(default_factory=list)
    below: list[Child] = field(default_factory=list)

    def number(self, key: str) -> int:
        """The place of a key among the keys of the object."""
        if key not in self.keys:
            self.keys.append(key)
        return self.keys.index(key)


PointedWriter = Callable[[Held, str, Source, GraphQLField, list[FieldNode]], str]


class ObjectWriter:
    """Writes expressions for the attributes of objects.

    `pointed` writes a row that a key of the object points to.
    """

    def __init__(self, selector: Selector, code: Writer, pointed: PointedWriter) -> None:
        self._selector = selector
        self._code = code
        self._pointed = pointed

    def object(
        self,
        kind: GraphQLObjectType,
        nodes: list[FieldNode],
        value: str,
        depth: int = 0,
        held: Held | None = None,
    ) -> str:
        """The source for an object that is not null and named `value`."""
        entries: dict[str, str] = {}
        for key, selected in self._selector.fields(kind, nodes).items():
            name = selected[0].name.value
            if name == "__typename":
                entries[key] = repr(kind.name)
                continue
            shown = kind.fields[name]
            declared = shown.extensions[DEFINITION]
            source = source_of(declared)
            if source is not None and held is not None:
                entries[key] = self._pointed(held, value, source, shown, selected)
                continue
            if declared.base_resolver is not None:
                raise Unplannable(f"{kind.name}.{name} has a resolver")
            attribute = f"{value}.{declared.python_name}"
            entries[key] = self.value(shown.type, selected, attribute, depth)
        return mapping(entries)

    def value(self, kind: Any, nodes: list[FieldNode], value: str, depth: int = 0) -> str:
        """The source for a value of the domain, null included where the type has it."""
        if is_non_null_type(kind):
            return self._present(kind.of_type, nodes, value, depth)
        if is_leaf_type(kind) and kind.name in AS_THEY_ARE:
            return value
        inner = f"o{depth}"
        source = self._present(kind, nodes, inner, depth + 1)
        return f"(None if ({inner} := {value}) is None else {source})"

    def _present(self, kind: Any, nodes: list[FieldNode], value: str, depth: int) -> str:
        if is_list_type(kind):
            item = f"i{depth}"
            source = self.value(kind.of_type, nodes, item, depth + 1)
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
        if isinstance(kind, GraphQLEnumType):
            return f"{value}._name_"
        return f"{self._code.bind(writer(kind), f'write_{kind.name}')}({value})"
