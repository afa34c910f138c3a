"""Consents become codes, codes become tokens, tokens are renewed and revoked."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, select, update

from app.accounts import queries, tokens
from app.accounts.models import Team, User
from app.accounts.service import Accounts
from app.accounts.tokens import Application
from app.database import EVERY_TEAM, Database, WriteSession
from app.errors import NotFound
from app.oauth import clients
from app.oauth.models import OAuthClient, OAuthCode
from app.oauth.requests import Asked, OAuthError, granted, read, scopes_of
from app.records import record

CODE_SECONDS = 60
# How long a person may look at the consent page.
CONSENT_SECONDS = 600
CONSENT = "consent"


@record
class Consent:
    """What the consent page shows, and the ticket that its answer carries."""

    ticket: str
    client_name: str
    email: str
    asked: Asked
    teams: Sequence[Team]


class AuthorizationServer:
    """One per process. Holds nothing: all state is in the database and in signed tickets."""

    def __init__(self, database: Database, accounts: Accounts) -> None:
        self._database = database
        self._accounts = accounts

    async def check(self, given: Mapping[str, str]) -> tuple[str, Asked]:
        """The client's name and what it asks for.

        Raises `NotFound` when client or address are not registered, so that nobody is sent
        anywhere; `Refusal` for what is to be told to the client at its address.
        """
        async with self._database.read(EVERY_TEAM) as session:
            client = await clients.by_client_id(session, given.get("client_id", ""))
        if client is None:
            raise NotFound("There is no such application here.", field="client_id")
        uri = given.get("redirect_uri")
        if uri is None and len(client.redirect_uris) == 1:
            target = client.redirect_uris[0]
        elif uri is not None and uri in client.redirect_uris:
            target = uri
        else:
            raise NotFound(
                "The address to return to is not registered for this application.",
                field="redirect_uri",
            )
        public = client.secret_hash is None
        try:
            return client.name, read(given, target, public=public, redirect_given=uri is not None)
        except OAuthError as error:
            raise Refusal(error, target, given.get("state")) from None

    async def sign_in(
        self, given: Mapping[str, str], email: str, password: str, address: str
    ) -> Consent:
        """What to ask the person with this password. Raises as `check` and `check_password`."""
        name, asked = await self.check(given)
        user = await self._accounts.check_password(email, password, address)
        async with self._database.read(EVERY_TEAM) as session:
            teams = await queries.teams_of(session, user.id)
        claims = {"user": user.id, "asked": asdict(asked)}
        ticket = self._accounts.signer.sign_ticket(CONSENT, claims, CONSENT_SECONDS)
        return Consent(ticket, name, user.email, asked, teams)

    def asked_in(self, ticket: str) -> Asked:
        """What a consent is about. Raises `Unauthenticated` for a ticket that is not good."""
        asked = self._accounts.signer.read_ticket(CONSENT, ticket)["asked"]
        return Asked(**{**asked, "scopes": tuple(asked["scopes"])})

    async def allow(self, ticket: str, team_uid: str | None) -> str:
        """The code of a consent, for the chosen team of the person (the first without one).

        Raises `Unauthenticated` for a ticket that is not good, `NotFound` when the client or the
        membership is gone.
        """
        claims = self._accounts.signer.read_ticket(CONSENT, ticket)
        asked = self.asked_in(ticket)
        code = f"sgo_{secrets.token_urlsafe(32)}"
        async with self._database.transaction(EVERY_TEAM) as session:
            client = await clients.by_client_id(session, asked.client_id)
            teams = await queries.teams_of(session, claims["user"])
            chosen = [team for team in teams if team_uid in (None, "", str(team.uid))]
            if client is None or not chosen:
                raise NotFound("The application or the team is gone.")
            await _forget_codes(session)
            session.add(
                OAuthCode(
                    code_hash=tokens.digest(code),
                    client_id=client.id,
                    user_id=claims["user"],
                    team_id=chosen[0].id,
                    family=uuid4(),
                    redirect_uri=asked.redirect_uri if asked.redirect_given else None,
                    scopes=list(asked.scopes),
                    challenge=asked.challenge,
                    expires_at=datetime.now(UTC) + timedelta(seconds=CODE_SECONDS),
                )
            )
        return code

    async def token(self, given: Mapping[str, str], basic: tuple[str, str] | None) -> Any:
        """The answer of the token endpoint; raises `OAuthError`."""
        kind = given.get("grant_type")
        if kind not in ("authorization_code", "refresh_token"):
            raise OAuthError("unsupported_grant_type", "Use authorization_code or refresh_token.")
        client = await self._client(given, basic)
        if kind == "authorization_code":
            return await self._exchange(client, given)
        return await self._renew(client, given)

    async def revoke(self, given: Mapping[str, str], basic: tuple[str, str] | None) -> None:
        """End the sign-in a refresh or access token of the client belongs to (RFC 7009)."""
        client = await self._client(given, basic)
        token = given.get("token", "")
        if not token:
            raise OAuthError("invalid_request", "Send the token.")
        async with self._database.transaction(EVERY_TEAM) as session:
            found = await queries.refresh_token(session, tokens.digest(token))
            family = None if found is None else found.family
            if found is None and tokens.looks_like_jwt(token):
                family = self._accounts.signer.family_of(token)
            if family is None:
                return
            of_client = await queries.family_of_client(session, family, client.id)
            if of_client is not None:
                await self._accounts.end_family(session, of_client, family)

    async def _client(self, given: Mapping[str, str], basic: tuple[str, str] | None) -> OAuthClient:
        """The client that asks: its secret in the body or in the header; raises `OAuthError`."""
        client_id, secret = basic or (given.get("client_id", ""), given.get("client_secret", ""))
        async with self._database.read(EVERY_TEAM) as session:
            client = await clients.by_client_id(session, client_id)
        if client is None or not _knows(client, secret):
            raise OAuthError("invalid_client", "The application is not known by that.", 401)
        return client

    async def _exchange(self, client: OAuthClient, given: Mapping[str, str]) -> Any:
        now = datetime.now(UTC)
        digest = tokens.digest(given.get("code", ""))
        async with self._database.transaction(EVERY_TEAM) as session:
            code: OAuthCode | None = await session.scalar(
                select(OAuthCode).where(
                    OAuthCode.code_hash == digest, OAuthCode.client_id == client.id
                )
            )
            fits = code is not None and _fits(code, given, now)
            spent = code is not None and fits and await _spend(session, code, now)
            if code is not None and not spent and code.used_at is not None:
                # Somebody else has a copy: whatever came of the code ends.
                await self._accounts.end_family(session, code.team_id, code.family)
            issued = None
            if code is not None and spent:
                issued = await self._issue(
                    session, client, code.user_id, code.team_id, code.family, code.scopes
                )
        if issued is None:
            raise OAuthError("invalid_grant", "The code is wrong, too old, or was used before.")
        return issued

    async def _renew(self, client: OAuthClient, given: Mapping[str, str]) -> Any:
        now = datetime.now(UTC)
        digest = tokens.digest(given.get("refresh_token", ""))
        issued = None
        async with self._database.transaction(EVERY_TEAM) as session:
            found = await queries.refresh_token(session, digest)
            if found is not None and found.client_id == client.id and found.expires_at > now:
                scopes = _narrowed(found.scopes or [], given.get("scope"))
                ended = await queries.family_is_revoked(session, found.family)
                if not ended and await queries.spend_refresh_token(session, found.id, now):
                    issued = await self._issue(
                        session, client, found.user_id, found.team_id, found.family, scopes
                    )
                if issued is None:
                    await self._accounts.end_family(session, found.team_id, found.family)
        if issued is None:
            raise OAuthError("invalid_grant", "The token is wrong, too old, or was used before.")
        return issued

    async def _issue(
        self,
        session: WriteSession,
        client: OAuthClient,
        user_id: int,
        team_id: int,
        family: UUID,
        scopes: Sequence[str],
    ) -> dict[str, Any] | None:
        """Tokens for somebody who is still in the team; None otherwise."""
        user: User | None = await queries.user_by_id(session, user_id)
        if user is None or await queries.member_by_uid(session, user.uid, team_id) is None:
            return None
        allowed = Application(client.id, tuple(scopes), granted(scopes))
        pair = self._accounts.issue(session, user, team_id, family, allowed)
        return {
            "access_token": pair.access_token,
            "token_type": "Bearer",
            "expires_in": pair.expires_in,
            "refresh_token": pair.refresh_token,
            "scope": " ".join(scopes),
        }


class Refusal(Exception):
    """A refusal that is told to the client, at its own address."""

    def __init__(self, error: OAuthError, redirect_uri: str, state: str | None) -> None:
        super().__init__(error.description)
        self.error = error
        self.redirect_uri = redirect_uri
        self.state = state


def _knows(client: OAuthClient, secret: str) -> bool:
    """Whether the secret is the client's; a public one has none."""
    if client.secret_hash is None:
        return not secret
    return hmac.compare_digest(tokens.digest(secret), client.secret_hash)


