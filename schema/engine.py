"""Runs prepared operations, whichever way they came in: bounded in time, presented, counted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing
from functools import partial
from typing import Any, cast

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    execute,
    subscribe,
)

from schema import metrics
from schema.context import OPERATION_SECONDS, Context
from schema.errors import as_graphql_error, present_errors
from schema.plans.book import Plans, planned_data
from schema.plans.mutations import Unfinished

# Whether a plan answered, and what.
Answer = tuple[bool, ExecutionResult]


async def run(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any] | None,
    context: object,
    plans: Plans,
) -> ExecutionResult:
    """The result of a query or mutation; errors carry their codes.

    What has a plan is answered by it, everything else by the resolvers.
    """
    began = time.perf_counter()
    asked = schema, document, operation, variables, context
    if operation.operation is OperationType.MUTATION:
        planned, result = await _in_time(partial(_acted, plans, *asked), context)
    elif (data := await planned_data(plans, *asked)) is not None:
        planned, result = True, ExecutionResult(data, None)
    else:
        planned, result = await _in_time(partial(_resolved, *asked), context)
    if isinstance(context, Context) and context.runtime.settings.log_level == "debug":
        result.extensions = _explained(context, planned=planned)
    present_errors(result.errors or (), context)
    metrics.note(
        _name(operation),
        operation.operation.value,
        ok=not result.errors,
        seconds=time.perf_counter() - began,
    )
    return result


async def _acted(
    plans: Plans,
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any] | None,
    context: object,
) -> Answer:
    """A mutation by its plan; by the resolvers where there is none, or where it had to stop."""
    asked = schema, document, operation, variables, context
    data, done = None, None
    try:
        data = await planned_data(plans, *asked)
    except Unfinished as unfinished:
        done = unfinished.done
    return await _resolved(*asked, done) if data is None else (True, ExecutionResult(data, None))


async def _resolved(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any] | None,
    context: object,
    root: object = None,
) -> Answer:
    result = execute(
        schema,
        document,
        root_value=root,
        variable_values=dict(variables or {}),
        operation_name=_name(operation),
        context_value=context,
    )
    return False, result if isinstance(result, ExecutionResult) else await result


def _explained(context: Context, *, planned: bool) -> dict[str, Any]:
    """What is told in debug: who answered, and why not a plan."""
    if planned:
        return {"plan": {"answeredBy": "plan"}}
    return {"plan": {"answeredBy": "resolvers", "reason": context.unplanned}}


async def _in_time(work: Callable[[], Awaitable[Answer]], context: object) -> Answer:
    seconds = context.seconds if isinstance(context, Context) else OPERATION_SECONDS
    try:
        async with asyncio.timeout(seconds) as patience:
            if isinstance(context, Context):
                context.patience = patience
            return await work()
    except TimeoutError:
        if not patience.expired():
            raise
        said = f"The operation took longer than {seconds:.0f} seconds."
        return False, ExecutionResult(None, [GraphQLError(said, extensions={"code": "TIMEOUT"})])


async def follow(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any] | None,
    context: object,
) -> AsyncGenerator[ExecutionResult, None]:
    """The events of a subscription. One that fails ends with a result that tells why."""
    name = _name(operation)
    ok = True
    try:
        async for result in _events(schema, document, name, variables, context):
            ok = ok and not result.errors
            present_errors(result.errors or (), context)
            yield result
    finally:
        metrics.note(name, operation.operation.value, ok=ok)


async def _events(
    schema: GraphQLSchema,
    document: DocumentNode,
    name: str | None,
    variables: Mapping[str, Any] | None,
    context: object,
) -> AsyncIterator[ExecutionResult]:
    source = subscribe(
        schema,
        document,
        variable_values=dict(variables or {}),
        operation_name=name,
        context_value=context,
    )
    if asyncio.iscoroutine(source) or isinstance(source, asyncio.Future):
        source = await source
    if isinstance(source, ExecutionResult):
        yield source
        return
    events = cast(AsyncGenerator[ExecutionResult, None], source)
    async with aclosing(events):
        try:
            async for event in events:
                yield event
        except Exception as error:
            yield ExecutionResult(None, [as_graphql_error(error)])


def _name(operation: OperationDefinitionNode) -> str | None:
    return None if operation.name is None else operation.name.value
