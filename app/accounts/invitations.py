"""Links that ask people without an account into a team: sent, shown, accepted."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import structlog
from sqlalchemy import ColumnElement, select, update
from sqlalchemy.exc import IntegrityError

from app import texts
from app.accounts import members, queries, teams, tokens
from app.accounts.limits import RateLimiter, address_identity
from app.accounts.models import Invitation, Membership, Team, User
from app.accounts.passwords import hash_password, verify_password
from app.accounts.viewer import Viewer
from app.database import EVERY_TEAM, Database, ReadSession, WriteSession
from app.errors import Conflict, DomainError, NotFound, Unauthenticated, Unavailable
from app.mail import Mailer
from app.records import record
from app.settings import Settings

log = structlog.get_logger(__name__)

PATH = "/invitation"
WAITING_BOUND = 1_000
# Seconds before each further try to hand a mail over.
RETRY_SECONDS = (5.0, 30.0, 120.0)
_SUBJECT = "You are invited to {team}"
_MAIL = """{inviter} invites you to the team {team} on Spoolgraph.

This link is good for {days} days:

{link}

If you do not know what this is about, there is nothing to do.
"""


@record
class OpenInvitation:
    """An invitation as its page shows it."""

    email: str
    team_name: str
    inviter: str | None
    has_account: bool


@record
class _Waiting:
    email: str
    team_id: int
    invited_by: int
    token: str


class Invitations:
    """`run` sends the links; `accept` makes members of whoever follows them."""

    def __init__(
        self, database: Database, limiter: RateLimiter, settings: Settings, mailer: Mailer
    ) -> None:
        self._database = database
        self._limiter = limiter
        self._settings = settings
        self._mailer = mailer
        self._waiting: asyncio.Queue[_Waiting] = asyncio.Queue(WAITING_BOUND)

    def send(self, added: teams.Added) -> None:
        """Have the link of a new invitation sent. Does nothing for somebody who was added."""
        if added.invitation is None or added.token is None:
            return
        asked = added.invitation
        waiting = _Waiting(asked.email, asked.team_id, asked.invited_by or 0, added.token)
        try:
            self._waiting.put_nowait(waiting)
        except asyncio.QueueFull:
            log.warning("an invitation was not sent: too many wait", invitation=asked.id)

    async def run(self) -> None:
        """Send links, one after the other, until cancelled."""
        while True:
            waiting = await self._waiting.get()
            try:
                await self._send(waiting)
            except DomainError as error:
                log.warning("an invitation was not sent", reason=error.message)

    async def _send(self, waiting: _Waiting) -> None:
        settings = self._settings
        base = settings.public_url or f"http://{settings.host}:{settings.port}"
        link = f"{base.rstrip('/')}{PATH}?token={waiting.token}"
        if not self._mailer.available:
            # The operator is the only one who can pass it on; it is told this once.
            log.warning("somebody was invited; hand this link over", user=waiting.email, link=link)
            return
        async with self._database.read(EVERY_TEAM) as session:
            team = await queries.team_by_id(session, waiting.team_id)
            inviter = await queries.user_by_id(session, waiting.invited_by)
        named = "Somebody" if inviter is None else inviter.name or inviter.email
        name = "a team" if team is None else team.name
        text = _MAIL.format(inviter=named, team=name, link=link, days=teams.INVITATION_DAYS)
        await self._deliver(waiting.email, _SUBJECT.format(team=name), text)

    async def _deliver(self, to: str, subject: str, text: str) -> None:
        for pause in RETRY_SECONDS:
            try:
                return await self._mailer.send(to, subject, text)
            except Unavailable as error:
                log.info("a mail is tried again", reason=error.message)
                await asyncio.sleep(pause)
        return await self._mailer.send(to, subject, text)

    async def show(self, token: str) -> OpenInvitation:
        """What a link is for. Raises `NotFound` when it is not good any more."""
        async with self._database.read(EVERY_TEAM) as session:
            invitation = await _good(session, token)
            team = await queries.team_by_id(session, invitation.team_id)
            inviter = None
            if invitation.invited_by is not None:
                inviter = await queries.user_by_id(session, invitation.invited_by)
            user = await queries.user_by_email(session, invitation.email)
        return OpenInvitation(
            email=invitation.email,
            team_name="" if team is None else team.name,
            inviter=None if inviter is None else inviter.name or inviter.email,
            has_account=user is not None,
        )

    async def accept(self, token: str, password: str, name: str | None, address: str) -> Team:
        """Make the invited person a member: with the password of their account when they have one
        by now, otherwise of a new account with this password and name.

        Raises `NotFound` for a link that is not good any more, `Unauthenticated` for a wrong
        password, `Invalid` naming the field, `RateLimited`.
        """
        await self._limiter.require("sign-in.address", address_identity(address))
        async with self._database.read(EVERY_TEAM) as session:
            email = (await _good(session, token)).email
            user = await queries.user_by_email(session, email)
        if user is not None:
            await self._limiter.require("sign-in.account", email)
            if not await verify_password(user.password_hash, password):
                raise Unauthenticated("The password is wrong.", code="INVALID_CREDENTIALS")
            return await self._join(token, user.id)
        members.check_password(password)
        name = texts.optional(name, "name", members.MAX_NAME)
        password_hash = await hash_password(password)
        new = User(email=email, name=name, password_hash=password_hash)
        try:
            return await self._join(token, new)
        except IntegrityError:
            raise Conflict("There is an account by now; open the link again.") from None

    async def accept_as(self, viewer: Viewer, token: str) -> Team:
        """Make a signed-in person a member. Raises `NotFound` unless the link is theirs."""
        async with self._database.read(EVERY_TEAM) as session:
            invitation = await _good(session, token)
            user = await queries.user_by_id(session, viewer.user_id)
        if user is None or user.email != invitation.email:
            raise _gone()
        return await self._join(token, viewer.user_id)

    async def _join(self, token: str, who: int | User) -> Team:
        """Spend the link and make the member, in one transaction."""
        now = datetime.now(UTC)
        async with self._database.transaction(EVERY_TEAM) as session:
            invitation = await _spend(session, token, now)
            if isinstance(who, User):
                who.created_at = now
                session.add(who)
                await session.flush()
                who = who.id
            if not await _is_member(session, invitation.team_id, who):
                await teams.join(session, invitation.team_id, who, invitation.role)
            team = await queries.team_by_id(session, invitation.team_id)
        if team is None:
            raise _gone()
        return team


def _gone() -> NotFound:
    return NotFound("This invitation was used, taken back or is too old.", field="token")


def _is_good(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        Invitation.accepted_at.is_(None),
        Invitation.revoked_at.is_(None),
        Invitation.expires_at > now,
    )


async def _good(session: ReadSession, token: str) -> Invitation:
    found: Invitation | None = await session.scalar(
        select(Invitation).where(
            Invitation.token_hash == tokens.digest(token),
            *_is_good(datetime.now(UTC)),
        )
    )
    if found is None:
        raise _gone()
    return found


async def _spend(session: WriteSession, token: str, now: datetime) -> Invitation:
    """Mark an invitation as accepted; only the first one who comes gets it."""
    found: Invitation | None = await session.scalar(
        update(Invitation)
        .where(Invitation.token_hash == tokens.digest(token), *_is_good(now))
        .values(accepted_at=now)
        .returning(Invitation)
    )
    if found is None:
        raise _gone()
    return found


async def _is_member(session: WriteSession, team_id: int, user_id: int) -> bool:
    return (
        await session.scalar(
            select(Membership.id).where(
                Membership.team_id == team_id, Membership.user_id == user_id
            )
        )
        is not None
    )
