"""Documents of clients: parsed, measured and validated once, and remembered while they are in use.

What is remembered is bounded in number and in characters, because a syntax tree takes a hundred
times the space of its text. Documents with problems are not remembered at all.
"""

from collections import OrderedDict
from dataclasses import field
from functools import cache, cached_property

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    parse,
    validate,
)
from graphql import OperationType as CoreType
from strawberry.types.graphql import OperationType

from app.records import record
from schema.limits import MAX_NESTING, MAX_TOKENS, TOO_LARGE, excesses, nesting
from schema.plans.book import Plans

MAX_REMEMBERED = 500
MAX_CHARACTERS = 250_000
MAX_PROBLEMS = 20


@record(slots=False)
class Prepared:
    """A document, or the problems that stand in its way; and the plans of its operations."""

    document: DocumentNode
    problems: tuple[GraphQLError, ...] = ()
    plans: Plans = field(default_factory=Plans)

    @cached_property
    def operations(self) -> tuple[OperationDefinitionNode, ...]:
        """The operations of the document."""
        return tuple(
            item for item in self.document.definitions if isinstance(item, OperationDefinitionNode)
        )

    def operation(self, name: str | None) -> OperationDefinitionNode | None:
        """The operation of a name, or the only one; None when that is not a single one."""
        if not name and len(self.operations) == 1:
            return self.operations[0]
        found = [
            item
            for item in self.operations
            if not name or (item.name is not None and item.name.value == name)
        ]
        return found[0] if len(found) == 1 else None


def kind_of(operation: OperationDefinitionNode) -> OperationType:
    """Query, mutation or subscription."""
    return _kind_of(operation.operation)


@cache
def _kind_of(kind: CoreType) -> OperationType:
    return OperationType(kind.value)


class Documents:
    """Prepares documents for one schema."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Prepared] = OrderedDict()
        self._characters = 0

    def prepare(self, schema: GraphQLSchema, text: str) -> Prepared:
        """The document of a text, ready to be executed unless it has problems."""
        known = self._known.get(text)
        if known is not None:
            self._known.move_to_end(text)
            return known
        prepared = _prepare(schema, text)
        if not prepared.problems:
            self._remember(text, prepared)
        return prepared

    def _remember(self, text: str, prepared: Prepared) -> None:
        if len(text) > MAX_CHARACTERS // 10:
            return
        self._known[text] = prepared
        self._characters += len(text)
        while len(self._known) > MAX_REMEMBERED or self._characters > MAX_CHARACTERS:
            forgotten, _ = self._known.popitem(last=False)
            self._characters -= len(forgotten)


def _prepare(schema: GraphQLSchema, text: str) -> Prepared:
    nothing = DocumentNode(definitions=())
    if nesting(text) > MAX_NESTING:
        return Prepared(nothing, (_too_deep(),))
    try:
        document = parse(text, max_tokens=MAX_TOKENS)
        problems = excesses(document) or validate(schema, document, max_errors=MAX_PROBLEMS)
    except GraphQLError as error:
        return Prepared(nothing, (error,))
    except RecursionError:
        return Prepared(nothing, (_too_deep(),))
    return Prepared(document, tuple(problems))


def _too_deep() -> GraphQLError:
    return GraphQLError(
        f"The document is nested deeper than {MAX_NESTING} levels.",
        extensions={"code": TOO_LARGE},
    )
