"""Who asks: viewer, user, team, keys."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.accounts import models, queries, team_queries
from app.accounts.models import Plan, Role, Scope
from app.accounts.viewer import Viewer as AuthenticatedViewer
from schema.context import Info
from schema.fields import about
from schema.ids import global_id
from schema.nodes import Node
from schema.pagination import Connection, window
from schema.plans.sources import ToOne, planned, shows
from schema.teams.listing import members_of

if TYPE_CHECKING:
    from schema.teams.types import Invitation, TeamMember


@shows(models.Team)
@strawberry.type(description="The tenant: every row of the farm belongs to exactly one team.")
class Team(Node):
    key: strawberry.Private[int]
    name: str = about("Name of the team.")
    uid: strawberry.ID = about("The UUID that older APIs call the tenant id.")
    queue_paused: bool = about("Whether the whole print queue is paused.")
    created_at: datetime = about("When it was made.")

    @classmethod
    def of(cls, row: models.Team) -> "Team":
        return cls(
            id=global_id("Team", row.id),
            name=row.name,
            uid=strawberry.ID(str(row.uid)),
            queue_paused=row.queue_paused,
            created_at=row.created_at,
            key=row.id,
        )

    @strawberry.field(description="Who is in it, the oldest membership first.")
    async def members(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        offset: int | None = None,
    ) -> Connection[Annotated["TeamMember", strawberry.lazy("schema.teams.types")]]:
        asked = window(
            info.context, first=first, after=after, last=last, before=before, offset=offset
        )
        return await members_of(info.context, self.key, asked)

    @strawberry.field(
        description="Open invitations, newest first; none of a team that this credential does "
        "not act in. Needs the scope ADMIN."
    )
    async def invitations(
        self, info: Info
    ) -> list[Annotated["Invitation", strawberry.lazy("schema.teams.types")]]:
        from schema.teams.types import Invitation

        info.context.viewer.require(Scope.ADMIN)
        async with info.context.read() as session:
            rows = await team_queries.invitations(session, self.key)
        return [Invitation.of(row) for row in rows]


@shows(models.User)
@strawberry.type(description="A person.")
class User(Node):
    uid: strawberry.ID = about("The UUID that older APIs use.")
    email: str = about("E-mail, in lower case.")
    name: str | None = about("The person's name.")
    created_at: datetime = about("When the account was made.")

    @classmethod
    def of(cls, row: models.User) -> "User":
        return cls(
            id=global_id("User", row.id),
            uid=strawberry.ID(str(row.uid)),
            email=row.email,
            name=row.name,
            created_at=row.created_at,
        )


@strawberry.type(description="A key of the team. Its value was shown once and is not known.")
class ApiKey(Node):
    name: str = about("What it is for.")
    prefix: str = about("How its value begins.")
    scopes: list[Scope] = about("What it may do, within the role of its owner.")
    plan: Plan = about("Its request allowance.")
    created_at: datetime = about("When it was made.")
    expires_at: datetime | None = about("When it stops working.")
    last_used_at: datetime | None = about("When it was last used, exact to a minute.")
    revoked_at: datetime | None = about("When it was revoked.")

    @classmethod
    def of(cls, row: models.ApiKey) -> "ApiKey":
        return cls(
            id=global_id("ApiKey", row.id),
            name=row.name,
            prefix=row.prefix,
            scopes=[Scope(scope) for scope in row.scopes],
            plan=row.plan,
            created_at=row.created_at,
            expires_at=row.expires_at,
            last_used_at=row.last_used_at,
            revoked_at=row.revoked_at,
        )


@strawberry.type(description="Who asks, in which team, with which permissions.")
class Viewer:
    role: Role = about("Role in the team.")
    plan: Plan = about("The request allowance of this credential.")
    scopes: list[Scope] = about("What this credential may do.")
    user_id: strawberry.Private[int]
    team_id: strawberry.Private[int]

    @strawberry.field(
        description="The user behind the credential.", metadata=planned(ToOne("user_id"))
    )
    async def user(self, info: Info) -> User:
        profile = await info.context.runtime.accounts.profile(info.context.viewer)
        return User.of(profile.user)

    @strawberry.field(
        description="The team this credential acts in.", metadata=planned(ToOne("team_id"))
    )
    async def team(self, info: Info) -> Team:
        profile = await info.context.runtime.accounts.profile(info.context.viewer)
        return Team.of(profile.team)

    @strawberry.field(
        description="Every team this credential can act in: those of the user who signed in, "
        "the oldest membership first; of a key its own alone."
    )
    async def teams(self, info: Info) -> list[Team]:
        viewer = info.context.viewer
        ids = [team_id for team_id, _role in viewer.teams] or [viewer.team_id]
        rows = [await info.context.loaders.teams.get(team_id) for team_id in ids]
        return [Team.of(row) for row in rows if row is not None]

    @strawberry.field(description="The keys of the team, newest first. Needs the scope ADMIN.")
    async def api_keys(self, info: Info) -> list[ApiKey]:
        info.context.viewer.require(Scope.ADMIN)
        async with info.context.read() as session:
            return [ApiKey.of(row) for row in await queries.keys_of_team(session)]


def present(viewer: AuthenticatedViewer) -> Viewer:
    """Who asks, as the schema shows it."""
    return Viewer(
        role=viewer.role,
        plan=viewer.plan,
        scopes=[item for item in Scope if item in viewer.scopes],
        user_id=viewer.user_id,
        team_id=viewer.team_id,
    )
