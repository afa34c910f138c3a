"""A compiled operation, and the one way to run it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from graphql import GraphQLSchema, VariableDefinitionNode

from app.accounts.models import Scope
from app.records import record
from app.row_reader import RowReader
from schema.context import Context
from schema.plans.roots import Root
from schema.plans.sources import Unplannable
from schema.plans.statements import Statements
from schema.plans.steps import Run
from schema.plans.variables import Variables
from schema.plans.writing import Writer


@record
class RootStep:
    """A root field: what it reads and the name of the function that writes it, or a constant."""

    key: str
    root: Root | None
    emit: str | None
    constant: object = None
    scope: Scope | None = None


class Plan:
    """Answers one operation. It holds nothing of a request and is shared by all of them."""

    def __init__(
        self,
        schema: GraphQLSchema,
        definitions: Sequence[VariableDefinitionNode],
        roots: tuple[RootStep, ...],
        slots: int,
        code: Writer,
    ) -> None:
        self._variables = Variables(schema, tuple(definitions))
        self._slots = slots
        self._scopes = frozenset(step.scope for step in roots if step.scope is not None)
        self._functions = code.compile()
        self._roots = roots

    async def run(
        self,
        context: Context,
        variables: Mapping[str, Any] | None,
        reader: RowReader,
        statements: Statements,
    ) -> dict[str, Any]:
        """The data of the operation.

        Raises `Unplannable` or a `DomainError` where the resolvers have to answer.
        """
        if not self._scopes <= context.viewer.scopes:
            raise Unplannable("a permission is missing")
        run = Run(
            context,
            self._variables.read(variables or {}),
            reader,
            statements,
            self._functions,
            [{}] * self._slots,
            [None] * self._slots,
        )
        data: dict[str, Any] = {}
        for step in self._roots:
            if step.root is None or step.emit is None:
                data[step.key] = step.constant
                continue
            rows, facts = await step.root.read(run)
            data[step.key] = self._functions[step.emit](rows, facts, run.tables, run.facts, context)
        return data
