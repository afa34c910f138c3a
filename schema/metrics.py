"""Operations by name and outcome, with a bounded number of names."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

from prometheus_client import Counter, Histogram
from strawberry.extensions import SchemaExtension

MAX_NAMES = 200
_seen: set[str] = set()
_operations = Counter(
    "spoolgraph_graphql_operations", "GraphQL operations.", ["operation", "type", "outcome"]
)
_seconds = Histogram(
    "spoolgraph_graphql_operation_seconds",
    "Time to execute GraphQL operations.",
    ["operation"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)


def label(name: str | None) -> str:
    """The name as a label: clients choose names, so only so many are told apart."""
    if not name:
        return "anonymous"
    if name not in _seen:
        if len(_seen) >= MAX_NAMES:
            return "other"
        _seen.add(name)
    return name


class CountOperations(SchemaExtension):
    """Counts each operation once, when it is done."""

    async def on_operation(self) -> AsyncIterator[None]:
        """Runs around the whole operation."""
        began = time.perf_counter()
        yield
        context = self.execution_context
        name = label(context.operation_name)
        kind = context.operation_type.value if context.graphql_document else "unknown"
        failed = bool(context.result and getattr(context.result, "errors", None))
        _operations.labels(name, kind, "error" if failed else "ok").inc()
        if kind != "subscription":
            _seconds.labels(name).observe(time.perf_counter() - began)
