"""People change their own name and e-mail."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError

from app import texts
from app.accounts import members, queries
from app.accounts.models import Scope, User
from app.accounts.viewer import Viewer
from app.database import EVERY_TEAM, Database
from app.errors import Conflict, NotFound
from app.unset import UNSET, Unset


async def update_profile(
    database: Database, viewer: Viewer, *, name: str | Unset | None, email: str | Unset
) -> User:
    """The user with what was changed.

    Whoever signed in may; a key or an application needs the scope ADMIN, since with an e-mail
    goes the way to a new password. Raises `Forbidden`, `Invalid` naming the field, or `Conflict`
    for a taken e-mail.
    """
    if viewer.granted is not None:
        viewer.require(Scope.ADMIN)
    try:
        async with database.transaction(EVERY_TEAM) as session:
            user = await queries.lock_user(session, viewer.user_id)
            if user is None:
                raise NotFound("The user is gone.")
            if name is not UNSET:
                user.name = texts.optional(name, "name", members.MAX_NAME)
            if email is not UNSET:
                user.email = members.checked_email(email)
            await session.flush()
            return user
    except IntegrityError:
        raise Conflict("There is a user with this e-mail already.", field="email") from None
