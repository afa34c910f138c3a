"""People change their own name and e-mail."""

import strawberry

from app.accounts.profile import update_profile
from schema.accounts.types import User, Viewer, present
from schema.context import Info
from schema.errors import USER_ERRORS, UserError, user_errors
from schema.fields import about, given


@strawberry.input(description="What to change; what is left out stays as it is.")
class UpdateProfileInput:
    name: strawberry.Maybe[str | None] = about("Name, at most 200 characters.")
    email: strawberry.Maybe[str] = about("E-mail.")


@strawberry.type(description="Who asks, as they are now.")
class UpdateProfilePayload:
    user: User | None = about("The user.", default=None)
    viewer: Viewer | None = about("The credential of who asks.", default=None)
    user_errors: list[UserError] = about("Why nothing was changed.", default_factory=list)


@strawberry.type
class ProfileMutations:
    @strawberry.mutation(
        description="Change your own name or e-mail. A key or an application needs the scope ADMIN."
    )
    async def update_profile(self, info: Info, input: UpdateProfileInput) -> UpdateProfilePayload:
        context = info.context
        try:
            row = await update_profile(
                context.runtime.database,
                context.viewer,
                name=given(input.name),
                email=given(input.email),
            )
        except USER_ERRORS as error:
            return UpdateProfilePayload(user_errors=user_errors(error))
        return UpdateProfilePayload(user=User.of(row), viewer=present(context.viewer))
