"""Puts the types of all nouns together into one executable schema."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import strawberry
from graphql import GraphQLError, GraphQLSchema
from strawberry.extensions import (
    AddValidationRules,
    MaxTokensLimiter,
    ParserCache,
    SchemaExtension,
    ValidationCache,
)
from strawberry.schema.config import StrawberryConfig

from schema import texts
from schema.accounts.mutations import AccountMutations
from schema.accounts.queries import AccountQueries
from schema.archives.mutations import ArchiveMutations
from schema.archives.queries import ArchiveQueries
from schema.changes.subscriptions import ChangeSubscriptions
from schema.errors import present_errors
from schema.farm_events.subscriptions import FarmEventSubscriptions
from schema.limits import MAX_TOKENS, Limits
from schema.metrics import CountOperations
from schema.print_queue.mutations import QueueMutations
from schema.print_queue.queries import QueueQueries
from schema.printers.mutations import PrinterMutations
from schema.printers.queries import PrinterQueries
from schema.printers.subscriptions import PrinterSubscriptions
from schema.projects.mutations import ProjectMutations
from schema.projects.queries import ProjectQueries
from schema.scalars import SCALARS
from schema.spools.mutations import SpoolMutations
from schema.spools.queries import SpoolQueries
from schema.statistics.queries import StatisticsQueries
from schema.system.queries import SystemQueries

CACHED_DOCUMENTS = 1_000


@strawberry.type(description="Everything that can be read.")
class Query(
    AccountQueries,
    SystemQueries,
    PrinterQueries,
    ArchiveQueries,
    ProjectQueries,
    QueueQueries,
    SpoolQueries,
    StatisticsQueries,
):
    pass


@strawberry.type(description="Everything that can be changed; one field is one action.")
class Mutation(
    AccountMutations,
    PrinterMutations,
    ArchiveMutations,
    ProjectMutations,
    QueueMutations,
    SpoolMutations,
):
    pass


@strawberry.type(description="Everything that can be followed live.")
class Subscription(PrinterSubscriptions, FarmEventSubscriptions, ChangeSubscriptions):
    pass


class OperationLimits(AddValidationRules):
    """One class with rules made once: a new rule per request would defeat the caches."""

    def __init__(self) -> None:
        super().__init__([Limits])


def _max_tokens() -> SchemaExtension:
    return MaxTokensLimiter(max_token_count=MAX_TOKENS)


def _parser_cache() -> SchemaExtension:
    return ParserCache(maxsize=CACHED_DOCUMENTS)


def _validation_cache() -> SchemaExtension:
    return ValidationCache(maxsize=CACHED_DOCUMENTS)


class FarmSchema(strawberry.Schema):
    """Presents every error before it leaves, whichever way the operation came in."""

    @property
    def graphql(self) -> GraphQLSchema:
        """The schema as graphql-core knows it."""
        found: GraphQLSchema = self._schema
        return found

    def process_errors(self, errors: Sequence[GraphQLError], execution_context: Any = None) -> None:
        """Give errors their codes and hide what is inside; unexpected ones are logged."""
        present_errors(errors, getattr(execution_context, "context", None))


schema = FarmSchema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    config=StrawberryConfig(scalar_map=SCALARS),
    extensions=[_parser_cache, _validation_cache, _max_tokens, OperationLimits, CountOperations],
)
texts.describe(schema.graphql)
