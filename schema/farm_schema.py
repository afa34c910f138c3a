"""The executable schema: texts are prepared once, refused early, and run by the engine."""

from collections.abc import AsyncGenerator, Iterable, Sequence
from typing import Any

import strawberry
from graphql import ExecutionResult as CoreResult
from graphql import GraphQLError, GraphQLSchema
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType

from schema import engine, metrics
from schema.documents import Documents, Prepared, kind_of
from schema.errors import present_errors

EVERY_KIND = frozenset(OperationType)


class FarmSchema(strawberry.Schema):
    """Strawberry's schema with this server's own way from a text to a result."""

    documents = Documents()

    @property
    def graphql(self) -> GraphQLSchema:
        """The schema as graphql-core knows it."""
        found: GraphQLSchema = self._schema
        return found

    def prepare(self, query: str | None) -> Prepared:
        """The document of a text, with its problems."""
        return self.documents.prepare(self.graphql, query or "")

    async def execute(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any | None = None,
        root_value: Any | None = None,
        operation_name: str | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
        operation_extensions: dict[str, Any] | None = None,
    ) -> ExecutionResult:
        """Run a query or mutation.

        Raises `CannotGetOperationTypeError` when the document has no operation of that name, and
        `InvalidOperationTypeError` for a kind that is not allowed.
        """
        return await self.run(
            self.prepare(query),
            operation_name,
            variable_values,
            context_value,
            frozenset(allowed_operation_types or EVERY_KIND),
        )

    async def run(
        self,
        prepared: Prepared,
        name: str | None,
        variables: dict[str, Any] | None,
        context: object,
        allowed: frozenset[OperationType] = EVERY_KIND,
    ) -> ExecutionResult:
        """Run an operation of a document that was prepared; raises as `execute` does."""
        if prepared.problems:
            return _refused(prepared.problems, context)
        operation = prepared.operation(name)
        if operation is None:
            raise CannotGetOperationTypeError(name)
        if kind_of(operation) not in allowed:
            raise InvalidOperationTypeError(kind_of(operation))
        return _result(
            await engine.run(
                self.graphql, prepared.document, operation, variables, context, prepared.plans
            )
        )

    async def stream(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any | None = None,
        root_value: Any | None = None,
        operation_name: str | None = None,
        operation_extensions: dict[str, Any] | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
    ) -> AsyncGenerator[ExecutionResult, None]:
        """Run any operation as a stream of results; of a query or mutation there is one."""
        return self._results(
            self.prepare(query),
            variable_values,
            context_value,
            operation_name,
            frozenset(allowed_operation_types or EVERY_KIND),
        )

    async def _results(
        self,
        prepared: Prepared,
        variables: dict[str, Any] | None,
        context: Any,
        name: str | None,
        allowed: frozenset[OperationType],
    ) -> AsyncGenerator[ExecutionResult, None]:
        operation = None if prepared.problems else prepared.operation(name)
        if operation is None:
            missing = GraphQLError("There is no single operation of this name in the document.")
            yield _refused(prepared.problems or [missing], context)
        elif kind_of(operation) not in allowed:
            said = f"A {operation.operation.value} is not allowed here."
            yield _refused([GraphQLError(said)], context)
        elif kind_of(operation) is OperationType.SUBSCRIPTION:
            document = prepared.document
            async for event in engine.follow(self.graphql, document, operation, variables, context):
                yield _result(event)
        else:
            document = prepared.document
            found = await engine.run(
                self.graphql, document, operation, variables, context, prepared.plans
            )
            yield _result(found)


def _refused(problems: Sequence[GraphQLError], context: object) -> PreExecutionError:
    present_errors(problems, context)
    metrics.note(None, "unknown", ok=False)
    return PreExecutionError(data=None, errors=list(problems))


def _result(found: CoreResult) -> ExecutionResult:
    if found.data is None and found.errors and all(error.path is None for error in found.errors):
        return PreExecutionError(data=None, errors=found.errors)
    return ExecutionResult(found.data, found.errors, extensions=found.extensions)
