"""What an operation may ask for at most, decided before it is validated and run.

The rules of GraphQL compare fields of equal name with each other, so a small document can keep
them busy for seconds. That is why documents are measured first. Each fragment is looked at once,
however often it is spread: the walk is linear in the document.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

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
    VariableNode,
)

from app.records import record

TOO_LARGE = "OPERATION_TOO_LARGE"
MAX_DEPTH = 16
MAX_FIELDS_AT_ROOT = 30
MAX_ALIASES = 100
MAX_DIRECTIVES = 100
MAX_FRAGMENTS = 50
MAX_REPEATS = 50
MAX_TOKENS = 5_000
MAX_NESTING = 60
# Rows an operation could return, multiplied through its lists.
MAX_COST = 500_000
MAX_REPORTED = 5
# Values in the variables of one request, those inside lists and objects included.
MAX_VALUES = 10_000
UNKNOWN_PAGE = 100
DEFAULT_PAGE = 20
NUL_REFUSED = "A text must not hold the character NUL."
_NUL = re.compile(r"\\u(?:0000|\{0+\})")
_LISTS = frozenset(
    {
        "archives",
        "components",
        "items",
        "materials",
        "printers",
        "productionRuns",
        "products",
        "projects",
        "queue",
        "queueItems",
        "spools",
        "transactions",
    }
)
_TEXTS = re.compile(r'"""(?:\\"""|[^"]|"(?!""))*"""|"(?:\\.|[^"\\\n])*"|#[^\n\r]*')


@record
class Size:
    """How big a selection is. `fields` are those on its own level."""

    depth: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0
    repeats: int = 0
    cost: int = 0

    def beside(self, other: Size) -> Size:
        """Both selections, one next to the other."""
        return Size(
            max(self.depth, other.depth),
            self.fields + other.fields,
            self.aliases + other.aliases,
            self.directives + other.directives,
            self.repeats + other.repeats,
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


def objection(query: str, variables: object) -> str | None:
    """Why a request is not even looked at: too many values, or a character no database keeps."""
    if _NUL.search(query):
        return NUL_REFUSED
    waiting = [variables]
    seen = 0
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            if "\0" in value:
                return NUL_REFUSED
        elif isinstance(value, dict | list):
            seen += len(value)
            if seen > MAX_VALUES:
                return f"The variables hold more than {MAX_VALUES} values."
            waiting.extend(value.values() if isinstance(value, dict) else value)
    return None


def excesses(document: DocumentNode) -> list[GraphQLError]:
    """What is too deep, too wide or too costly in a document; raises `RecursionError` when it is
    so deep that it cannot even be measured."""
    fragments = {
        item.name.value: item
        for item in document.definitions
        if isinstance(item, FragmentDefinitionNode)
    }
    if len(fragments) > MAX_FRAGMENTS:
        return [_refusal(f"{len(fragments)} fragments; {MAX_FRAGMENTS} are allowed")]
    measure = _Measure(fragments)
    found: list[GraphQLError] = []
    for item in document.definitions:
        if isinstance(item, OperationDefinitionNode):
            found.extend(_exceeded(measure.of(item), item))
        elif isinstance(item, FragmentDefinitionNode):
            # Validation compares the fields of fragments too, spread or not.
            repeats = measure.fragment(item.name.value).repeats
            if repeats > MAX_REPEATS:
                found.append(_refusal(f"{repeats} repeated fields; {MAX_REPEATS} are allowed"))
    return found[:MAX_REPORTED]


def _exceeded(size: Size, node: OperationDefinitionNode) -> Iterator[GraphQLError]:
    for found, limit, what in (
        (size.depth, MAX_DEPTH, "levels deep"),
        (size.aliases, MAX_ALIASES, "aliases"),
        (size.directives, MAX_DIRECTIVES, "directives"),
        (size.repeats, MAX_REPEATS, "repeated fields"),
        (size.cost, MAX_COST, "rows at most"),
        (size.fields, MAX_FIELDS_AT_ROOT, "fields at the root"),
    ):
        if found > limit:
            yield _refusal(f"{found} {what}; {limit} are allowed", node)


def _refusal(what: str, node: OperationDefinitionNode | None = None) -> GraphQLError:
    message = f"This operation asks for {what}."
    return GraphQLError(message, node, extensions={"code": TOO_LARGE})


class _Measure:
    """Measures selections of one document; remembers the size of each fragment."""

    def __init__(self, fragments: dict[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._sizes: dict[str, Size] = {}

    def of(self, operation: OperationDefinitionNode) -> Size:
        """The size of an operation."""
        own = Size(directives=len(operation.directives or ()))
        return self._selection(operation.selection_set).beside(own)

    def fragment(self, name: str) -> Size:
        """The size of a fragment; a cycle counts once, validation refuses it."""
        if name not in self._sizes:
            self._sizes[name] = Size()
            found = self._fragments.get(name)
            if found is not None:
                self._sizes[name] = self._selection(found.selection_set)
        return self._sizes[name]

    def _selection(self, selection: SelectionSetNode | None) -> Size:
        if selection is None:
            return Size()
        names = Counter(_names(selection))
        size = Size(repeats=sum(names.values()) - len(names))
        for node in selection.selections:
            if isinstance(node, FieldNode):
                part = self._field(node)
            elif isinstance(node, InlineFragmentNode):
                part = self._selection(node.selection_set)
            elif isinstance(node, FragmentSpreadNode):
                part = self.fragment(node.name.value)
            else:
                continue
            size = size.beside(part).beside(Size(directives=len(node.directives or ())))
        return size

    def _field(self, node: FieldNode) -> Size:
        inner = self._selection(node.selection_set)
        # Introspection counts as one row: it has a bound of its own.
        meta = node.name.value.startswith("__")
        return Size(
            depth=1 if meta else inner.depth + 1,
            fields=1,
            aliases=inner.aliases + int(node.alias is not None),
            directives=inner.directives,
            repeats=inner.repeats,
            cost=1 if meta else 1 + inner.cost * _page(node),
        )


def _names(selection: SelectionSetNode) -> Iterator[str]:
    """What a level names: its fields, those in inline fragments, and the fragments it spreads."""
    for node in selection.selections:
        if isinstance(node, FieldNode):
            yield (node.alias or node.name).value
        elif isinstance(node, FragmentSpreadNode):
            yield f"...{node.name.value}"
        elif isinstance(node, InlineFragmentNode):
            yield from _names(node.selection_set)


def _page(node: FieldNode) -> int:
    for argument in node.arguments or ():
        if argument.name.value in ("first", "last"):
            if isinstance(argument.value, IntValueNode):
                return min(int(argument.value.value[:9]), UNKNOWN_PAGE)
            if isinstance(argument.value, VariableNode):
                return UNKNOWN_PAGE
    return DEFAULT_PAGE if node.name.value in _LISTS else 1
