"""Named operations of this server itself, parsed and validated once, executed many times."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    OperationDefinitionNode,
    parse,
    validate,
)

from schema import engine, schema
from schema.context import Context
from schema.plans.book import Plans


class Operation:
    """A document with one named operation. Raises `ValueError` when it does not fit the schema."""

    def __init__(self, text: str) -> None:
        self.document: DocumentNode = parse(text)
        problems = validate(schema.graphql, self.document)
        if problems:
            raise ValueError("; ".join(problem.message for problem in problems))
        (self.definition,) = (
            node for node in self.document.definitions if isinstance(node, OperationDefinitionNode)
        )
        if self.definition.name is None:
            raise ValueError("an operation of the server needs a name")
        self.plans = Plans()
        self.name = self.definition.name.value

    async def run(self, variables: Mapping[str, Any], context: Context) -> ExecutionResult:
        """Execute as the viewer of `context`; errors carry their codes."""
        return await engine.run(
            schema.graphql, self.document, self.definition, variables, context, self.plans
        )
