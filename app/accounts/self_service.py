"""What people do about their own account: sign up, change the password or set it anew."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import structlog
from sqlalchemy.exc import IntegrityError

from app.accounts import queries, reset_queries, tokens
from app.accounts.limits import RateLimiter, address_identity
from app.accounts.members import MAX_NAME, check_password, checked_email
from app.accounts.models import Membership, PasswordReset, Role, Team, User
from app.accounts.passwords import hash_password, verify_password
from app.accounts.service import Accounts
from app.accounts.tokens import TokenPair
from app.accounts.viewer import Viewer
from app.database import EVERY_TEAM, Database, WriteSession
from app.errors import Conflict, DomainError, Forbidden, Invalid, NotFound, Unavailable
from app.events import CredentialRevoked
from app.mail import Mailer
from app.records import record
from app.settings import Settings
from app.texts import optional

log = structlog.get_logger(__name__)

RESET_PATH = "/reset-password"
RESET_SECONDS = 3600
# Requests for a link that wait to be worked on; beyond it they are refused.
WAITING_BOUND = 100
# Seconds before each further try to hand a mail over.
RETRY_SECONDS = (2.0, 10.0)
_SUBJECT = "Your new password"
_MAIL = """Somebody, hopefully you, asked to set a new password for {email}.

Open this link within an hour; it works once:

{link}

