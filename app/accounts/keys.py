"""API keys: made, shown once, revoked."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from app.accounts import queries, tokens
from app.accounts.models import ApiKey, Plan, Scope
from app.accounts.viewer import Viewer
from app.database import ReadSession, WriteSession
from app.errors import Forbidden, Invalid, NotFound
from app.events import CredentialRevoked
from app.records import record
from app.texts import required

MAX_NAME = 200


@record
class NewApiKey:
    """What to make. Without `scopes` the key may do all that its owner may."""

    name: str
    scopes: Collection[Scope] | None = None
    plan: Plan = Plan.FREE
    expires_at: datetime | None = None


async def create_key(session: WriteSession, viewer: Viewer, new: NewApiKey) -> tuple[ApiKey, str]:
    """A key of the viewer in the viewer's team, and its value, which is never shown again.

    Raises `Forbidden` for a scope the viewer does not have, `Invalid` for a bad name or expiry.
    """
    viewer.require(Scope.ADMIN)
    name = required(new.name, "name", MAX_NAME)
    now = datetime.now(UTC)
    _check_expiry(new.expires_at, now)
    scopes = viewer.scopes if new.scopes is None else frozenset(new.scopes)
    if not scopes:
        raise Invalid("A key needs at least one scope.", field="scopes")
    if missing := scopes - viewer.scopes:
        names = ", ".join(sorted(scope.value for scope in missing))
        raise Forbidden(f"You cannot grant what you do not have: {names}.")
    value = tokens.new_api_key()
    key = ApiKey(
        team_id=viewer.team_id,
        user_id=viewer.user_id,
        name=name,
        prefix=tokens.visible_prefix(value),
        secret_hash=tokens.digest(value),
        scopes=[scope.value for scope in Scope if scope in scopes],
        plan=new.plan,
        created_at=now,
        expires_at=new.expires_at,
    )
    session.add(key)
    await session.flush()
    return key, value


def _check_expiry(expires_at: datetime | None, now: datetime) -> None:
    if expires_at is None:
        return
    if expires_at.tzinfo is None:
        raise Invalid("The expiry needs a time zone.", field="expires_at")
    if expires_at <= now:
        raise Invalid("The expiry lies in the past.", field="expires_at")


async def list_keys(session: ReadSession | WriteSession, viewer: Viewer) -> Sequence[ApiKey]:
    """The keys of the viewer's team, newest first, revoked ones too."""
    viewer.require(Scope.ADMIN)
    return await queries.keys_of_team(session)


async def revoke_key(session: WriteSession, viewer: Viewer, key_id: int) -> ApiKey:
    """The key stops working everywhere at once. Revoking twice changes nothing."""
    viewer.require(Scope.ADMIN)
    key = await queries.key_by_id(session, key_id)
    if key is None:
        raise NotFound("There is no such API key.", field="id")
    if key.revoked_at is None:
        key.revoked_at = datetime.now(UTC)
        session.raise_event(CredentialRevoked(team_id=key.team_id, api_key_id=key.id))
    return key
