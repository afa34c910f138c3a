"""The first owner and the key that the settings of a new farm name."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

from sqlalchemy.exc import IntegrityError

from app.accounts import members, queries, tokens
from app.accounts.models import ApiKey, Membership, Plan, Role, Scope
from app.database import EVERY_TEAM, Database, WriteSession
from app.errors import Conflict, Invalid
from app.events import CredentialRevoked
from app.setting_texts import Secret
from app.settings import ENV_PREFIX, Settings, SettingsError

KEY_OF_SETTING = f"{ENV_PREFIX}API_KEY"


async def first_start(database: Database, settings: Settings) -> list[str]:
    """Make the owner and the key that the settings name, unless they are there already.

    Returns what the operator should read: what is still missing, and how to get it. Raises
    `SettingsError` for an owner that cannot be made. Several processes may start at once.
    """
    email = None if settings.admin_email is None else settings.admin_email.strip()
    hints = await _owner_of_settings(database, email, settings.admin_password)
    async with database.read(EVERY_TEAM) as session:
        anybody = await queries.count_users(session) > 0
    if not anybody:
        hints.append("Nobody can sign in yet: `spoolgraph user create` makes an owner.")
    if settings.api_key is not None:
        value = settings.api_key.reveal().strip()
        hints += await _key_of_setting(database, value, email)
    return hints


async def _owner_of_settings(
    database: Database, email: str | None, password: Secret | None
) -> list[str]:
    if email is None or password is None:
        if password is not None:
            return [f"{ENV_PREFIX}ADMIN_PASSWORD makes nobody without {ENV_PREFIX}ADMIN_EMAIL."]
        return []
    async with database.read(EVERY_TEAM) as session:
        if await queries.user_by_email(session, email) is not None:
            return []
    try:
        with suppress(Conflict):  # another process of this farm was faster
            await members.create_user(database, email, password.reveal(), role=Role.OWNER)
    except Invalid as error:
        raise SettingsError(f"{ENV_PREFIX}ADMIN_{(error.field or '').upper()}: {error}") from None
    return []


async def _key_of_setting(database: Database, value: str, email: str | None) -> list[str]:
    """The owner has a key of exactly this value; the one of an earlier setting is revoked."""
    if not (value.isascii() and value.isprintable() and value):
        raise SettingsError(f"{KEY_OF_SETTING}: A header can carry printable ASCII only.")
    try:
        async with database.transaction(EVERY_TEAM) as session:
            owner = await queries.first_owner(session, email)
            if owner is None:
                who = "an owner" if email is None else f"the owner {email}"
                return [f"{KEY_OF_SETTING} has no effect before {who} is there."]
            return await _replace_key(session, owner, value)
    except IntegrityError:
        return []  # another process of this farm was faster


async def _replace_key(session: WriteSession, owner: Membership, value: str) -> list[str]:
    now = datetime.now(UTC)
    digest = tokens.digest(value)
    found = await queries.key_by_digest(session, digest)
    key = None if found is None else found[0]
    replaced = [
        old
        for old in await queries.keys_named(session, owner.team_id, KEY_OF_SETTING)
        if key is None or old.id != key.id
    ]
    for old in replaced:
        old.revoked_at = now
        session.raise_event(CredentialRevoked(team_id=old.team_id, api_key_id=old.id))
    if key is None:
        session.add(_new_key(owner, value, now))
    elif key.revoked_at is not None:
        if not replaced:  # not the setting but a person revoked it
            return [f"{KEY_OF_SETTING} names a key that was revoked: choose another one."]
        key.revoked_at = None
    return []


def _new_key(owner: Membership, value: str, now: datetime) -> ApiKey:
    return ApiKey(
        team_id=owner.team_id,
        user_id=owner.user_id,
        name=KEY_OF_SETTING,
        prefix=tokens.visible_prefix(value),
        secret_hash=tokens.digest(value),
        scopes=[scope.value for scope in Scope],
        plan=Plan.ENTERPRISE,
        created_at=now,
    )
