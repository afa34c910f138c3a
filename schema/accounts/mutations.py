"""Keys are made and revoked."""

from datetime import datetime

import strawberry

from app.accounts import keys
from app.accounts.models import Plan, Scope
from schema.accounts.types import ApiKey
from schema.context import Info
from schema.errors import UserError, missing, mutate
from schema.fields import about
from schema.ids import integer_id


@strawberry.input(description="The key to make.")
class CreateApiKeyInput:
    name: str = about("What it is for, 1 to 200 characters.")
    scopes: list[Scope] | None = about(
        "What it may do; all that you may do without it.", default=None
    )
    plan: Plan = about("Its request allowance.", default=Plan.FREE)
    expires_at: datetime | None = about("When it stops working; never without it.", default=None)


@strawberry.type(description="The new key, and its value, which is never shown again.")
class CreateApiKeyPayload:
    api_key: ApiKey | None = about("The key.", default=None)
    value: str | None = about("What to send in `X-API-Key`. Copy it now.", default=None)
    user_errors: list[UserError] = about("Why nothing was made.", default_factory=list)


@strawberry.input(description="The key to revoke.")
class RevokeApiKeyInput:
    id: strawberry.ID = about("Global id of the key.")


@strawberry.type(description="The revoked key.")
class RevokeApiKeyPayload:
    api_key: ApiKey | None = about("The key, with the time it was revoked.", default=None)
    user_errors: list[UserError] = about("Why nothing was revoked.", default_factory=list)


@strawberry.type
class AccountMutations:
    @strawberry.mutation(description="Make an API key. Needs the scope ADMIN.")
    async def create_api_key(self, info: Info, input: CreateApiKeyInput) -> CreateApiKeyPayload:
        new = keys.NewApiKey(
            input.name,
            None if input.scopes is None else frozenset(input.scopes),
            input.plan,
            input.expires_at,
        )
        return await mutate(
            info,
            CreateApiKeyPayload,
            lambda session, viewer: keys.create_key(session, viewer, new),
            lambda made: {"api_key": ApiKey.of(made[0]), "value": made[1]},
        )

    @strawberry.mutation(description="Revoke an API key everywhere at once. Needs ADMIN.")
    async def revoke_api_key(self, info: Info, input: RevokeApiKeyInput) -> RevokeApiKeyPayload:
        key_id = integer_id(input.id, "ApiKey")
        if key_id is None:
            return RevokeApiKeyPayload(user_errors=missing("API key"))
        return await mutate(
            info,
            RevokeApiKeyPayload,
            lambda session, viewer: keys.revoke_key(session, viewer, key_id),
            lambda row: {"api_key": ApiKey.of(row)},
        )
