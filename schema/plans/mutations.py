"""Mutations without graphql-core: resolvers are called in turn, payloads are written at once.

A mutation is never run twice. Whatever stands in the way is found before anything is executed, and
leaves all of the operation to graphql-core. What goes wrong afterwards is answered by graphql-core
too, but from what the fields have come to (`Done`): it tells errors and spreads nulls.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import wraps
from inspect import iscoroutinefunction, signature
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    OperationDefinitionNode,
)
from graphql.execution.values import VariableValues, get_argument_values
from graphql.pyutils import Path, is_awaitable
from graphql.type.definition import GraphQLResolveInfoHelpers
from strawberry.types.field import StrawberryField

from app.records import record
from app.row_reader import RowReader
from schema.context import Context, Info
from schema.plans.arguments import DEFINITION
from schema.plans.coercion import Coercion
from schema.plans.inputs import Inputs
from schema.plans.objects import ObjectWriter
from schema.plans.selection import Selector
from schema.plans.sources import Unplannable
from schema.plans.statements import Statements
from schema.plans.writing import Emit, Writer


@record
class Outcome:
    """What one root field has come to."""

    value: object = None
    error: Exception | None = None


class Done(dict[str, Outcome]):
    """What root fields have come to, by their keys in the answer."""


class Unfinished(Exception):
    """Some of the operation was executed, and graphql-core has to write the answer."""

    def __init__(self, done: Done, reason: str) -> None:
        super().__init__(reason)
        self.done = done


def let_go_on(schema: GraphQLSchema) -> None:
    """Have the mutations of a schema take over what was executed already (`Done`, as the root)."""
    for field in schema.mutation_type.fields.values() if schema.mutation_type else ():
        if field.resolve is not None:
            field.resolve = _going_on(field.resolve)


def _going_on(resolve: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(resolve)
    def resolved(source: object, info: GraphQLResolveInfo[Context], **arguments: Any) -> Any:
        if not isinstance(source, Done):
            return resolve(source, info, **arguments)
        outcome = source.get(str(info.path.key))
        if outcome is None:
            return resolve(None, info, **arguments)
        if outcome.error is not None:
            raise outcome.error
        return outcome.value

    return resolved


@record
class Act:
    """A root field of a mutation. `emit` is the name of the function that writes its value."""

    key: str
    nodes: list[FieldNode]
    field: GraphQLField
    inputs: Inputs
    call: Callable[..., Awaitable[object]]
    emit: str

    @property
    def declared(self) -> StrawberryField:
        """The field as it was declared."""
        found: StrawberryField = self.field.extensions[DEFINITION]
        return found

    def arguments(self, variables: VariableValues) -> dict[str, Any]:
        """The arguments of the resolver; `Unplannable` when one is not valid."""
        try:
            return self.inputs.read(get_argument_values(self.field, self.nodes[0], variables))
        except (GraphQLError, ValueError, TypeError) as error:
            raise Unplannable(str(error)) from None


class MutationPlan:
    """Answers one mutation. It holds nothing of a request and is shared by all of them."""

    def __init__(
        self,
        schema: GraphQLSchema,
        mutation: GraphQLObjectType,
        operation: OperationDefinitionNode,
        selector: Selector,
        acts: Mapping[str, Act | None],
        code: Writer,
    ) -> None:
        self._schema = schema
        self._mutation = mutation
        self._operation = operation
        self._coercion = Coercion(schema, operation.variable_definitions or ())
        self._fragments = dict(selector.fragments)
        self._acts = acts
        self._functions: Mapping[str, Emit] = code.compile()

    async def run(
        self,
        context: Context,
        variables: Mapping[str, Any] | None,
        _reader: RowReader,
        _statements: Statements,
    ) -> dict[str, Any]:
        """The data of the operation.

        Raises `Unplannable` when nothing was executed, and `Unfinished` when something was.
        """
        values = self._coercion.read(variables or {})
        arguments = {key: act.arguments(values) for key, act in self._acts.items() if act}
        done, data = Done(), dict[str, Any]()
        for key, act in self._acts.items():
            if act is None:
                data[key] = self._mutation.name
                continue
            info = self._info(act, values, context)
            outcome = done[key] = await _outcome(act.call(None, info=info, **arguments[key]))
            if outcome.error is not None:
                raise Unfinished(done, "a mutation failed")
            data[key] = self._written(act, outcome.value, done)
        return data

    def _written(self, act: Act, value: object, done: Done) -> Any:
        try:
            return self._functions[act.emit](value)
        except Exception as error:
            raise Unfinished(done, f"a payload that cannot be written: {error!r}") from None

    def _info(self, act: Act, variables: VariableValues, context: Context) -> Info:
        raw = GraphQLResolveInfo(
            field_name=act.nodes[0].name.value,
            field_nodes=act.nodes,
            return_type=act.field.type,
            parent_type=self._mutation,
            path=Path(None, act.key, self._mutation.name),
            schema=self._schema,
            fragments=self._fragments,
            root_value=None,
            operation=self._operation,
            variable_values=variables,
            context=context,
            is_awaitable=is_awaitable,
            abort_signal=None,
            async_helpers=_HELPERS,
        )
        return Info(_raw_info=raw, _field=act.declared)


async def _outcome(value: Awaitable[object]) -> Outcome:
    try:
        return Outcome(await value)
    except Exception as error:
        return Outcome(error=error)


async def _gathered(items: Sequence[Awaitable[Any]]) -> list[Any]:
    return list(await asyncio.gather(*items))


_HELPERS = GraphQLResolveInfoHelpers(gather=_gathered, track=lambda _items: None)


def compile_mutation(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    steering: Mapping[str, Any],
) -> MutationPlan:
    """The plan of a mutation whose payloads hold nothing that has to be looked up.

    Raises `Unplannable` with the reason when something does.
    """
    mutation = schema.mutation_type
    if mutation is None:
        raise Unplannable("a schema without mutations")
    selector, code = Selector.of(schema, document, steering), Writer()
    writer = ObjectWriter(selector, code, _pointed)
    acts = {
        key: _act(schema, writer, code, mutation, key, nodes)
        for key, nodes in selector.root(mutation, operation).items()
    }
    return MutationPlan(schema, mutation, operation, selector, acts, code)


def _act(
    schema: GraphQLSchema,
    writer: ObjectWriter,
    code: Writer,
    mutation: GraphQLObjectType,
    key: str,
    nodes: list[FieldNode],
) -> Act | None:
    """A root field; None for the name of the type."""
    name = nodes[0].name.value
    if name == "__typename":
        return None
    if name.startswith("__"):
        raise Unplannable("introspection")
    field = mutation.fields[name]
    call = _resolver_of(name, field.extensions[DEFINITION])
    emit = code.function("payload", "o", [f"return {writer.value(field.type, nodes, 'o')}"])
    return Act(key, nodes, field, Inputs(schema, field), call, emit)


def _resolver_of(name: str, declared: StrawberryField) -> Callable[..., Awaitable[object]]:
    """The function a field was declared with, when that is all there is to call."""
    resolver = declared.base_resolver
    called = None if resolver is None else resolver.wrapped_func
    if declared.extensions or not iscoroutinefunction(called):
        raise Unplannable(f"Mutation.{name} is more than a coroutine")
    if list(signature(called).parameters)[:2] != ["self", "info"]:
        raise Unplannable(f"Mutation.{name} is called otherwise")
    return called


def _pointed(*_arguments: object) -> str:
    raise Unplannable("a row that the payload only points to")
