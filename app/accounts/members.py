"""Users, their teams and roles, and the first owner of a new farm."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime

from sqlalchemy.exc import IntegrityError

from app.accounts import queries, tokens
from app.accounts.models import ApiKey, Membership, Plan, Role, Scope, Team, User
from app.accounts.passwords import MAX_LENGTH, MIN_LENGTH, hash_password
from app.database import EVERY_TEAM, Database, WriteSession
from app.errors import Conflict, Invalid, NotFound
from app.events import CredentialRevoked
from app.settings import Settings

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}")
FIRST_TEAM = "My farm"
KEY_OF_SETTING = "SPOOLGRAPH_API_KEY"


def checked_email(email: str) -> str:
    """The e-mail in lower case; raises `Invalid` when it is none."""
    email = email.strip().lower()
    if not _EMAIL.fullmatch(email):
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
    """A new user in a team, which is made when there is none of that name.

    Raises `Invalid` for a bad e-mail or password, `Conflict` for a taken e-mail.
    """
    email = checked_email(email)
    check_password(password)
    password_hash = await hash_password(password)
    now = datetime.now(UTC)
    try:
        async with database.transaction(EVERY_TEAM) as session:
            user = User(email=email, name=name, password_hash=password_hash, created_at=now)
            session.add(user)
            await session.flush()
            joined = await _team(session, team or FIRST_TEAM, now)
            session.add(Membership(user_id=user.id, team_id=joined.id, role=role, created_at=now))
            return user
    except IntegrityError:
        raise Conflict("There is a user with this e-mail already.", field="email") from None


async def _team(session: WriteSession, name: str, now: datetime) -> Team:
    found = await queries.team_by_name(session, name)
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
        user.password_hash = password_hash
        await queries.revoke_user(session, user.id, datetime.now(UTC))
        session.raise_event(CredentialRevoked(team_id=0, user_id=user.id))


async def set_role(database: Database, email: str, role: Role) -> None:
    """Change a user's role in their first team. The last owner stays an owner."""
    async with database.transaction(EVERY_TEAM) as session:
        user = await _user(session, email)
        membership = await queries.default_membership(session, user.id)
        if membership is None:
            raise NotFound("This user is in no team.")
        if membership.role is Role.OWNER and role is not Role.OWNER:
            owners = await queries.count_owners(session, membership.team_id)
            if owners == 1:
                raise Conflict("A team keeps at least one owner.")
        membership.role = role
        session.raise_event(CredentialRevoked(team_id=membership.team_id, user_id=user.id))


async def _user(session: WriteSession, email: str) -> User:
    user = await queries.user_by_email(session, email)
    if user is None:
        raise NotFound(f"There is no user {email}.")
    return user


async def first_start(database: Database, settings: Settings) -> None:
    """Make the owner and the key that the settings name, unless they are there already."""
    email, password = settings.admin_email, settings.admin_password
    if email is not None and password is not None:
        async with database.read(EVERY_TEAM) as session:
            known = await queries.user_by_email(session, email)
        if known is None:
            with suppress(Conflict):  # another process of this farm was faster
                await create_user(database, email, password.get_secret_value(), role=Role.OWNER)
    if settings.api_key is not None:
        await _key_of_setting(database, settings.api_key.get_secret_value(), email)


async def _key_of_setting(database: Database, value: str, email: str | None) -> None:
    """The owner has a key of exactly this value; the one of an earlier setting is revoked."""
    now = datetime.now(UTC)
    digest = tokens.digest(value)
    async with database.transaction(EVERY_TEAM) as session:
        if await queries.key_by_digest(session, digest) is not None:
            return
        membership = await queries.first_owner(session, email)
        if membership is None:
            return
        for old in await queries.keys_named(session, membership.team_id, KEY_OF_SETTING):
            old.revoked_at = now
            session.raise_event(CredentialRevoked(team_id=old.team_id, api_key_id=old.id))
        session.add(
            ApiKey(
                team_id=membership.team_id,
                user_id=membership.user_id,
                name=KEY_OF_SETTING,
                prefix=tokens.visible_prefix(value),
                secret_hash=digest,
                scopes=[scope.value for scope in Scope],
                plan=Plan.ENTERPRISE,
                created_at=now,
            )
        )
