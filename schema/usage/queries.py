"""What the team used."""

from datetime import datetime

import strawberry

from app.accounts.models import Scope
from app.projects import queries as projects
from app.usage import queries
from app.usage.queries import Granularity
from schema.context import Info
from schema.fields import about


@strawberry.type(description="What was used in one hour, day, week or month.")
class UsagePoint:
    start: datetime = about("When it begins; a week begins on Monday.")
    api_calls: int = about("Requests, of every kind.")
    data_processed: float = about("Bytes of files that were given.")
    projects_created: int = about("Projects that were made.")

    @classmethod
    def of(cls, point: queries.Point) -> "UsagePoint":
        return cls(
            start=point.start,
            api_calls=point.api_calls,
            data_processed=float(point.data_processed),
            projects_created=point.projects_created,
        )


@strawberry.type(description="What the team used in a period. Exact to a second ago.")
class Usage:
    points: list[UsagePoint] = about("In order, those without use too.")
    granularity: Granularity = about("The steps of the points.")
    total_api_calls: float = about("Requests in the period.")
    total_data_processed: float = about("Bytes in the period.")

    @strawberry.field(description="Projects there are now.")
    async def total_projects(self, info: Info) -> int:
        async with info.context.read() as session:
            return await projects.count(session, projects.ProjectFilter())


@strawberry.input(description="Which period, and in which steps.")
class UsageFilter:
    start: datetime | None = about(
        "From here; thirty days before the end without it.", default=None
    )
    end: datetime | None = about("Until here; now without it.", default=None)
    granularity: Granularity = about("In which steps.", default=Granularity.DAY)


@strawberry.type
class UsageQueries:
    @strawberry.field(description="What the team used.")
    async def usage(self, info: Info, filter: UsageFilter | None = None) -> Usage:
        info.context.viewer.require(Scope.READ)
        asked = filter or UsageFilter()
        period = queries.period(asked.start, asked.end, asked.granularity)
        async with info.context.read() as session:
            found = await queries.points(session, period)
        return Usage(
            granularity=asked.granularity,
            points=[UsagePoint.of(point) for point in found],
            total_api_calls=float(sum(point.api_calls for point in found)),
            total_data_processed=float(sum(point.data_processed for point in found)),
        )
