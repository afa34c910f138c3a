"""From a value of a subscription to the bytes of its payload, the same for all who asked it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson
import structlog
from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    GraphQLField,
    GraphQLSchema,
    OperationDefinitionNode,
    execute,
)
from graphql.execution.values import VariableValues
from prometheus_client import Counter

from app.records import record
from schema.context import Context
from schema.errors import present_errors
from schema.following.sources import Item
from schema.plans.objects import ObjectWriter
from schema.plans.rows import object_type
from schema.plans.selection import Selector
from schema.plans.sources import Unplannable
from schema.plans.writing import Emit, Writer

log = structlog.get_logger(__name__)
_executions = Counter(
    "spoolgraph_subscription_executions",
    "Executions of subscriptions' selections, one per event and group, by who answered.",
    ["answered_by"],
)
_by_plan, _by_resolvers = _executions.labels("plan"), _executions.labels("resolvers")


@record
class Subscribed:
    """One operation with its variables, and the root field it selects."""

    schema: GraphQLSchema
    document: DocumentNode
    operation: OperationDefinitionNode
    variables: Mapping[str, Any] | None
    coerced: VariableValues
    selector: Selector
    key: str
    nodes: list[FieldNode]
    field: GraphQLField

    @property
    def name(self) -> str | None:
        """The operation's name."""
        return None if self.operation.name is None else self.operation.name.value


@record
class Payload:
    """What is sent for one item. `ok` says that there are no errors in it."""

    body: bytes
    ok: bool = True


class Rendering:
    """Renders items by the selection's own function where it only reads what is in memory, and
    by the resolvers otherwise."""

    def __init__(self, subscribed: Subscribed, context: Context) -> None:
        self._subscribed = subscribed
        self._context = context
        self._emit = _written(subscribed) if context.planned else None
        # By key, with the objects it shows: a present that many are told is rendered once.
        self._present: dict[object, tuple[tuple[object, ...], Payload]] = {}

    @property
    def name(self) -> str | None:
        """The operation's name."""
        return self._subscribed.name

    async def present(self, item: Item[Any]) -> Payload:
        """The payload of what a new subscriber is told first."""
        if self._emit is None or not item.shows:
            return await self.payload(item)
        known = self._present.get(item.key)
        if known is not None and _same(known[0], item.shows):
            return known[1]
        payload = await self.payload(item)
        self._present[item.key] = (item.shows, payload)
        return payload

    async def payload(self, item: Item[Any]) -> Payload:
        """The payload of an item. The context must have fresh loaders."""
        value = item.make()
        if self._emit is not None:
            try:
                shown = self._emit(value)
            except Unplannable as reason:
                log.debug("plan of a subscription left", reason=str(reason))
            else:
                _by_plan.inc()
                return Payload(orjson.dumps({"data": {self._subscribed.key: shown}}))
        _by_resolvers.inc()
        return await self._resolved(value)

    async def _resolved(self, value: object) -> Payload:
        asked = self._subscribed
        result = execute(
            asked.schema,
            asked.document,
            root_value=value,
            context_value=self._context,
            variable_values=dict(asked.variables or {}),
            operation_name=asked.name,
        )
        found = result if isinstance(result, ExecutionResult) else await result
        present_errors(found.errors or (), self._context)
        body: dict[str, Any] = {"data": found.data}
        if found.errors:
            body["errors"] = [error.formatted for error in found.errors]
        return Payload(orjson.dumps(body), ok=not found.errors)


def _same(ones: tuple[object, ...], others: tuple[object, ...]) -> bool:
    return all(one is other for one, other in zip(ones, others, strict=True))


def _written(subscribed: Subscribed) -> Callable[[Any], object] | None:
    """The selection as one function of the value; None when a field of it needs its resolver."""
    code = Writer()
    try:
        kind = object_type(subscribed.field)
        writer = ObjectWriter(subscribed.selector, code, _pointed)
        body = writer.object(kind, subscribed.nodes, "o")
        name = code.function("show", "o", [f"return {body}"])
        emit: Emit = code.compile()[name]
    except (Unplannable, KeyError) as reason:
        log.debug("no plan of a subscription", reason=str(reason))
        return None
    return emit


def _pointed(*_arguments: object) -> str:
    raise Unplannable("a row that the value only points to")