If it was not you, there is nothing to do: your password is still the old one.
"""


@record
class NewAccount:
    """Who signs up, and what their new team is called."""

    email: str
    password: str
    name: str | None = None
    team_name: str | None = None


class SelfService:
    """`run` sends the links that were asked for."""

    def __init__(
        self,
        database: Database,
        limiter: RateLimiter,
        accounts: Accounts,
        mailer: Mailer,
        settings: Settings,
    ) -> None:
        self._database = database
        self._limiter = limiter
        self._accounts = accounts
        self._mailer = mailer
        self._settings = settings
        self._asked: asyncio.Queue[str] = asyncio.Queue(WAITING_BOUND)

    async def sign_up(self, new: NewAccount, address: str) -> TokenPair:
        """A new user, owner of a new team, signed in.

        Raises `Forbidden` unless the settings allow it, `Invalid` naming the field, `Conflict` for
        a taken e-mail, `RateLimited`.
        """
        if self._settings.signup != "on":
            raise Forbidden("Nobody can sign up here; ask an owner to add you.")
        await self._limiter.require("sign-up.address", address_identity(address))
        email = checked_email(new.email)
        check_password(new.password)
        name = optional(new.name, "name", MAX_NAME)
        team_name = optional(new.team_name, "team_name", MAX_NAME)
        password_hash = await hash_password(new.password)
        now = datetime.now(UTC)
        try:
            async with self._database.transaction(EVERY_TEAM) as session:
                user = User(email=email, name=name, password_hash=password_hash, created_at=now)
                team = Team(name=team_name or f"Team of {name or email}"[:MAX_NAME], created_at=now)
                session.add_all([user, team])
                await session.flush()
                session.add(
                    Membership(user_id=user.id, team_id=team.id, role=Role.OWNER, created_at=now)
                )
                return self._accounts.issue(session, user, team.id, uuid4())
        except IntegrityError:
            raise Conflict("There is a user with this e-mail already.", field="email") from None

    async def change_password(
        self, viewer: Viewer, current: str, password: str, address: str
    ) -> None:
        """A new password for who asks. Every other sign-in of theirs ends.

        Raises `Invalid` naming the field, also when `current` is wrong, or `RateLimited`.
        """
        check_password(password)
        await self._limiter.require("sign-in.address", address_identity(address))
        async with self._database.read(EVERY_TEAM) as session:
            user = await queries.user_by_id(session, viewer.user_id)
        if user is None:
            raise NotFound("The user is gone.")
        await self._limiter.require("sign-in.account", user.email)
        checked = user.password_hash
        if not await verify_password(checked, current):
            raise Invalid("This is not the current password.", field="current_password")
        password_hash = await hash_password(password)
        async with self._database.transaction(EVERY_TEAM) as session:
            found = await queries.lock_user(session, viewer.user_id)
            if found is None or found.password_hash != checked:  # changed in this very moment
                raise Invalid("This is not the current password.", field="current_password")
            await _set_password(session, found, password_hash, keep=viewer.family)

    async def request_reset(self, email: str, address: str) -> None:
        """Ask for a link that sets a new password, mailed if there is such an account.

        Neither the answer nor its time tells whether there is. Raises `Invalid`, `RateLimited`, or
        `Unavailable` when too many wait already.
        """
        email = checked_email(email)
        await self._limiter.require("password-reset.address", address_identity(address))
        await self._limiter.require("password-reset.account", email)
        try:
            self._asked.put_nowait(email)
        except asyncio.QueueFull:
            raise Unavailable("Too many people ask for this now, try again later.") from None

    async def reset_password(self, token: str, password: str, address: str) -> None:
        """Set the password of the account a link is for; the link is spent by it.

        Every sign-in of the user ends. Raises `Invalid` naming the field, or `RateLimited`.
        """
        check_password(password)
        await self._limiter.require("sign-in.address", address_identity(address))
        digest = tokens.digest(token)
        async with self._database.read(EVERY_TEAM) as session:
            if not await reset_queries.is_good(session, digest, datetime.now(UTC)):
                raise _spent()
        password_hash = await hash_password(password)
        async with self._database.transaction(EVERY_TEAM) as session:
            user_id = await reset_queries.use_reset(session, digest, datetime.now(UTC))
            user = None if user_id is None else await queries.lock_user(session, user_id)
            if user is None:
                raise _spent()
            await _set_password(session, user, password_hash, keep=None)
        # Guesses at the old password shall not keep out whoever has just proved to be the user.
        await self._limiter.forget("sign-in.account", user.email)

    async def run(self) -> None:
        """Send the links that are asked for, one after the other, until cancelled."""
        while True:
            email = await self._asked.get()
            try:
                await self._send_link(email)
            except DomainError as error:
                log.warning("a link for a new password was not sent", reason=error.message)

    async def _send_link(self, email: str) -> None:
        token = tokens.new_reset_token()
        now = datetime.now(UTC)
        async with self._database.transaction(EVERY_TEAM) as session:
            user = await queries.user_by_email(session, email)
            if user is None:
                return
            reset = PasswordReset(
                user_id=user.id,
                token_hash=tokens.digest(token),
                created_at=now,
                expires_at=now + timedelta(seconds=RESET_SECONDS),
            )
            await reset_queries.replace_reset(session, reset, now)
        settings = self._settings
        base = settings.public_url or f"http://{settings.host}:{settings.port}"
        link = f"{base.rstrip('/')}{RESET_PATH}?token={token}"
        if not self._mailer.available:
            # The operator is the only one who can pass it on; it is told this once.
            log.warning("a new password was asked for; hand this link over", user=email, link=link)
            return
        await self._mail(email, link)

    async def _mail(self, email: str, link: str) -> None:
        text = _MAIL.format(email=email, link=link)
        for pause in RETRY_SECONDS:
            try:
                return await self._mailer.send(email, _SUBJECT, text)
            except Unavailable as error:
                log.info("a mail is tried again", reason=error.message)
                await asyncio.sleep(pause)
        return await self._mailer.send(email, _SUBJECT, text)


def _spent() -> Invalid:
    return Invalid("This link was used before or is too old; ask for a new one.", field="token")


async def _set_password(
    session: WriteSession, user: User, password_hash: str, *, keep: UUID | None
) -> None:
    now = datetime.now(UTC)
    user.password_hash = password_hash
    await reset_queries.forget_resets(session, user.id)
    for team_id, family in await reset_queries.end_sign_ins(session, user.id, now, keep):
        session.raise_event(CredentialRevoked(team_id=team_id, family=family))
