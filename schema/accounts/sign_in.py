"""Signing in and out, signing up, and passwords. All but `changePassword` need no credential."""

from collections.abc import Awaitable

import strawberry

from app.accounts import tokens
from app.accounts.models import Scope
from app.accounts.self_service import NewAccount
from app.errors import Unauthenticated
from schema.context import Info
from schema.errors import USER_ERRORS, UserError, user_errors
from schema.fields import about


@strawberry.type(description="The tokens of a sign-in. They are shown once.")
class TokenPair:
    access_token: str = about("Send it in `Authorization: Bearer`.")
    refresh_token: str = about("Exchanges once for the next pair; good for 7 days.")
    token_type: str = about("`bearer`.")
    expires_in: int = about("Seconds until the access token expires.")

    @classmethod
    def of(cls, pair: tokens.TokenPair) -> "TokenPair":
        return cls(
            access_token=pair.access_token,
            refresh_token=pair.refresh_token,
            token_type="bearer",  # noqa: S106 - the name of a kind of token
            expires_in=pair.expires_in,
        )


@strawberry.input(description="Who signs in.")
class SignInInput:
    email: str = about("E-mail.")
    password: str = about("Password.")


@strawberry.input(description="The sign-in to go on with, or to end.")
class RefreshTokenInput:
    refresh_token: str = about("The latest refresh token of the sign-in.")


@strawberry.input(description="Who signs up.")
class SignUpInput:
    email: str = about("E-mail.")
    password: str = about("Password, 8 characters or more.")
    name: str | None = about("The person's name.", default=None)
    team_name: str | None = about("What the new team is called.", default=None)


@strawberry.input(description="A new password in place of the present one.")
class ChangePasswordInput:
    current_password: str = about("The present password.")
    password: str = about("The new one, 8 characters or more.")


@strawberry.input(description="Whose password is forgotten.")
class RequestPasswordResetInput:
    email: str = about("E-mail of the account.")


@strawberry.input(description="A new password by a mailed link.")
class ResetPasswordInput:
    token: str = about("The token in the link.")
    password: str = about("The new password, 8 characters or more.")


@strawberry.type(description="A sign-in.")
class SignInPayload:
    tokens: TokenPair | None = about("The tokens.", default=None)
    user_errors: list[UserError] = about("Why nobody was signed in.", default_factory=list)


@strawberry.type(description="That it was done.")
class AccountPayload:
    done: bool = about("Whether it was done.", default=False)
    user_errors: list[UserError] = about("Why it was not done.", default_factory=list)


async def _tokens(work: Awaitable[tokens.TokenPair]) -> SignInPayload:
    try:
        return SignInPayload(tokens=TokenPair.of(await work))
    except (*USER_ERRORS, Unauthenticated) as error:
        return SignInPayload(user_errors=user_errors(error))


async def _done(work: Awaitable[None]) -> AccountPayload:
    try:
        await work
    except (*USER_ERRORS, Unauthenticated) as error:
        return AccountPayload(user_errors=user_errors(error))
    return AccountPayload(done=True)


@strawberry.type
class SignInMutations:
    @strawberry.mutation(description="Sign in with e-mail and password. Needs no credential.")
    async def sign_in(self, info: Info, input: SignInInput) -> SignInPayload:
        accounts = info.context.runtime.accounts
        return await _tokens(accounts.sign_in(input.email, input.password, info.context.address))

    @strawberry.mutation(description="Exchange a refresh token, once. Needs no credential.")
    async def refresh_sign_in(self, info: Info, input: RefreshTokenInput) -> SignInPayload:
        return await _tokens(info.context.runtime.accounts.refresh(input.refresh_token))

    @strawberry.mutation(description="End a sign-in everywhere. Needs no credential.")
    async def sign_out(self, info: Info, input: RefreshTokenInput) -> AccountPayload:
        return await _done(info.context.runtime.accounts.sign_out(input.refresh_token))

    @strawberry.mutation(
        description="Make an account and a team, where the server allows it. Needs no credential."
    )
    async def sign_up(self, info: Info, input: SignUpInput) -> SignInPayload:
        service, new = info.context.runtime.self_service, NewAccount(**vars(input))
        return await _tokens(service.sign_up(new, info.context.address))

    @strawberry.mutation(description="Change your password; your other sign-ins end.")
    async def change_password(self, info: Info, input: ChangePasswordInput) -> AccountPayload:
        context = info.context
        context.viewer.require(Scope.READ)
        return await _done(
            context.runtime.self_service.change_password(
                context.viewer, input.current_password, input.password, context.address
            )
        )

    @strawberry.mutation(
        description="Have a link mailed that sets a new password; the answer does not tell "
        "whether there is such an account. Needs no credential."
    )
    async def request_password_reset(
        self, info: Info, input: RequestPasswordResetInput
    ) -> AccountPayload:
        service = info.context.runtime.self_service
        return await _done(service.request_reset(input.email, info.context.address))

    @strawberry.mutation(
        description="Set a new password by a mailed link; every sign-in of the account ends. "
        "Needs no credential."
    )
    async def reset_password(self, info: Info, input: ResetPasswordInput) -> AccountPayload:
        service = info.context.runtime.self_service
        return await _done(
            service.reset_password(input.token, input.password, info.context.address)
        )
