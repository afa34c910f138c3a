"""Projects."""

from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.archives import models as archives
from app.archives import queries
from app.production.models import ProductionRun as RunRow
from app.projects import models
from app.projects.models import ProjectStatus, Visibility
from schema.accounts.types import Team
from schema.archives.connections import LISTING, ArchiveFilter, ArchiveOrder, archives_of
from schema.context import Info
from schema.fields import about
from schema.ids import global_id
from schema.listings import ListedOf, NumberOf
from schema.nodes import Node
from schema.pagination import Connection
from schema.plans.sources import Column, ToOne, planned, shows
from schema.production.connections import LISTING as RUNS
from schema.production.connections import runs_of_project
from schema.scalars import Json

if TYPE_CHECKING:
    from schema.archives.types import Archive
    from schema.production.types import ProductionRun


COMPLETED = queries.ArchiveFilter(statuses=frozenset({archives.ArchiveStatus.SUCCESS}))


def _progress(done: int, target: int | None) -> float | None:
    if target is None:
        return None
    percent = Decimal(done * 100) / target
    return float(percent.quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN))


@shows(models.Project)
@strawberry.type(description="Prints that belong together, towards a target.")
class Project(Node):
    row: strawberry.Private[models.Project]
    database_id: int = about("The number older APIs use.", source=Column("id"))
    name: str = about("Name.")
    description: str | None = about("What it is about.")
    color: str | None = about("Colour, `#rrggbb`.")
    status: ProjectStatus = about("How it stands.")
    target_count: int | None = about("Successful prints that complete it.")
    settings: Json = about("A free JSON object that is kept with it.")
    visibility: Visibility = about("Whom it is meant for.")
    created_at: datetime = about("When it was made.")
    updated_at: datetime = about("When it was last changed.")

    @classmethod
    def of(cls, row: models.Project) -> "Project":
        return cls(
            row=row,
            id=global_id("Project", row.id),
            database_id=row.id,
            name=row.name,
            description=row.description,
            color=row.color,
            status=row.status,
            target_count=row.target_count,
            settings=Json(row.settings),
            visibility=row.visibility,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )

    @strawberry.field(
        description="Successful prints so far.",
        metadata=planned(NumberOf(LISTING, archives.Archive.project_id, COMPLETED)),
    )
    async def completed_count(self, info: Info) -> int:
        return await info.context.loaders.completed_counts.get(self.row.id) or 0

    @strawberry.field(
        description="Archives of every status.",
        metadata=planned(NumberOf(LISTING, archives.Archive.project_id, queries.ArchiveFilter())),
    )
    async def archive_count(self, info: Info) -> int:
        return await info.context.loaders.archive_counts.get(self.row.id) or 0

    @strawberry.field(
        description="Completed in percent of the target; null without a target.",
        metadata=planned(
            NumberOf(LISTING, archives.Archive.project_id, COMPLETED, _progress, ("target_count",))
        ),
    )
    async def progress(self, info: Info) -> float | None:
        if self.row.target_count is None:
            return None
        done = await info.context.loaders.completed_counts.get(self.row.id)
        return _progress(done or 0, self.row.target_count)

    @strawberry.field(description="The team it belongs to.", metadata=planned(ToOne("team_id")))
    async def team(self, info: Info) -> Team:
        row = await info.context.loaders.teams.get(self.row.team_id)
        if row is None:
            raise RuntimeError("a project without its team")
        return Team.of(row)

    @strawberry.field(
        description="Its archives.",
        metadata=planned(ListedOf(LISTING, archives.Archive.project_id)),
    )
    async def archives(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        filter: ArchiveFilter | None = None,
        order_by: ArchiveOrder | None = None,
    ) -> Connection[Annotated["Archive", strawberry.lazy("schema.archives.types")]]:
        return await archives_of(
            info.context, "project_id", self.row.id, first, after, filter, order_by
        )

    @strawberry.field(
        description="Its production runs, newest first.",
        metadata=planned(ListedOf(RUNS, RunRow.project_id)),
    )
    async def production_runs(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        offset: int | None = None,
    ) -> Connection[Annotated["ProductionRun", strawberry.lazy("schema.production.types")]]:
        return await runs_of_project(info.context, self.row.id, first, after, offset)
