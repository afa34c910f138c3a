"""Who is in a team, and who is asked into it."""

from datetime import datetime

import strawberry

from app.accounts import models
from app.accounts.models import Role
from schema.accounts.types import User
from schema.context import Info
from schema.fields import about
from schema.ids import global_id
from schema.nodes import Node


@strawberry.type(description="A person in a team.")
class TeamMember(Node):
    row: strawberry.Private[models.Membership]
    role: Role = about("What they may do in it.")
    joined_at: datetime = about("Since when.")

    @classmethod
    def of(cls, row: models.Membership) -> "TeamMember":
        return cls(
            row=row, id=global_id("TeamMember", row.id), role=row.role, joined_at=row.created_at
        )

    @strawberry.field(description="The person.")
    async def user(self, info: Info) -> User:
        row = await info.context.loaders.users.get(self.row.user_id)
        if row is None:
            raise RuntimeError("a membership without its user")
        return User.of(row)


@strawberry.type(description="A person without an account who is asked into a team.")
class Invitation(Node):
    email: str = about("E-mail, in lower case.")
    role: Role = about("What they will be allowed to do.")
    created_at: datetime = about("When they were asked.")
    expires_at: datetime = about("How long the link is good.")
    accepted_at: datetime | None = about("When they came.")
    revoked_at: datetime | None = about("When it was taken back.")

    @classmethod
    def of(cls, row: models.Invitation) -> "Invitation":
        return cls(
            id=global_id("Invitation", row.id),
            email=row.email,
            role=row.role,
            created_at=row.created_at,
            expires_at=row.expires_at,
            accepted_at=row.accepted_at,
            revoked_at=row.revoked_at,
        )
