"""Users, their teams and roles."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from sqlalchemy.exc import IntegrityError

from app.accounts import queries, reset_queries
from app.accounts.models import Membership, Role, Team, User
from app.accounts.passwords import MAX_LENGTH, MIN_LENGTH, hash_password
from app.database import EVERY_TEAM, Database, WriteSession
from app.errors import Conflict, Invalid, NotFound
from app.events import CredentialRevoked
from app.texts import optional

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}")
FIRST_TEAM = "My farm"
MAX_NAME = 200


def checked_email(email: str) -> str:
    """The e-mail in lower case; raises `Invalid` when it is none."""
    email = email.strip().lower()
    if not (_EMAIL.fullmatch(email) and email.isprintable()):
        raise Invalid("This is not an e-mail address.", field="email")
    return email


def check_password(password: str) -> None:
    """Raises `Invalid` when the password is too short or absurdly long."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise Invalid(f"A password has {MIN_LENGTH} to {MAX_LENGTH} characters.", field="password")


async def create_user(
    database: Database,
    email: str,
    password: str,
    *,
    name: str | None = None,
    team: str | None = None,
    role: Role = Role.OPERATOR,
) -> User:
    """A new user in a team (its name or UUID), which is made when there is none of that name.

    Raises `Invalid` for a bad e-mail, password or name, `Conflict` for a taken e-mail.
    """
    email = checked_email(email)
    check_password(password)
    name = optional(name, "name", MAX_NAME)
    team = optional(team, "team", MAX_NAME) or FIRST_TEAM
    password_hash = await hash_password(password)
    now = datetime.now(UTC)
    try:
        async with database.transaction(EVERY_TEAM) as session:
            user = User(email=email, name=name, password_hash=password_hash, created_at=now)
            session.add(user)
            await session.flush()
            joined = await _team(session, team, now)
            session.add(Membership(user_id=user.id, team_id=joined.id, role=role, created_at=now))
            return user
    except IntegrityError:
        raise Conflict("There is a user with this e-mail already.", field="email") from None


async def _team(session: WriteSession, name: str, now: datetime) -> Team:
    found = await queries.team_named(session, name)
    if found is None:
        found = Team(name=name, created_at=now)
        session.add(found)
        await session.flush()
    return found


async def set_password(database: Database, email: str, password: str) -> None:
    """Give a user a new password and end every sign-in of theirs."""
    check_password(password)
    password_hash = await hash_password(password)
    async with database.transaction(EVERY_TEAM) as session:
        user = await _user(session, email)
        await queries.lock_user(session, user.id)
        user.password_hash = password_hash
        await queries.revoke_user(session, user.id, datetime.now(UTC))
        await reset_queries.forget_resets(session, user.id)
        session.raise_event(CredentialRevoked(team_id=0, user_id=user.id))


async def set_role(database: Database, email: str, role: Role) -> None:
    """Change a user's role in their first team. The last owner stays an owner."""
    async with database.transaction(EVERY_TEAM) as session:
        user = await _user(session, email)
        membership = await queries.default_membership(session, user.id)
        if membership is None:
            raise NotFound("This user is in no team.")
        if role is not Role.OWNER:
            owners = await queries.lock_owners(session, membership.team_id)
            if [owner.id for owner in owners] == [membership.id]:
                raise Conflict("A team keeps at least one owner.")
        membership.role = role
        session.raise_event(CredentialRevoked(team_id=membership.team_id, user_id=user.id))


async def _user(session: WriteSession, email: str) -> User:
    user = await queries.user_by_email(session, email)
    if user is None:
        raise NotFound(f"There is no user {email}.")
    return user
