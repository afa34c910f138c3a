"""Root fields of projects."""

from enum import Enum

import strawberry

from app.accounts.models import Scope
from app.keyset import Order
from app.projects import queries
from app.projects.models import ProjectStatus
from schema.archives.connections import OrderDirection
from schema.context import Info
from schema.fields import about
from schema.ids import integer_id
from schema.listings import Listed, Listing
from schema.pagination import Connection
from schema.plans.sources import One, planned
from schema.projects.types import Project

# No row has it: what no team can be called by finds nothing.
NO_TEAM = 0


@strawberry.enum(description="What projects can be sorted by.")
class ProjectOrderField(Enum):
    CREATED_AT = "created_at"
    UPDATED_AT = "updated_at"
    NAME = "name"


@strawberry.input(description="How projects are sorted; ties are broken by id.")
class ProjectOrder:
    field: ProjectOrderField = about("By what.", default=ProjectOrderField.CREATED_AT)
    direction: OrderDirection = about("Which way.", default=OrderDirection.DESC)


@strawberry.input(description="Which projects; all conditions hold.")
class ProjectFilter:
    team_id: strawberry.ID | None = about(
        "In this team, for who asks across several.", default=None
    )
    status: ProjectStatus | None = about("With this status.", default=None)
    search: str | None = about("Every word occurs in name or description.", default=None)


def _wanted(filter: ProjectFilter | None) -> queries.ProjectFilter:
    if filter is None:
        return queries.ProjectFilter()
    team_id = None
    if filter.team_id is not None:
        team_id = integer_id(filter.team_id, "Team") or NO_TEAM
    return queries.ProjectFilter(filter.status, filter.search, team_id)


def ordering(wanted: ProjectOrder | None) -> Order:
    """The order as the domain knows it."""
    wanted = wanted or ProjectOrder()
    return queries.ORDERS[wanted.field.value, wanted.direction is OrderDirection.DESC]


LISTING = Listing(
    listed=queries.listed,
    counted=queries.counted,
    wanted=lambda _context, given: _wanted(given),
    order=ordering,
)


@strawberry.type
class ProjectQueries:
    @strawberry.field(
        description="One project; null when there is none with this id.",
        metadata=planned(One(lambda given: integer_id(given["id"], "Project"))),
    )
    async def project(self, info: Info, id: strawberry.ID) -> Project | None:
        info.context.viewer.require(Scope.READ)
        row = await info.context.loaders.projects.get(integer_id(id, "Project"))
        return None if row is None else Project.of(row)

    @strawberry.field(description="The projects, newest first.", metadata=planned(Listed(LISTING)))
    async def projects(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        offset: int | None = None,
        filter: ProjectFilter | None = None,
        order_by: ProjectOrder | None = None,
    ) -> Connection[Project]:
        return await LISTING.page(
            info.context,
            Project.of,
            first=first,
            after=after,
            last=last,
            before=before,
            offset=offset,
            filter=filter,
            order_by=order_by,
        )
