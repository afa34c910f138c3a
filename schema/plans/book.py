"""The plans of one document: which operations have one, and why others do not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

import structlog
from graphql import DocumentNode, GraphQLSchema, OperationDefinitionNode, OperationType
from sqlalchemy import Dialect

from app.database import Database
from app.errors import DomainError
from app.tallies import Counts
from schema.context import Context
from schema.plans.compiler import compile_plan
from schema.plans.mutations import MutationPlan, Unfinished, compile_mutation
from schema.plans.plan import Plan
from schema.plans.selection import steering_variables
from schema.plans.sources import Unplannable
from schema.plans.statements import Statements

log = structlog.get_logger(__name__)
# Ways through the directives of one document that are remembered.
MAX_VARIANTS = 16
FAILED = "a value cannot be computed"
_runs = Counts(
    "spoolgraph_graphql_plans", "Queries and mutations by who answered.", ["answered_by"]
)
_by_plan, _by_resolvers = _runs.of("plan"), _runs.of("resolvers")

_statements: WeakKeyDictionary[Database, Statements] = WeakKeyDictionary()


def _statements_of(database: Database) -> Statements:
    found = _statements.get(database)
    if found is None:
        found = _statements[database] = Statements(database.read_engine.dialect)
    return found


AnyPlan = Plan | MutationPlan


class Plans:
    """Compiles an operation when it is first asked for, per way its directives are steered."""

    def __init__(self) -> None:
        self._steering: frozenset[str] | None = None
        self._known: dict[object, AnyPlan | str] = {}

    def of(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        variables: Mapping[str, Any],
        dialect: Dialect,
    ) -> AnyPlan:
        """The plan of an operation; raises `Unplannable` when the resolvers have to answer."""
        if self._steering is None:
            self._steering = steering_variables(document)
        steering = _steered(operation, self._steering, variables)
        if steering is None:
            raise Unplannable("a directive without a value")
        key = (id(operation), dialect.name, *steering.items())
        if key not in self._known:
            if len(self._known) >= MAX_VARIANTS:
                raise Unplannable("too many ways through the directives")
            self._known[key] = self._compile(schema, document, operation, steering, dialect)
        found = self._known[key]
        if isinstance(found, str):
            raise Unplannable(found)
        return found

    def _compile(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        steering: Mapping[str, bool],
        dialect: Dialect,
    ) -> AnyPlan | str:
        """The plan, or why there is none."""
        try:
            if operation.operation is OperationType.MUTATION:
                return compile_mutation(schema, document, operation, steering)
            return compile_plan(schema, document, operation, steering, dialect)
        except (Unplannable, KeyError) as reason:
            return str(reason)


def _steered(
    operation: OperationDefinitionNode, names: frozenset[str], variables: Mapping[str, Any]
) -> dict[str, bool] | None:
    """The values of the steering variables; None when one is not there or not a boolean."""
    found: dict[str, bool] = {}
    for definition in (operation.variable_definitions or ()) if names else ():
        name = definition.variable.name.value
        if name in names:
            value = variables.get(name, getattr(definition.default_value, "value", None))
            if not isinstance(value, bool):
                return None
            found[name] = value
    return found


async def planned_data(
    plans: Plans,
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any] | None,
    context: object,
) -> dict[str, Any] | None:
    """The data of an operation by its plan; None when the resolvers have to answer.

    A plan that meets anything unusual leaves the answer to the resolvers, errors included: they
    say what is wrong, and where. A mutation of which something was executed raises `Unfinished`.
    """
    if not isinstance(context, Context) or context.viewer.reach or not context.planned:
        return None
    database = context.runtime.database
    statements = _statements_of(database)
    data: dict[str, Any] | None = None
    try:
        plan = plans.of(schema, document, operation, variables or {}, statements.dialect)
        data = await plan.run(context, variables, database.rows, statements)
    except (Unplannable, DomainError) as reason:
        context.unplanned = str(reason)
        log.debug("no plan", reason=context.unplanned)
    except ArithmeticError as error:
        context.unplanned = FAILED
        log.warning("a plan failed, the resolvers answer", error=repr(error))
    except Unfinished as reason:
        context.unplanned = str(reason)
        _by_resolvers.add()
        raise
    (_by_resolvers if data is None else _by_plan).add()
    return data
