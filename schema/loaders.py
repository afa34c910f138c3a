"""Relations in batches: however many rows a list has, each relation costs one statement."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import date
from decimal import Decimal
from typing import Any, Generic, TypeVar
from uuid import UUID

from aiodataloader import DataLoader

from app.accounts import queries as accounts
from app.accounts import team_queries
from app.accounts.models import Membership, Team, User
from app.archives import queries as archives
from app.archives.models import Archive, FilamentUse
from app.archives.queries import ArchiveFilter
from app.data_files import queries as data_files
from app.data_files.models import DataFile
from app.database import ReadSession
from app.keyset import Order
from app.plates import queries as plates
from app.plates.models import Plate
from app.print_queue import listing
from app.print_queue import queries as queue
from app.print_queue.facts import KnownQueue, queue_of_teams
from app.print_queue.models import Dispatch, QueueItem
from app.print_queue.queries import QueueFilter
from app.printers import queries as printers
from app.printers.models import Printer
from app.production import queries as production
from app.production.models import ProductionRun, RunItem, RunMaterial
from app.production.orders import NEWEST_FIRST as NEWEST_RUNS_FIRST
from app.products import costs
from app.products import queries as products
from app.products.costs import ProductCost
from app.products.models import Product, ProductComponent, ProductMaterial
from app.projects import queries as projects
from app.projects.models import Project
from app.records import record
from app.spools import places as spool_places
from app.spools import queries as spools
from app.spools.models import InventoryTransaction, Spool, SpoolAssignment
from app.statistics import queries as statistics
from app.statistics.queries import Period, Totals
from app.webhooks import queries as webhooks
from app.webhooks.models import Webhook, WebhookDelivery

Key = TypeVar("Key")
Found = TypeVar("Found")
Read = Callable[[], AbstractAsyncContextManager[ReadSession]]
Fetch = Callable[[ReadSession, Collection[Key]], Awaitable[Mapping[Key, Found]]]
MAX_BATCH = 500


class Batch(Generic[Key, Found]):
    """Loads many keys in one statement and one short session of its own."""

    def __init__(self, read: Read, fetch: Fetch[Key, Found]) -> None:
        async def load(keys: list[Key]) -> list[Found | None]:
            async with read() as session:
                found = await fetch(session, keys)
            return [found.get(key) for key in keys]

        self._loader: DataLoader[Any, Any] = DataLoader(load, max_batch_size=MAX_BATCH)

    async def get(self, key: Key | None) -> Found | None:
        """The row of a key, None without one. A waiter that is cancelled does not harm others."""
        if key is None:
            return None
        found: Found | None = await asyncio.shield(self._loader.load(key))
        return found


@record
class ArchivesOf:
    """The first archives of one printer or project, as a key of a batch."""

    column: str
    parent: int
    wanted: ArchiveFilter
    order: Order
    limit: int


@record
class ArchiveCountOf:
    """The number of archives of one printer or project, as a key of a batch."""

    column: str
    parent: int
    wanted: ArchiveFilter


@record
class QueueOf:
    """The first queue items of one printer, as a key of a batch."""

    printer_id: int
    wanted: QueueFilter
    limit: int


@record
class QueueCountOf:
    """The number of queue items of one printer, as a key of a batch."""

    printer_id: int
    wanted: QueueFilter


@record
class TransactionsOf:
    """The newest weight changes of one spool, as a key of a batch."""

    spool_id: UUID
    limit: int


@record
class DeliveriesOf:
    """The newest messages of one webhook, as a key of a batch."""

    webhook_id: int
    limit: int


@record
class RunsOf:
    """The newest production runs of one project, as a key of a batch."""

    project_id: int
    limit: int


@record
class MembersOf:
    """The first members of one team, as a key of a batch."""

    team_id: int
    limit: int


class Loaders:
    """One set per operation."""

    def __init__(self, read: Read) -> None:
        self.printers: Batch[int, Printer] = Batch(read, printers.by_ids)
        self.archives: Batch[int, Archive] = Batch(read, archives.by_ids)
        self.projects: Batch[int, Project] = Batch(read, projects.by_ids)
        self.queue_items: Batch[int, QueueItem] = Batch(read, queue.by_ids)
        self.spools: Batch[UUID, Spool] = Batch(read, spools.by_ids)
        self.spool_assignments: Batch[UUID, SpoolAssignment] = Batch(read, spool_places.of_spools)
        self.spools_in_printers: Batch[int, dict[tuple[int | None, int], UUID]] = Batch(
            read, spool_places.of_printers
        )
        self.spools_by_tag: Batch[str, Spool] = Batch(read, spools.by_tags)
        self.products: Batch[UUID, Product] = Batch(read, products.by_ids)
        self.product_materials: Batch[UUID, list[ProductMaterial]] = Batch(
            read, products.materials_of
        )
        self.product_components: Batch[UUID, list[ProductComponent]] = Batch(
            read, products.components_of
        )
        self.product_costs: Batch[UUID, ProductCost] = Batch(read, costs.of_products)
        self.runs: Batch[UUID, ProductionRun] = Batch(read, production.by_ids)
        self.run_items: Batch[UUID, list[RunItem]] = Batch(read, production.items_of)
        self.run_materials: Batch[UUID, list[RunMaterial]] = Batch(read, production.materials_of)
        self.run_queue_items: Batch[UUID, list[QueueItem]] = Batch(read, queue.of_runs)
        self.runs_of: Batch[RunsOf, list[ProductionRun]] = Batch(read, _runs_of)
        self.run_counts: Batch[int, int] = Batch(read, production.counts_of_projects)
        self.teams: Batch[int, Team] = Batch(read, accounts.teams_by_ids)
        self.users: Batch[int, User] = Batch(read, accounts.users_by_ids)
        self.plates: Batch[int, list[Plate]] = Batch(read, plates.of_files)
        self.data_files: Batch[int, DataFile] = Batch(read, data_files.by_ids)
        self.members_of: Batch[MembersOf, list[Membership]] = Batch(read, _members_of)
        self.member_counts: Batch[int, int] = Batch(read, team_queries.member_counts)
        self.filament_uses: Batch[int, list[FilamentUse]] = Batch(read, archives.uses_of)
        self.completed_counts: Batch[int, int] = Batch(read, archives.completed_counts)
        self.archive_counts: Batch[int, int] = Batch(read, archives.archive_counts)
        self.printing_items: Batch[int, QueueItem] = Batch(read, queue.printing_items)
        self.archives_of: Batch[ArchivesOf, list[Archive]] = Batch(read, _archives_of)
        self.archive_counts_of: Batch[ArchiveCountOf, int] = Batch(read, _archive_counts_of)
        self.queue_of: Batch[QueueOf, list[QueueItem]] = Batch(read, _queue_of)
        self.queue_counts_of: Batch[QueueCountOf, int] = Batch(read, _queue_counts_of)
        self.known_queues: Batch[int, KnownQueue] = Batch(read, queue_of_teams)
        self.dispatches: Batch[int, Dispatch] = Batch(read, queue.last_dispatches)
        self.transactions_of: Batch[TransactionsOf, list[InventoryTransaction]] = Batch(
            read, _transactions_of
        )
        self.transaction_counts: Batch[UUID, int] = Batch(read, spools.transaction_counts)
        self.totals: Batch[Period, Totals] = Batch(read, statistics.totals)
        self.days: Batch[Period, list[tuple[date, Totals]]] = Batch(read, statistics.by_day)
        self.materials: Batch[Period, list[tuple[str, int, Decimal]]] = Batch(
            read, statistics.by_material
        )
        self.webhooks: Batch[int, Webhook] = Batch(read, webhooks.by_ids)
        self.deliveries: Batch[int, WebhookDelivery] = Batch(read, webhooks.deliveries_by_ids)
        self.deliveries_of: Batch[DeliveriesOf, list[WebhookDelivery]] = Batch(read, _deliveries_of)
        self.delivery_counts: Batch[int, int] = Batch(read, webhooks.delivery_counts)
        self.waiting_counts: Batch[int, int] = Batch(read, webhooks.waiting_counts)


def _alike(keys: Collection[Any], parent: str) -> dict[tuple[Any, ...], list[Any]]:
    """Keys that differ in their parent alone, together."""
    groups: dict[tuple[Any, ...], list[Any]] = {}
    for key in keys:
        rest = tuple(getattr(key, name) for name in key.__match_args__ if name != parent)
        groups.setdefault(rest, []).append(key)
    return groups


async def _archives_of(
    session: ReadSession, keys: Collection[ArchivesOf]
) -> dict[ArchivesOf, list[Archive]]:
    found: dict[ArchivesOf, list[Archive]] = {}
    for (column, wanted, order, limit), alike in _alike(keys, "parent").items():
        parents = [key.parent for key in alike]
        rows = await archives.first_of_each(session, column, parents, wanted, order, limit)
        found |= {key: rows[key.parent] for key in alike}
    return found


async def _archive_counts_of(
    session: ReadSession, keys: Collection[ArchiveCountOf]
) -> dict[ArchiveCountOf, int]:
    found: dict[ArchiveCountOf, int] = {}
    for (column, wanted), alike in _alike(keys, "parent").items():
        parents = [key.parent for key in alike]
        numbers = await archives.counts_of_each(session, column, parents, wanted)
        found |= {key: numbers.get(key.parent, 0) for key in alike}
    return found


async def _members_of(
    session: ReadSession, keys: Collection[MembersOf]
) -> dict[MembersOf, list[Membership]]:
    found: dict[MembersOf, list[Membership]] = {}
    for (limit,), alike in _alike(keys, "team_id").items():
        rows = await team_queries.first_members(session, [key.team_id for key in alike], limit)
        found |= {key: rows[key.team_id] for key in alike}
    return found


async def _queue_of(
    session: ReadSession, keys: Collection[QueueOf]
) -> dict[QueueOf, list[QueueItem]]:
    found: dict[QueueOf, list[QueueItem]] = {}
    for (wanted, limit), alike in _alike(keys, "printer_id").items():
        parents = [key.printer_id for key in alike]
        rows = await listing.first_of_each(session, parents, wanted, limit)
        found |= {key: rows[key.printer_id] for key in alike}
    return found


async def _queue_counts_of(
    session: ReadSession, keys: Collection[QueueCountOf]
) -> dict[QueueCountOf, int]:
    found: dict[QueueCountOf, int] = {}
    for (wanted,), alike in _alike(keys, "printer_id").items():
        numbers = await queue.counts_of_each(session, [key.printer_id for key in alike], wanted)
        found |= {key: numbers.get(key.printer_id, 0) for key in alike}
    return found


async def _runs_of(
    session: ReadSession, keys: Collection[RunsOf]
) -> dict[RunsOf, list[ProductionRun]]:
    found: dict[RunsOf, list[ProductionRun]] = {}
    for (limit,), alike in _alike(keys, "project_id").items():
        projects = [key.project_id for key in alike]
        rows = await production.first_of_projects(session, projects, NEWEST_RUNS_FIRST, limit)
        found |= {key: rows[key.project_id] for key in alike}
    return found


async def _transactions_of(
    session: ReadSession, keys: Collection[TransactionsOf]
) -> dict[TransactionsOf, list[InventoryTransaction]]:
    found: dict[TransactionsOf, list[InventoryTransaction]] = {}
    for (limit,), alike in _alike(keys, "spool_id").items():
        rows = await spools.first_transactions(session, [key.spool_id for key in alike], limit)
        found |= {key: rows[key.spool_id] for key in alike}
    return found


async def _deliveries_of(
    session: ReadSession, keys: Collection[DeliveriesOf]
) -> dict[DeliveriesOf, list[WebhookDelivery]]:
    found: dict[DeliveriesOf, list[WebhookDelivery]] = {}
    for (limit,), alike in _alike(keys, "webhook_id").items():
        rows = await webhooks.first_deliveries(session, [key.webhook_id for key in alike], limit)
        found |= {key: rows[key.webhook_id] for key in alike}
    return found
