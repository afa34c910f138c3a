"""Root fields of teams."""

import strawberry

from app.accounts import models, team_queries
from app.accounts.models import Scope
from app.keyset import Page
from schema.accounts.types import Team
from schema.context import Info
from schema.ids import integer_id
from schema.pagination import Connection, connection, window


@strawberry.type
class TeamQueries:
    @strawberry.field(description="A team that this credential acts in; null for any other.")
    async def team(self, info: Info, id: strawberry.ID) -> Team | None:
        viewer = info.context.viewer
        viewer.require(Scope.READ)
        team_id = integer_id(id, "Team")
        if team_id is None or not viewer.sees_team(team_id):
            return None
        row = await info.context.loaders.teams.get(team_id)
        return None if row is None else Team.of(row)

    @strawberry.field(
        description="The teams whose rows this credential sees: its own, or with `X-Team: all` "
        "every one of the person who signed in. The oldest first."
    )
    async def teams(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        offset: int | None = None,
    ) -> Connection[Team]:
        context = info.context
        context.viewer.require(Scope.READ)
        asked = window(context, first=first, after=after, last=last, before=before, offset=offset)
        ids = context.viewer.reach or frozenset({context.viewer.team_id})

        async def count() -> int:
            return len(ids)

        async with context.read() as session:
            page: Page[models.Team] = await team_queries.page(session, ids, asked)
        return connection(page, Team.of, count)
