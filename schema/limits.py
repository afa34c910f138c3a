"""What an operation may ask for at most, decided before it runs.

Each fragment is looked at once, however often it is spread: the walk is linear in the document.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValidationRule,
    VariableNode,
)

MAX_DEPTH = 16
MAX_FIELDS_AT_ROOT = 30
MAX_ALIASES = 100
MAX_DIRECTIVES = 100
MAX_TOKENS = 5_000
MAX_NESTING = 60
# Rows an operation could return, multiplied through its lists.
MAX_COST = 500_000
UNKNOWN_PAGE = 100
DEFAULT_PAGE = 20
_LISTS = frozenset({"archives", "printers", "projects", "queue", "spools", "transactions"})
_TEXTS = re.compile(r'"""(?:\\"""|[^"]|"(?!""))*"""|"(?:\\.|[^"\\\n])*"|#[^\n\r]*')


@dataclass(frozen=True, slots=True)
class Size:
    """How big a selection is."""

    depth: int = 0
    aliases: int = 0
    directives: int = 0
    cost: int = 0

    def beside(self, other: Size) -> Size:
        """Both selections, one next to the other."""
        return Size(
            max(self.depth, other.depth),
            self.aliases + other.aliases,
            self.directives + other.directives,
            self.cost + other.cost,
        )


def nesting(text: str) -> int:
    """How deep brackets of any kind are nested in a document, texts and comments aside."""
    deepest = depth = 0
    for character in _TEXTS.sub("", text):
        if character in "{[(":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "}])":
            depth -= 1
    return deepest


class Limits(ValidationRule):
    """Refuses operations that are too deep, too wide or too costly."""

    def __init__(self, context: Any) -> None:
        super().__init__(context)
        self._fragments: dict[str, FragmentDefinitionNode] = {}
        self._sizes: dict[str, Size] = {}

    def enter_document(self, node: DocumentNode, *_: Any) -> None:
        """Measure every operation of the document."""
        for definition in node.definitions:
            if isinstance(definition, FragmentDefinitionNode):
                self._fragments[definition.name.value] = definition
        for definition in node.definitions:
            if isinstance(definition, OperationDefinitionNode):
                self._check(definition)

    def _check(self, operation: OperationDefinitionNode) -> None:
        size = self._selection(operation.selection_set)
        for found, limit, what in (
            (size.depth, MAX_DEPTH, "levels deep"),
            (size.aliases, MAX_ALIASES, "aliases"),
            (size.directives, MAX_DIRECTIVES, "directives"),
            (size.cost, MAX_COST, "rows at most"),
            (len(operation.selection_set.selections), MAX_FIELDS_AT_ROOT, "fields at the root"),
        ):
            if found > limit:
                self.report_error(
                    GraphQLError(
                        f"This operation asks for {found} {what}; {limit} are allowed.",
                        operation,
                        extensions={"code": "OPERATION_TOO_LARGE"},
                    )
                )

    def _selection(self, selection: SelectionSetNode | None) -> Size:
        size = Size()
        for node in selection.selections if selection else ():
            directives = Size(directives=len(node.directives or ()))
            if isinstance(node, FieldNode):
                part = self._field(node)
            elif isinstance(node, InlineFragmentNode):
                part = self._selection(node.selection_set)
            elif isinstance(node, FragmentSpreadNode):
                part = self._fragment(node.name.value)
            else:
                continue
            size = size.beside(part).beside(directives)
        return size

    def _field(self, node: FieldNode) -> Size:
        if node.name.value.startswith("__"):
            return Size(1, int(node.alias is not None), 0, 1)  # introspection has its own bounds
        inner = self._selection(node.selection_set)
        return Size(
            inner.depth + 1,
            inner.aliases + int(node.alias is not None),
            inner.directives,
            1 + inner.cost * _page(node),
        )

    def _fragment(self, name: str) -> Size:
        if name not in self._sizes:
            self._sizes[name] = Size()  # a cycle counts once; another rule refuses it
            fragment = self._fragments.get(name)
            if fragment is not None:
                self._sizes[name] = self._selection(fragment.selection_set)
        return self._sizes[name]


def _page(node: FieldNode) -> int:
    for argument in node.arguments or ():
        if argument.name.value in ("first", "last"):
            if isinstance(argument.value, IntValueNode):
                return min(int(argument.value.value[:9]), UNKNOWN_PAGE)
            if isinstance(argument.value, VariableNode):
                return UNKNOWN_PAGE
    return DEFAULT_PAGE if node.name.value in _LISTS else 1
