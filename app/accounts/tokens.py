"""Access tokens (signed, 30 minutes), refresh tokens and API keys (random, stored as hashes)."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from app.accounts.models import Scope
from app.errors import Unauthenticated
from app.records import record

ACCESS_SECONDS = 1800
REFRESH_DAYS = 7
AUDIENCE = "spoolgraph"
ALGORITHM = "HS256"
LEEWAY_SECONDS = 10
REQUIRED = ["exp", "sub", "iat", "jti", "aud"]
# Keys made here: eight visible characters and 256 random bits.
_MADE_KEY = re.compile(r"(sg_[0-9a-f]{8})_[A-Za-z0-9_-]{43}")
# A key chosen by hand shows its first characters only when plenty are left to guess.
_SHOWN_OF_CHOSEN = 4
_LONG_ENOUGH_TO_SHOW = 24


@record
class AccessClaims:
    """What a valid access token says."""

    user_uid: UUID
    team_id: int
    family: UUID
    expires_at: datetime
    client_id: int | None = None
    granted: frozenset[Scope] | None = None


@record
class Application:
    """An application that acts for a person: the row of its client, and what it may do, in the
    words of OAuth and in those of this server."""

    client_id: int
    scopes: tuple[str, ...]
    granted: frozenset[Scope]


@record
class TokenPair:
    """The answer to a sign-in. `expires_in` is seconds; the tokens are not shown in a repr."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: int = ACCESS_SECONDS


class TokenSigner:
    """Signs and checks access tokens with a key derived from the farm's secret."""

    def __init__(self, secret: str) -> None:
        digest = hashlib.sha256(b"spoolgraph access tokens\0" + secret.encode()).digest()
        self._key = digest
        self._key_id = hashlib.sha256(digest).hexdigest()[:8]

    def sign(
        self, user_uid: UUID, team_id: int, family: UUID, application: Application | None = None
    ) -> str:
        """A token of 30 minutes for one user in one team, or for an application in their name."""
        claims: dict[str, Any] = {"sub": str(user_uid), "team": team_id, "family": str(family)}
        if application is not None:
            claims["client"] = application.client_id
            claims["scopes"] = sorted(application.granted)
        return self._encode(claims, AUDIENCE, ACCESS_SECONDS)

    def sign_ticket(self, purpose: str, claims: Mapping[str, Any], seconds: int) -> str:
        """Something to be handed back unchanged, for one purpose and a while."""
        return self._encode({"sub": purpose, **claims}, f"{AUDIENCE} {purpose}", seconds)

    def _encode(self, claims: Mapping[str, Any], audience: str, seconds: int) -> str:
        import jwt  # large: it is loaded with the first person who signs in

        now = datetime.now(UTC)
        times = {"iat": now, "exp": now + timedelta(seconds=seconds)}
        return jwt.encode(
            {**claims, **times, "aud": audience, "jti": uuid4().hex},
            self._key,
            algorithm=ALGORITHM,
            headers={"kid": self._key_id},
        )

    def read_ticket(self, purpose: str, ticket: str) -> dict[str, Any]:
        """The claims of a ticket; raises `Unauthenticated` when it is not good any more."""
        import jwt

        try:
            return self._decode(ticket, f"{AUDIENCE} {purpose}")
        except jwt.InvalidTokenError:
            raise Unauthenticated(
                "This took too long, begin again.", code="INVALID_TOKEN"
            ) from None

    def _decode(self, token: str, audience: str, leeway: int = LEEWAY_SECONDS) -> dict[str, Any]:
        import jwt

        claims: dict[str, Any] = jwt.decode(
            token,
            self._key,
            algorithms=[ALGORITHM],
            audience=audience,
            leeway=leeway,
            options={"require": REQUIRED},
        )
        return claims

    def family_of(self, token: str) -> UUID | None:
        """The sign-in an access token belongs to, also of one that has just expired."""
        import jwt

        try:
            return UUID(self._decode(token, AUDIENCE, leeway=ACCESS_SECONDS)["family"])
        except (jwt.InvalidTokenError, KeyError, TypeError, ValueError):
            return None

    def read(self, token: str) -> AccessClaims:
        """The claims; raises `Unauthenticated` with TOKEN_EXPIRED or INVALID_TOKEN."""
        import jwt

        try:
            claims = self._decode(token, AUDIENCE)
            scopes = claims.get("scopes")
            return AccessClaims(
                user_uid=UUID(claims["sub"]),
                team_id=int(claims["team"]),
                family=UUID(claims["family"]),
                expires_at=datetime.fromtimestamp(claims["exp"], UTC),
                client_id=claims.get("client"),
                granted=None if scopes is None else frozenset(map(Scope, scopes)),
            )
        except jwt.ExpiredSignatureError:
            raise Unauthenticated("The access token has expired.", code="TOKEN_EXPIRED") from None
        except (jwt.InvalidTokenError, KeyError, TypeError, ValueError):
            raise Unauthenticated("The access token is not valid.", code="INVALID_TOKEN") from None


def looks_like_jwt(value: str) -> bool:
    """True for three dot-separated parts, which no API key has."""
    return value.count(".") == 2 and value.startswith("eyJ")


def new_refresh_token() -> str:
    """256 random bits; only their hash is stored."""
    return f"sgr_{secrets.token_urlsafe(32)}"


def new_reset_token() -> str:
    """256 random bits for a link; only their hash is stored."""
    return secrets.token_urlsafe(32)


def new_invitation_token() -> str:
    """256 random bits; only their hash is stored."""
    return f"sgi_{secrets.token_urlsafe(32)}"


def new_api_key() -> str:
    """A visible prefix, then 256 random bits."""
    return f"sg_{secrets.token_hex(4)}_{secrets.token_urlsafe(32)}"


def visible_prefix(key: str) -> str:
    """The part of a key that may be shown; nothing of a short key that somebody chose."""
    made = _MADE_KEY.fullmatch(key)
    if made is not None:
        return made[1]
    return key[:_SHOWN_OF_CHOSEN] if len(key) >= _LONG_ENOUGH_TO_SHOW else ""


def digest(secret: str) -> bytes:
    """What is stored of a key or a refresh token."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).digest()
