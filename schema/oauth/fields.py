"""Applications are listed, registered and taken back."""

import strawberry

from app.accounts.models import Scope
from app.oauth import clients
from schema.context import Info
from schema.errors import UserError, missing, mutate
from schema.fields import about
from schema.ids import integer_id
from schema.oauth.types import OAuthClient


@strawberry.input(description="The application to register.")
class RegisterOAuthClientInput:
    name: str = about("What people read when it asks them, 1 to 200 characters.")
    redirect_uris: list[str] = about(
        "Where people may be sent back to, exactly: https, http to this machine, or an app's own."
    )
    public: bool = about(
        "For an app in a browser or on a phone, which cannot keep a secret.", default=False
    )


@strawberry.type(description="The new application, and its secret, which is never shown again.")
class RegisterOAuthClientPayload:
    client: OAuthClient | None = about("The application.", default=None)
    client_secret: str | None = about("Its secret; null for a public one.", default=None)
    user_errors: list[UserError] = about("Why nothing was registered.", default_factory=list)


@strawberry.input(description="The application to take back.")
class RevokeOAuthClientInput:
    id: strawberry.ID = about("Global id of the application.")


@strawberry.type(description="The application that was taken back.")
class RevokeOAuthClientPayload:
    client: OAuthClient | None = about("The application.", default=None)
    user_errors: list[UserError] = about("Why nothing was changed.", default_factory=list)


@strawberry.type
class OAuthQueries:
    @strawberry.field(
        name="oauthClients",
        description="The applications of the team, newest first. Needs the scope ADMIN.",
    )
    async def oauth_clients(self, info: Info) -> list[OAuthClient]:
        info.context.viewer.require(Scope.ADMIN)
        async with info.context.read() as session:
            return [OAuthClient.of(row) for row in await clients.of_team(session)]


@strawberry.type
class OAuthMutations:
    @strawberry.mutation(
        name="registerOAuthClient",
        description="Register an application that may ask people to let it act for them. Needs "
        "the scope ADMIN.",
    )
    async def register_oauth_client(
        self, info: Info, input: RegisterOAuthClientInput
    ) -> RegisterOAuthClientPayload:
        new = clients.NewClient(input.name, input.redirect_uris, input.public)
        return await mutate(
            info,
            RegisterOAuthClientPayload,
            lambda session, viewer: clients.register(session, viewer, new),
            lambda made: {"client": OAuthClient.of(made[0]), "client_secret": made[1]},
        )

    @strawberry.mutation(
        name="revokeOAuthClient",
        description="Take an application back; its tokens stop working at once. Needs ADMIN.",
    )
    async def revoke_oauth_client(
        self, info: Info, input: RevokeOAuthClientInput
    ) -> RevokeOAuthClientPayload:
        client_id = integer_id(input.id, "OAuthClient")
        if client_id is None:
            return RevokeOAuthClientPayload(user_errors=missing("application"))
        return await mutate(
            info,
            RevokeOAuthClientPayload,
            lambda session, viewer: clients.revoke(session, viewer, client_id),
            lambda row: {"client": OAuthClient.of(row)},
        )
