"""Random operations over the schema: everything that plain queries use, valid by the grammar.

Arguments are mostly sensible and sometimes not, so that errors are compared as well.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_composite_type,
    is_enum_type,
    is_interface_type,
    is_list_type,
    is_non_null_type,
    is_required_argument,
)

from schema.plans.arguments import DEFINITION
from schema.plans.sources import source_of
from tests.schema.plans.random_rows import TEXTS

MAX_DEPTH = 4
FLAGS = ("yes", "no", "late")
DATES = ("2026-02-03", "2026-03-01", "1999-12-31")
TIMES = (
    "2026-03-01T12:00:00Z",
    "2026-03-01T14:00:00.000120+02:00",
    "2026-02-20T00:00:00Z",
    "2027-01-01T00:00:00Z",
)


class Name(str):
    """The value of an enum, which stands without quotes in a document."""


@dataclass(frozen=True, slots=True)
class Operation:
    """A document and its variables."""

    text: str
    variables: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Known:
    """What arguments may point at, by type: ids, and cursors of the list that is not sorted."""

    ids: dict[str, Sequence[str]]
    cursors: dict[str, Sequence[str]]


class Generator:
    """Writes one operation."""

    def __init__(self, schema: GraphQLSchema, known: Known, dice: Random) -> None:
        self._schema = schema
        self._known = known
        self._dice = dice
        self._declared: list[str] = []
        self._variables: dict[str, Any] = {}
        self._fragments: list[str] = []
        self._names = 0

    def operation(self, roots: Sequence[str]) -> Operation:
        """A query of one to three root fields."""
        query = self._schema.query_type
        assert query is not None
        chosen = [self._dice.choice(roots) for _ in range(self._dice.choice((1, 1, 1, 2, 3)))]
        fields = [
            self._field(query, name, MAX_DEPTH, alias=len(chosen) > 1 or self._chance(0.2))
            for name in chosen
        ]
        if self._chance(0.1):
            fields.append("__typename")
        head = f"({', '.join(self._declared)})" if self._declared else ""
        text = f"query Generated{head} {{ {' '.join(fields)} }}"
        return Operation("\n".join([text, *self._fragments]), self._variables)

    def _chance(self, probability: float) -> bool:
        return self._dice.random() < probability

    def _name(self, prefix: str) -> str:
        self._names += 1
        return f"{prefix}{self._names}"

    def _selection(self, kind: Any, depth: int, *, alias: bool = False) -> str:
        """Fields of a type between braces, some of them in fragments."""
        if is_interface_type(kind):
            return self._of_any(kind, depth)
        names = self._chosen(kind, depth)
        parts = [self._field(kind, name, depth - 1, alias=alias) for name in names]
        if self._chance(0.15):
            parts.append(f"{self._name('kind')}: __typename")
        if self._chance(0.15):
            parts.append(self._fragment(kind, depth))
        if self._chance(0.1):
            parts.append(parts[0])  # the same once more, which merges
        return "{ " + " ".join(parts) + " }"

    def _of_any(self, kind: GraphQLInterfaceType, depth: int) -> str:
        """A selection per type; their fields are renamed, because they differ in shape."""
        possible = [
            item for item in self._schema.get_possible_types(kind) if item.name in self._known.ids
        ]
        parts = [
            f"... on {item.name} {self._selection(item, depth, alias=True)}"
            for item in self._dice.sample(possible, 3)
        ]
        return "{ __typename " + " ".join((*self._sample(list(kind.fields), 2), *parts)) + " }"

    def _chosen(self, kind: GraphQLObjectType, depth: int) -> list[str]:
        """Some fields; those of a connection's machinery and without arguments are likelier."""
        usable = [
            name
            for name, item in kind.fields.items()
            if not (is_composite_type(get_named_type(item.type)) and depth <= 1)
            and not is_interface_type(get_named_type(item.type))
            and (_is_planned(item) or self._chance(0.02))
        ]
        likely = [name for name in usable if name in ("nodes", "edges", "node")]
        if likely and self._chance(0.9):
            return [self._dice.choice(likely), *self._sample(usable, 2)]
        return self._sample(usable, 6) or ["__typename"]

    def _sample(self, names: Sequence[str], most: int) -> list[str]:
        count = min(len(names), self._dice.randint(1, most))
        return self._dice.sample(list(names), count)

    def _fragment(self, kind: GraphQLObjectType, depth: int) -> str:
        on: Any = kind
        if kind.interfaces and self._chance(0.5):
            on = self._dice.choice(kind.interfaces)
        names = [
            name
            for name, item in on.fields.items()
            if not is_composite_type(get_named_type(item.type)) and _is_planned(kind.fields[name])
        ]
        chosen = self._sample(names, 3) if names else ["__typename"]
        body = "{ " + " ".join(f"{name}{self._directive()}" for name in chosen) + " }"
        directive = self._directive()
        if self._chance(0.5):
            name = self._name("Part")
            self._fragments.append(f"fragment {name} on {on.name} {body}")
            return f"...{name}{directive}"
        return (
            f"...{'' if on is kind and self._chance(0.3) else f' on {on.name}'}{directive} {body}"
        )

    def _field(self, kind: GraphQLObjectType, name: str, depth: int, *, alias: bool = False) -> str:
        if name == "__typename":
            return name
        item = kind.fields[name]
        arguments = self._arguments(item)
        named = get_named_type(item.type)
        prefix = f"{self._name('a')}: " if alias or item.args or self._chance(0.15) else ""
        below = f" {self._selection(named, depth)}" if is_composite_type(named) else ""
        return f"{prefix}{name}{arguments}{self._directive()}{below}"

    def _directive(self) -> str:
        if not self._chance(0.06):
            return ""
        which = self._dice.choice(("include", "skip"))
        if self._chance(0.4):
            return f" @{which}(if: {self._dice.choice(('true', 'false'))})"
        flag = self._dice.choice(FLAGS)
        if not any(item.startswith(f"${flag}:") for item in self._declared):
            default = self._dice.choice((" = true", " = false", "!", "!"))
            self._declared.append(f"${flag}: Boolean{default}")
            if default == "!" or self._chance(0.5):
                self._variables[flag] = self._chance(0.5)
        return f" @{which}(if: ${flag})"

    def _arguments(self, item: GraphQLField) -> str:
        chosen = {
            name: argument
            for name, argument in item.args.items()
            if is_required_argument(argument)
            or self._chance(0.12 if name in ("after", "before") else 0.35)
        }
        if not self._chance(0.05):
            if "after" in chosen or "before" in chosen:
                chosen.pop("orderBy", None)
            for one, other in (("last", "first"), ("last", "offset"), ("last", "after")):
                if one in chosen:
                    chosen.pop(other, None)
            if "last" not in chosen:
                chosen.pop("before", None)
        written = [
            f"{name}: {self._argument(item, name, argument)}" for name, argument in chosen.items()
        ]
        return f"({', '.join(written)})" if written else ""

    def _argument(self, item: GraphQLField, name: str, argument: GraphQLArgument) -> str:
        about = get_named_type(item.type).name.removesuffix("Connection")
        value = self._value(argument.type, name, about)
        if not self._chance(0.3):
            return _literal(value)
        variable = self._name("v")
        default = ""
        if not is_non_null_type(argument.type) and self._chance(0.3):
            default = f" = {_literal(value)}"
            value = self._value(argument.type, name, about)
        self._declared.append(f"${variable}: {argument.type}{default}")
        if not default or self._chance(0.5):
            self._variables[variable] = _plain(value)
        return f"${variable}"

    def _value(self, kind: Any, name: str, about: str) -> Any:
        if is_non_null_type(kind):
            return self._present(kind.of_type, name, about)
        return None if self._chance(0.08) else self._present(kind, name, about)

    def _present(self, kind: Any, name: str, about: str) -> Any:
        dice = self._dice
        if is_list_type(kind):
            return [self._value(kind.of_type, name, about) for _ in range(dice.randint(0, 3))]
        if isinstance(kind, GraphQLInputObjectType):
            return {
                key: self._value(item.type, key, about)
                for key, item in kind.fields.items()
                if is_non_null_type(item.type) or self._chance(0.4)
            }
        if is_enum_type(kind):
            return Name(dice.choice(sorted(kind.values)))
        match kind.name:
            case "Int":
                return self._integer(name)
            case "Boolean":
                return dice.random() < 0.5
            case "ID":
                return self._id(name, about)
            case "DateTime":
                return dice.choice(TIMES)
            case "Date":
                return dice.choice(DATES)
        if name in ("after", "before"):
            found = self._known.cursors.get(about)
            return dice.choice(found) if found and not self._chance(0.05) else "nonsense"
        return dice.choice((*TEXTS, "e", "X1", "100%"))

    def _integer(self, name: str) -> int:
        if self._chance(0.03):
            return self._dice.choice((0, -1, 101, 2**31 - 1))
        return self._dice.randint(0, 4) if name == "offset" else self._dice.randint(1, 9)

    def _id(self, name: str, about: str) -> str:
        if self._chance(0.05):
            return self._dice.choice(("", "nonsense", "UHJpbnRlcjow"))
        kind = about if name == "id" else f"{name[0].upper()}{name[1:].removesuffix('Id')}"
        found = self._known.ids.get(kind)
        if found is None or self._chance(0.1):
            found = self._known.ids[self._dice.choice(sorted(self._known.ids))]
        return self._dice.choice(found)


def _is_planned(item: GraphQLField) -> bool:
    declared = item.extensions[DEFINITION]
    return declared.base_resolver is None or source_of(declared) is not None


def _literal(value: Any) -> str:
    if isinstance(value, Name):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_literal(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_literal, value)) + "]"
    return json.dumps(value)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value
