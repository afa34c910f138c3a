"""The values of a query's variables, which come again and again, and what was made of them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any, TypeVar

import orjson
from graphql import GraphQLSchema, VariableDefinitionNode
from graphql.execution.values import VariableValues

from schema.plans.coercion import Coercion
from schema.plans.sources import Unplannable

T = TypeVar("T")
# What is remembered of one operation or field: so many values, none of them longer than this.
MAX_REMEMBERED = 256
MAX_LENGTH = 2_000
_UNKNOWN: Any = object()


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
        # A copy of the key: what orjson wrote keeps the buffer it wrote to.
        known[bytes(memoryview(key))] = made
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
        self._coercion = Coercion(schema, definitions)
        self._known: dict[bytes, Bound] = {}

    def read(self, given: Mapping[str, Any]) -> Bound:
        """The values that a request gave or left to their defaults; raises `Unplannable`."""
        return remembered(self._known, written(given), lambda: Bound(self._coercion.read(given)))
