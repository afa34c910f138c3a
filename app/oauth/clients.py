"""Applications are registered by an admin, and taken back."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit

from sqlalchemy import select

from app.accounts import tokens
from app.accounts.models import RefreshToken, Scope
from app.accounts.viewer import Viewer
from app.database import ReadSession, WriteSession
from app.errors import Invalid, NotFound
from app.events import CredentialRevoked
from app.oauth.models import OAuthClient
from app.records import record
from app.texts import required

Session = ReadSession | WriteSession

MAX_NAME = 200
MAX_URIS = 20
MAX_URI = 2_000
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@record
class NewClient:
    """What to register. A `public` one has no secret: an app in a browser or on a phone."""

    name: str
    redirect_uris: Sequence[str]
    public: bool = False


async def register(
    session: WriteSession, viewer: Viewer, new: NewClient
) -> tuple[OAuthClient, str | None]:
    """An application and its secret, which is never shown again.

    Raises `Forbidden` without the scope ADMIN, `Invalid` naming the field.
    """
    viewer.require(Scope.ADMIN)
    uris = list(dict.fromkeys(uri.strip() for uri in new.redirect_uris))
    if not 1 <= len(uris) <= MAX_URIS:
        raise Invalid(f"Give 1 to {MAX_URIS} addresses.", field="redirect_uris")
    for uri in uris:
        _check_uri(uri)
    secret = None if new.public else f"sgs_{secrets.token_urlsafe(32)}"
    client = OAuthClient(
        team_id=viewer.team_id,
        client_id=f"sgc_{secrets.token_hex(16)}",
        name=required(new.name, "name", MAX_NAME),
        secret_hash=None if secret is None else tokens.digest(secret),
        redirect_uris=uris,
        created_at=datetime.now(UTC),
    )
    session.add(client)
    await session.flush()
    return client, secret


def _check_uri(uri: str) -> None:
    """HTTPS, HTTP to this very machine, or the scheme of an app (RFC 8252, 7.1)."""
    try:
        parts = urlsplit(uri)
        host = parts.hostname
    except ValueError:
        raise Invalid("This is not an address.", field="redirect_uris") from None
    if len(uri) > MAX_URI or not uri.isascii() or not uri.isprintable() or " " in uri:
        raise Invalid("An address has at most 2000 printable characters.", field="redirect_uris")
    if "#" in uri:
        raise Invalid("An address has no fragment.", field="redirect_uris")
    web = (parts.scheme == "https" and host) or (parts.scheme == "http" and host in _LOOPBACK)
    if not web and "." not in parts.scheme:
        raise Invalid(
            "An address is https://…, http://localhost…, or an app's own (com.example.app:…).",
            field="redirect_uris",
        )


async def of_team(session: Session) -> Sequence[OAuthClient]:
    """The applications of the session's team, newest first, revoked ones too."""
    return (await session.scalars(select(OAuthClient).order_by(OAuthClient.id.desc()))).all()


async def by_client_id(session: Session, client_id: str) -> OAuthClient | None:
    """An application that still may act, by its public name."""
    found: OAuthClient | None = await session.scalar(
        select(OAuthClient).where(
            OAuthClient.client_id == client_id, OAuthClient.revoked_at.is_(None)
        )
    )
    return found


async def revoke(session: WriteSession, viewer: Viewer, row_id: int) -> OAuthClient:
    """The application and every token it has stop working. Revoking twice changes nothing."""
    viewer.require(Scope.ADMIN)
    client: OAuthClient | None = await session.scalar(
        select(OAuthClient).where(OAuthClient.id == row_id)
    )
    if client is None:
        raise NotFound("There is no such application.", field="id")
    if client.revoked_at is not None:
        return client
    client.revoked_at = now = datetime.now(UTC)
    rows = await session.scalars(
        select(RefreshToken).where(
            RefreshToken.client_id == client.id, RefreshToken.revoked_at.is_(None)
        )
    )
    ended = set()
    for row in rows.all():
        row.revoked_at = now
        ended.add((row.team_id, row.family))
    for _team_id, family in sorted(ended):
        session.raise_event(CredentialRevoked(team_id=viewer.team_id, family=family))
    return client
