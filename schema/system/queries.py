"""Root fields about the server itself, and nodes by id."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import strawberry

from app import __version__
from app.accounts.models import Scope
from app.archives import queries as archives
from app.database import database_size
from app.errors import Invalid
from schema.accounts.types import Team
from schema.archives.types import Archive
from schema.context import Context, Info
from schema.data_files.types import DataFile
from schema.fields import about
from schema.ids import integer_id, split_id, uuid_id
from schema.nodes import Node
from schema.plans.sources import OneOf, planned
from schema.print_queue.types import QueueItem
from schema.printers.types import Printer
from schema.production.types import ProductionRun
from schema.products.types import Product
from schema.projects.types import Project
from schema.scalars import Seconds
from schema.spools.types import Spool
from schema.webhooks.types import Webhook

MAX_NODES = 100


@strawberry.type(description="The server itself.")
class System:
    version: str = about("Version of the server.")
    started_at: datetime = about("When this process started.")
    uptime: Seconds = about("How long this process has been running.")

    @strawberry.field(description="Archives of the team.")
    async def archive_count(self, info: Info) -> int:
        async with info.context.read() as session:
            return await archives.count(session, archives.ArchiveFilter())

    @strawberry.field(description="Size of the whole database in bytes.")
    async def database_bytes(self, info: Info) -> float:
        async with info.context.read() as session:
            return float(await database_size(session))


async def _team(context: Context, key: str) -> Team | None:
    team_id = integer_id(key, "Team")
    if team_id is None or not context.viewer.sees_team(team_id):
        return None
    row = await context.loaders.teams.get(team_id)
    return None if row is None else Team.of(row)


async def _webhook(context: Context, gid: str) -> Webhook | None:
    context.viewer.require(Scope.ADMIN)
    row = await context.loaders.webhooks.get(integer_id(gid, "Webhook"))
    return None if row is None else Webhook.of(row)


def _of(kind: str, loader: str, present: Callable[[Any], Node], parse: Any) -> Any:
    async def load(context: Context, gid: str) -> Node | None:
        row = await getattr(context.loaders, loader).get(parse(gid, kind))
        return None if row is None else present(row)

    return load


# One row per type that `node` can find.
_NODES: dict[str, Callable[[Context, str], Awaitable[Node | None]]] = {
    "Printer": _of("Printer", "printers", Printer.of, integer_id),
    "Archive": _of("Archive", "archives", Archive.of, integer_id),
    "Project": _of("Project", "projects", Project.of, integer_id),
    "QueueItem": _of("QueueItem", "queue_items", QueueItem.of, integer_id),
    "ProductionRun": _of("ProductionRun", "runs", ProductionRun.of, uuid_id),
    "Product": _of("Product", "products", Product.of, uuid_id),
    "Spool": _of("Spool", "spools", Spool.of, uuid_id),
    "DataFile": _of("DataFile", "data_files", DataFile.of, integer_id),
    "Team": _team,
    "Webhook": _webhook,
}


async def find_node(context: Context, gid: str) -> Node | None:
    """The node of a global id; None when there is none for this team."""
    parts = split_id(gid)
    loader = _NODES.get(parts[0]) if parts else None
    return None if loader is None else await loader(context, gid)


@strawberry.type
class SystemQueries:
    @strawberry.field(
        description="Anything by its global id; null when there is nothing.",
        metadata=planned(
            OneOf(
                dict.fromkeys(("Printer", "Archive", "Project", "QueueItem"), integer_id)
                | dict.fromkeys(("ProductionRun", "Product", "Spool"), uuid_id)
            )
        ),
    )
    async def node(self, info: Info, id: strawberry.ID) -> Node | None:
        info.context.viewer.require(Scope.READ)
        return await find_node(info.context, id)

    @strawberry.field(description="Several things by their global ids, in the order asked.")
    async def nodes(self, info: Info, ids: list[strawberry.ID]) -> list[Node | None]:
        info.context.viewer.require(Scope.READ)
        if len(ids) > MAX_NODES:
            raise Invalid(f"At most {MAX_NODES} ids at once.", field="ids")
        return list(await asyncio.gather(*(find_node(info.context, id) for id in ids)))

    @strawberry.field(description="The server itself.")
    def system(self, info: Info) -> System:
        info.context.viewer.require(Scope.READ)
        started_at = info.context.runtime.started_at
        return System(
            version=__version__,
            started_at=started_at,
            uptime=Seconds(int(time.time() - started_at.timestamp())),
        )
