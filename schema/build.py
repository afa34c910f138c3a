"""Puts the types of all nouns together into one executable schema."""

import strawberry
from strawberry.schema.config import StrawberryConfig

from schema import texts
from schema.accounts.mutations import AccountMutations
from schema.accounts.profile import ProfileMutations
from schema.accounts.queries import AccountQueries
from schema.accounts.sign_in import SignInMutations
from schema.archives.mutations import ArchiveMutations
from schema.archives.queries import ArchiveQueries
from schema.archives.uploads import ArchiveUploadMutations
from schema.camera.mutations import CameraMutations
from schema.changes.subscriptions import ChangeSubscriptions
from schema.data_files.fields import DataFileMutations, DataFileQueries
from schema.farm_events.subscriptions import FarmEventSubscriptions
from schema.farm_schema import FarmSchema
from schema.oauth.fields import OAuthMutations, OAuthQueries
from schema.plans.mutations import let_go_on
from schema.print_queue.editing import QueueEditingMutations
from schema.print_queue.mutations import QueueMutations
from schema.print_queue.queries import QueueQueries
from schema.printers.mutations import PrinterMutations
from schema.printers.queries import PrinterQueries
from schema.printers.subscriptions import PrinterSubscriptions
from schema.production.ending_mutations import ProductionEndingMutations
from schema.production.line_mutations import RunLineMutations
from schema.production.mutations import ProductionMutations
from schema.production.queries import ProductionQueries
from schema.production.queue_mutations import ProductionQueueMutations
from schema.products.line_mutations import ProductLineMutations
from schema.products.mutations import ProductMutations
from schema.products.queries import ProductQueries
from schema.projects.mutations import ProjectMutations
from schema.projects.queries import ProjectQueries
from schema.scalars import SCALARS
from schema.spools.importing import SpoolImportMutations
from schema.spools.mutations import SpoolMutations
from schema.spools.places import SpoolPlaceMutations
from schema.spools.queries import SpoolQueries
from schema.statistics.queries import StatisticsQueries
from schema.system.queries import SystemQueries
from schema.teams.mutations import TeamMutations
from schema.teams.queries import TeamQueries
from schema.usage.queries import UsageQueries
from schema.webhooks.mutations import WebhookMutations
from schema.webhooks.queries import WebhookQueries


@strawberry.type(description="Everything that can be read.")
class Query(
    AccountQueries,
    TeamQueries,
    OAuthQueries,
    UsageQueries,
    DataFileQueries,
    SystemQueries,
    PrinterQueries,
    ArchiveQueries,
    ProjectQueries,
    QueueQueries,
    SpoolQueries,
    ProductQueries,
    ProductionQueries,
    StatisticsQueries,
    WebhookQueries,
):
    pass


@strawberry.type(description="Everything that can be changed; one field is one action.")
class Mutation(
    AccountMutations,
    SignInMutations,
    ProfileMutations,
    DataFileMutations,
    TeamMutations,
    OAuthMutations,
    PrinterMutations,
    CameraMutations,
    ArchiveMutations,
    ArchiveUploadMutations,
    ProjectMutations,
    QueueMutations,
    QueueEditingMutations,
    SpoolMutations,
    SpoolImportMutations,
    SpoolPlaceMutations,
    ProductMutations,
    ProductLineMutations,
    ProductionMutations,
    ProductionEndingMutations,
    ProductionQueueMutations,
    RunLineMutations,
    WebhookMutations,
):
    pass


@strawberry.type(description="Everything that can be followed live.")
class Subscription(PrinterSubscriptions, FarmEventSubscriptions, ChangeSubscriptions):
    pass


schema = FarmSchema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    config=StrawberryConfig(scalar_map=SCALARS),
)
texts.describe(schema.graphql)
let_go_on(schema.graphql)
