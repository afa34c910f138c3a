"""People sign up, change their password and set a forgotten one anew."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from typing import Any

import pytest
import structlog
from aiosmtpd.controller import Controller
from sqlalchemy import func, select, update

from app.accounts import members, queries
from app.accounts.limits import RateLimiter
from app.accounts.models import Membership, PasswordReset, Role, Team, User
from app.accounts.self_service import RETRY_SECONDS, NewAccount, SelfService
from app.accounts.service import Accounts
from app.accounts.viewer import Viewer
from app.database import EVERY_TEAM, Database
from app.errors import Conflict, Forbidden, Invalid, RateLimited, Unauthenticated, Unavailable
from app.mail import Mailer
from app.setting_texts import Secret
from app.settings import Settings
from tests.app.accounts.conftest import EMAIL, PASSWORD
from tests.running import eventually
from tests.services import free_port

HERE = "192.0.2.1"
NEW = "another horse"
LINK = re.compile(r"https://farm\.example/reset-password\?token=([A-Za-z0-9_-]{43})")
SETTINGS = Settings(signup="on", public_url="https://farm.example/")


class Inbox:
    """Keeps what an SMTP server is given; refuses as often as it is told to."""

    def __init__(self) -> None:
        self.mails: list[Any] = []
        self.refusals = 0

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        if self.refusals:
            self.refusals -= 1
            return "451 Not now"
        self.mails.append(message_from_bytes(envelope.content))
        return "250 OK"


@pytest.fixture
def smtp() -> Iterator[tuple[str, Inbox]]:
    inbox = Inbox()
    controller = Controller(inbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield f"smtp://127.0.0.1:{controller.port}", inbox
    controller.stop()


def _service(accounts: Accounts, database: Database, settings: Settings = SETTINGS) -> SelfService:
    limiter = RateLimiter("memory://", enabled=True)
    return SelfService(database, limiter, accounts, Mailer(settings), settings)


@asynccontextmanager
async def _sending(service: SelfService) -> AsyncIterator[None]:
    task = asyncio.create_task(service.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _link(service: SelfService, email: str = EMAIL) -> str:
    """The token of the link that the operator is told."""
    with structlog.testing.capture_logs() as lines:
        async with _sending(service):
            await service.request_reset(email, HERE)
            await eventually(lambda: lines)
    (line,) = lines
    found = LINK.fullmatch(line["link"])
    assert found is not None
    return found[1]


async def _viewer(accounts: Accounts, password: str = PASSWORD) -> Viewer:
    pair = await accounts.sign_in(EMAIL, password, HERE)
    return await accounts.authenticate(api_key=None, authorization=f"Bearer {pair.access_token}")


async def test_who_signs_up_owns_a_new_team(accounts: Accounts, database: Database) -> None:
    """Never a member of a team that is there, even of one with the same name."""
    service = _service(accounts, database)
    new = NewAccount(" Ada@Farm.Example ", NEW, "Ada", "My farm")
    pair = await service.sign_up(new, HERE)
    viewer = await accounts.authenticate(api_key=None, authorization=f"Bearer {pair.access_token}")
    assert viewer.role is Role.OWNER
    profile = await accounts.profile(viewer)
    assert (profile.user.email, profile.user.name) == ("ada@farm.example", "Ada")
    assert profile.team.name == "My farm"
    async with database.read(EVERY_TEAM) as session:
        assert await session.scalar(select(func.count(Team.id))) == 2
    assert (await accounts.refresh(pair.refresh_token)).access_token
    nameless = await service.sign_up(NewAccount("bob@farm.example", NEW), HERE)
    viewer = await accounts.authenticate(
        api_key=None, authorization=f"Bearer {nameless.access_token}"
    )
    assert (await accounts.profile(viewer)).team.name == "Team of bob@farm.example"


async def test_signing_up_is_off_unless_it_is_allowed(
    accounts: Accounts, database: Database
) -> None:
    """403, before anything is looked at."""
    with pytest.raises(Forbidden):
        await _service(accounts, database, Settings()).sign_up(NewAccount("x", ""), HERE)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"password": "seven77"}, "password"),
        ({"password": "x" * 1025}, "password"),
        ({"name": "x" * 201}, "name"),
        ({"team_name": "a\x00b"}, "team_name"),
    ],
)
async def test_a_wrong_field_is_named_at_sign_up(
    accounts: Accounts, database: Database, given: dict[str, str], field: str
) -> None:
    """Nothing is made."""
    with pytest.raises(Invalid) as refused:
        await _service(accounts, database).sign_up(
            replace(NewAccount("ada@farm.example", NEW), **given), HERE
        )
    assert refused.value.field == field
    async with database.read(EVERY_TEAM) as session:
        assert await session.scalar(select(func.count(User.id))) == 1


async def test_an_e_mail_is_taken_once(accounts: Accounts, database: Database) -> None:
    """Of eight at once for one e-mail, one gets it; nothing of the others stays."""
    service = _service(accounts, database)
    with pytest.raises(Conflict):
        await service.sign_up(NewAccount(EMAIL.upper(), NEW), HERE)
    answers = await asyncio.gather(
        *(service.sign_up(NewAccount("ada@farm.example", NEW), HERE) for _ in range(8)),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, Conflict) for answer in answers) == 7
    async with database.read(EVERY_TEAM) as session:
        for table in (User, Team, Membership):
            assert await session.scalar(select(func.count(table.id))) == 2


async def test_a_changed_password_ends_the_other_sign_ins(
    accounts: Accounts, database: Database
) -> None:
    """The sign-in that asked goes on, every other one ends at once."""
    service = _service(accounts, database)
    other = await accounts.sign_in(EMAIL, PASSWORD, HERE)
    viewer = await _viewer(accounts)
    with pytest.raises(Invalid) as refused:
        await service.change_password(viewer, "wrong horse", NEW, HERE)
    assert refused.value.field == "current_password"
    with pytest.raises(Invalid) as refused:
        await service.change_password(viewer, PASSWORD, "short", HERE)
    assert refused.value.field == "password"
    await accounts.authenticate(api_key=None, authorization=f"Bearer {other.access_token}")
    await service.change_password(viewer, PASSWORD, NEW, HERE)
    with pytest.raises(Unauthenticated):
        await accounts.authenticate(api_key=None, authorization=f"Bearer {other.access_token}")
    with pytest.raises(Unauthenticated):
        await accounts.refresh(other.refresh_token)
    async with database.read(EVERY_TEAM) as session:
        assert viewer.family is not None
        assert not await queries.family_is_revoked(session, viewer.family)
    with pytest.raises(Unauthenticated):
        await accounts.sign_in(EMAIL, PASSWORD, HERE)
    await accounts.sign_in(EMAIL, NEW, HERE)


async def test_guesses_at_the_present_password_are_limited(
    accounts: Accounts, database: Database
) -> None:
    """As those at signing in are."""
    service = _service(accounts, database)
    viewer = await _viewer(accounts)
    for _ in range(10):
        with pytest.raises(Invalid):
            await service.change_password(viewer, "wrong horse", NEW, HERE)
    with pytest.raises(RateLimited):
        await service.change_password(viewer, PASSWORD, NEW, HERE)


async def test_a_link_sets_a_password_once(accounts: Accounts, database: Database) -> None:
    """Without a mail server the operator is told the link; it works once, and ends sign-ins."""
    service = _service(accounts, database)
    before = await accounts.sign_in(EMAIL, PASSWORD, HERE)
    token = await _link(service, f" {EMAIL.upper()}")
    with pytest.raises(Invalid) as refused:
        await service.reset_password(token, "short", HERE)
    assert refused.value.field == "password"
    answers = await asyncio.gather(
        *(service.reset_password(token, f"{NEW} {number}", HERE) for number in range(4)),
        return_exceptions=True,
    )
    fields = [answer.field for answer in answers if isinstance(answer, Invalid)]
    assert fields == ["token"] * 3
    (winner,) = [number for number, answer in enumerate(answers) if answer is None]
    with pytest.raises(Unauthenticated):
        await accounts.refresh(before.refresh_token)
    with pytest.raises(Unauthenticated):
        await accounts.sign_in(EMAIL, PASSWORD, HERE)
    await accounts.sign_in(EMAIL, f"{NEW} {winner}", HERE)


async def test_only_the_latest_link_works_and_only_for_an_hour(
    accounts: Accounts, database: Database
) -> None:
    """An older link, an old one, and one from before the password was changed are spent."""
    service = _service(accounts, database)
    first = await _link(service)
    second = await _link(service)
    with pytest.raises(Invalid) as refused:
        await service.reset_password(first, NEW, HERE)
    assert refused.value.field == "token"
    hour = timedelta(hours=1)
    async with database.transaction(EVERY_TEAM) as session:
        (stored,) = (await session.scalars(select(PasswordReset))).all()
        assert stored.expires_at - stored.created_at == hour
        assert second.encode() not in stored.token_hash
        await session.execute(update(PasswordReset).values(expires_at=datetime.now(UTC)))
    with pytest.raises(Invalid):
        await service.reset_password(second, NEW, HERE)
    third = await _link(service)
    await members.set_password(database, EMAIL, "a third horse")
    with pytest.raises(Invalid):
        await service.reset_password(third, NEW, HERE)
    await accounts.sign_in(EMAIL, "a third horse", HERE)


async def test_an_unknown_account_looks_the_same(accounts: Accounts, database: Database) -> None:
    """No answer, no link, no row; both cost the request nothing but a place in the line."""
    service = _service(accounts, database)
    with structlog.testing.capture_logs() as lines:
        async with _sending(service):
            await service.request_reset("nobody@farm.example", HERE)
            await eventually(lambda: service._asked.empty())
            await service.request_reset(EMAIL, HERE)
            await eventually(lambda: lines)
    assert [line["user"] for line in lines] == [EMAIL]
    with pytest.raises(Invalid) as refused:
        await service.request_reset("nobody", HERE)
    assert refused.value.field == "email"


async def test_asking_for_links_is_limited(accounts: Accounts, database: Database) -> None:
    """Per account, per address, and by how many can wait."""
    service = _service(accounts, database)
    for number in range(5):
        await service.request_reset(EMAIL, f"198.51.100.{number}")
    with pytest.raises(RateLimited):
        await service.request_reset(EMAIL, HERE)
    for number in range(19):
        await service.request_reset(f"{number}@farm.example", HERE)
    with pytest.raises(RateLimited):
        await service.request_reset("one-more@farm.example", HERE)
    for number in range(76):
        await service.request_reset(f"{number}@farm.test", f"203.0.113.{number}")
    with pytest.raises(Unavailable):
        await service.request_reset("x@farm.test", "203.0.113.200")


async def test_the_link_comes_by_mail(
    accounts: Accounts,
    database: Database,
    smtp: tuple[str, Inbox],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """To the account's address, after a server that was busy, and never into a log."""
    url, inbox = smtp
    inbox.refusals = 1
    monkeypatch.setattr("app.accounts.self_service.RETRY_SECONDS", (0.01, 0.01))
    assert len(RETRY_SECONDS) == 2
    settings = replace(SETTINGS, smtp_url=Secret(url), mail_from="Farm <farm@farm.example>")
    service = _service(accounts, database, settings)
    with structlog.testing.capture_logs() as lines:
        async with _sending(service):
            await service.request_reset(EMAIL, HERE)
            await eventually(lambda: inbox.mails)
    (mail,) = inbox.mails
    assert mail["To"] == EMAIL
    assert mail["From"] == "Farm <farm@farm.example>"
    text = mail.get_payload(decode=True).decode()
    found = LINK.search(text)
    assert found is not None
    assert all("reset-password" not in str(line) for line in lines)
    await service.reset_password(found[1], NEW, HERE)
    await accounts.sign_in(EMAIL, NEW, HERE)


async def test_a_mail_server_that_is_away_is_told_without_the_link(
    accounts: Accounts, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the last try one line says why; the next request is served all the same."""
    monkeypatch.setattr("app.accounts.self_service.RETRY_SECONDS", (0.01,))
    url = Secret(f"smtp://user:secret-word@127.0.0.1:{free_port()}")
    service = _service(accounts, database, replace(SETTINGS, smtp_url=url))
    with structlog.testing.capture_logs() as lines:
        async with _sending(service):
            for _ in range(2):
                lines.clear()
                await service.request_reset(EMAIL, HERE)
                await eventually(lambda: any(line["log_level"] == "warning" for line in lines))
    assert "secret-word" not in str(lines)
    assert "token=" not in str(lines)
