"""Signing in and out, and who a credential belongs to."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import structlog

from app.accounts import queries, tokens
from app.accounts.authentication import Authenticator
from app.accounts.first_start import first_start
from app.accounts.limits import RateLimiter, address_identity
from app.accounts.members import checked_email
from app.accounts.models import Membership, RefreshToken, Team, User
from app.accounts.passwords import hash_password, needs_rehash, verify_password
from app.accounts.secret import farm_secret
from app.accounts.tokens import Application, TokenPair
from app.accounts.viewer import Viewer
from app.database import EVERY_TEAM, Database, WriteSession
from app.errors import DomainError, Invalid, NotFound, Unauthenticated
from app.events import CredentialRevoked
from app.hub import Hub
from app.records import record
from app.settings import Settings

log = structlog.get_logger(__name__)

WRITE_USES_SECONDS = 5.0
FORGET_SECONDS = 3600.0
# What is left to write when the server ends must not hold it up.
FINISH_SECONDS = 2.0


@record
class Profile:
    """The user behind a credential and the team it acts in."""

    user: User
    team: Team


class Accounts(Authenticator):
    """All that has to do with credentials. `start` comes before everything else."""

    def __init__(
        self, database: Database, hub: Hub, limiter: RateLimiter, settings: Settings
    ) -> None:
        super().__init__(database, hub)
        self._limiter = limiter
        self._settings = settings

    async def start(self) -> str:
        """Make what the settings ask for at first start; returns the farm's secret."""
        given = self._settings.secret_key
        secret = await farm_secret(self._database, None if given is None else given.reveal())
        self.unlock(secret)
        for hint in await first_start(self._database, self._settings):
            log.warning(hint)
        return secret

    async def run(self) -> None:
        """Write when keys were last used, and forget old sign-ins, until cancelled."""
        forget_at = 0.0
        try:
            while True:
                if time.monotonic() >= forget_at:
                    await self._forget_sign_ins()
                    forget_at = time.monotonic() + FORGET_SECONDS
                await asyncio.sleep(WRITE_USES_SECONDS)
                await self.write_uses()
        finally:
            await asyncio.shield(self._finish())

    async def _finish(self) -> None:
        try:
            async with asyncio.timeout(FINISH_SECONDS):
                await self.write_uses()
                await self._limiter.close()
        except TimeoutError:
            log.warning("the last uses of keys were not written")

    async def _forget_sign_ins(self) -> None:
        before = datetime.now(UTC) - timedelta(days=tokens.REFRESH_DAYS)
        try:
            async with self._database.transaction(EVERY_TEAM) as session:
                await queries.forget_sign_ins(session, before)
        except DomainError as error:
            log.warning("old sign-ins could not be forgotten", reason=error.message)

    async def sign_in(
        self, email: str, password: str, address: str, team: str | None = None
    ) -> TokenPair:
        """A pair of tokens that act in a team (its UUID) of the user, the first one without it.

        Raises `Unauthenticated` (INVALID_CREDENTIALS) or `RateLimited`, and `Invalid` for a team
        that the user is not in. The time taken does not tell whether the account exists.
        """
        user = await self.check_password(email, password, address)
        checked = user.password_hash
        rehashed = await hash_password(password) if needs_rehash(checked) else checked
        async with self._database.transaction(EVERY_TEAM) as session:
            locked = await queries.lock_user(session, user.id)
            if locked is None or locked.password_hash != checked:  # changed in this very moment
                raise Unauthenticated("E-mail or password is wrong.", code="INVALID_CREDENTIALS")
            membership = await _chosen(session, locked.id, team)
            locked.password_hash = rehashed
            return self.issue(session, locked, membership.team_id, uuid4())

    async def check_password(self, email: str, password: str, address: str) -> User:
        """The user with this password, which says who they are and nothing more.

        Raises `Unauthenticated` (INVALID_CREDENTIALS) or `RateLimited`. The time taken does not
        tell whether the account exists.
        """
        email = email.strip().lower()
        await self._limiter.require("sign-in.address", address_identity(address))
        await self._limiter.require("sign-in.account", email)
        user = await self._user_by_email(email)
        good = await verify_password(None if user is None else user.password_hash, password)
        if user is None or not good:
            raise Unauthenticated("E-mail or password is wrong.", code="INVALID_CREDENTIALS")
        # Only guesses count: whoever knows the password may sign in as often as they like.
        await self._limiter.give_back("sign-in.address", address_identity(address))
        await self._limiter.give_back("sign-in.account", email)
        return user

    async def _user_by_email(self, email: str) -> User | None:
        try:
            email = checked_email(email)
        except Invalid:
            return None  # no account can have it, and not every database can look for it
        async with self._database.read(EVERY_TEAM) as session:
            return await queries.user_by_email(session, email)

    async def refresh(self, token: str) -> TokenPair:
        """A new pair for a refresh token, which is spent by it.

        A token that was spent before ends its whole family: somebody else has a copy. Raises
        `Unauthenticated` (INVALID_TOKEN, TOKEN_EXPIRED).
        """
        now = datetime.now(UTC)
        async with self._database.transaction(EVERY_TEAM) as session:
            found = await queries.refresh_token(session, tokens.digest(token))
            if found is None or found.client_id is not None:  # an application's: not for here
                raise Unauthenticated("The refresh token is not valid.", code="INVALID_TOKEN")
            user = await queries.user_by_id(session, found.user_id)
            expired = found.expires_at <= now
            # Another token of the family may have been revoked while this one was being made.
            ended = await queries.family_is_revoked(session, found.family)
            spent = not (expired or ended) and await queries.spend_refresh_token(
                session, found.id, now
            )
            if spent and user is not None:
                member = await queries.member_by_uid(session, user.uid, found.team_id)
                if member is not None:
                    return self.issue(session, user, found.team_id, found.family)
            if not expired:
                await self.end_family(session, found.team_id, found.family)
        if expired:
            raise Unauthenticated("The refresh token has expired.", code="TOKEN_EXPIRED")
        said = "The sign-in was ended." if ended else "The refresh token was used before."
        raise Unauthenticated(said, code="INVALID_TOKEN")

    async def sign_out(self, token: str) -> None:
        """End the sign-in a refresh token belongs to. An unknown token changes nothing."""
        async with self._database.transaction(EVERY_TEAM) as session:
            found = await queries.refresh_token(session, tokens.digest(token))
            if found is not None:
                await self.end_family(session, found.team_id, found.family)

    async def profile(self, viewer: Viewer) -> Profile:
        """The user and team of a viewer."""
        async with self._database.read(EVERY_TEAM) as session:
            user = await queries.user_by_id(session, viewer.user_id)
            team = await queries.team_by_id(session, viewer.team_id)
        if user is None or team is None:
            raise NotFound("The user or the team is gone.")
        return Profile(user, team)

    def issue(
        self,
        session: WriteSession,
        user: User,
        team_id: int,
        family: UUID,
        application: Application | None = None,
    ) -> TokenPair:
        """The next pair of a sign-in, or of an application's; `family` names it."""
        now = datetime.now(UTC)
        refresh = tokens.new_refresh_token()
        session.add(
            RefreshToken(
                user_id=user.id,
                team_id=team_id,
                family=family,
                token_hash=tokens.digest(refresh),
                created_at=now,
                expires_at=now + timedelta(days=tokens.REFRESH_DAYS),
                client_id=None if application is None else application.client_id,
                scopes=None if application is None else list(application.scopes),
            )
        )
        return TokenPair(self.signer.sign(user.uid, team_id, family, application), refresh)

    async def end_family(self, session: WriteSession, team_id: int, family: UUID) -> None:
        """End a sign-in: its tokens stop working everywhere at once."""
        await queries.revoke_family(session, family, datetime.now(UTC))
        session.raise_event(CredentialRevoked(team_id=team_id, family=family))


async def _chosen(session: WriteSession, user_id: int, team: str | None) -> Membership:
    """The membership in the team that was asked for, by its UUID; without one the first."""
    if team is None:
        membership = await queries.default_membership(session, user_id)
        if membership is None:
            raise Unauthenticated("You are in no team any more.", code="INVALID_CREDENTIALS")
        return membership
    for membership, found in await queries.memberships_with_teams(session, user_id):
        if str(found.uid) == team.strip().lower():
            return membership
    raise Invalid("You are in no such team.", field="team")