def _fits(code: OAuthCode, given: Mapping[str, str], now: datetime) -> bool:
    """Whether the exchange belongs to the request of its code."""
    if code.expires_at <= now:
        return False
    if code.redirect_uri is not None and given.get("redirect_uri") != code.redirect_uri:
        return False
    verifier = given.get("code_verifier")
    if code.challenge is None:
        return verifier is None
    made = hashlib.sha256((verifier or "").encode()).digest()
    challenge = base64.urlsafe_b64encode(made).rstrip(b"=").decode()
    return verifier is not None and hmac.compare_digest(challenge, code.challenge)


def _narrowed(had: Sequence[str], wanted: str | None) -> list[str]:
    """The scopes of a renewal: those there were, or fewer."""
    if not wanted:
        return list(had)
    scopes = scopes_of(wanted)
    if not granted(scopes) <= granted(list(had)):
        raise OAuthError("invalid_scope", "A renewal cannot ask for more than was allowed.")
    return list(scopes)


async def _spend(session: WriteSession, code: OAuthCode, now: datetime) -> bool:
    """Mark a code as used; True for the one caller that got there first."""
    spent = await session.scalar(
        update(OAuthCode)
        .where(OAuthCode.id == code.id, OAuthCode.used_at.is_(None))
        .values(used_at=now)
        .returning(OAuthCode.id)
        .execution_options(synchronize_session=False)
    )
    if spent is None:
        code.used_at = code.used_at or now
    return spent is not None


async def _forget_codes(session: WriteSession) -> None:
    """Delete codes that are of no use any more, not even to notice that one is used twice."""
    long_ago = datetime.now(UTC) - timedelta(days=1)
    await session.execute(delete(OAuthCode).where(OAuthCode.expires_at < long_ago))
