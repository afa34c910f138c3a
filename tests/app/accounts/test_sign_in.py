"""Signing in under odd input and races; nothing secret is ever shown."""

from __future__ import annotations

import asyncio
import dataclasses
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import uuid4

import pytest
import structlog
from argon2 import PasswordHasher
from sqlalchemy import select, update

from app.accounts import members, passwords, queries, tokens
from app.accounts.keys import NewApiKey, create_key, revoke_key
from app.accounts.models import Membership, RefreshToken, Role, User
from app.accounts.service import Accounts
from app.database import EVERY_TEAM, Database
from app.errors import Conflict, RateLimited, Unauthenticated, Unavailable
from app.hub import EVENT, Hub, Message
from tests.app.accounts.conftest import EMAIL, PASSWORD


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("nul\x00@farm.example", PASSWORD),
        ("half\ud800@farm.example", PASSWORD),
        ("x" * 100_000 + "@farm.example", PASSWORD),
        ("", ""),
        (EMAIL, "\ud800 half a pair"),
        (EMAIL, "x" * 2_000),
        (EMAIL, PASSWORD + "\x00"),
    ],
)
async def test_strange_input_is_a_wrong_password(
    accounts: Accounts, email: str, password: str
) -> None:
    """Whatever text arrives, the answer is INVALID_CREDENTIALS and nothing fails."""
    with pytest.raises(Unauthenticated) as refused:
        await accounts.sign_in(email, password, "192.0.2.1")
    assert refused.value.code == "INVALID_CREDENTIALS"


async def test_an_unknown_account_costs_one_hash_too(
    accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each refused sign-in runs argon2 exactly once, with today's parameters."""
    worked: list[str] = []

    class Counting(PasswordHasher):
        def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
            worked.append("argon2")
            return super().hash(password, salt=salt)

        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
            worked.append("argon2")
            return super().verify(hash, password)

    monkeypatch.setattr(passwords, "_hasher", Counting())
    for email in (EMAIL, "nobody@farm.example", "no e-mail at all"):
        worked.clear()
        with pytest.raises(Unauthenticated):
            await accounts.sign_in(email, "wrong password", "192.0.2.1")
        assert worked == ["argon2"]


async def test_an_old_hash_is_renewed_at_sign_in(accounts: Accounts, database: Database) -> None:
    """A hash with weaker parameters is replaced by one with today's, for the same password."""
    weak = PasswordHasher(time_cost=1, memory_cost=8_192, parallelism=1).hash(PASSWORD)
    async with database.transaction(EVERY_TEAM) as session:
        await session.execute(update(User).values(password_hash=weak))
    await accounts.sign_in(EMAIL, PASSWORD, "192.0.2.1")
    async with database.read(EVERY_TEAM) as session:
        stored = await session.scalar(select(User.password_hash))
    assert stored is not None
    assert stored != weak
    assert not passwords.needs_rehash(stored)
    await accounts.sign_in(EMAIL, PASSWORD, "192.0.2.1")


async def test_a_password_changed_during_sign_in_wins(
    accounts: Accounts, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old password opens no session any more, and does not come back by a rehash."""

    async def changed_meanwhile(stored: str | None, password: str) -> bool:
        good = await passwords.verify_password(stored, password)
        await members.set_password(database, EMAIL, "the new password")
        return good

    with monkeypatch.context() as patch:
        patch.setattr("app.accounts.service.verify_password", changed_meanwhile)
        with pytest.raises(Unauthenticated):
            await accounts.sign_in(EMAIL, PASSWORD, "192.0.2.1")
    await accounts.sign_in(EMAIL, "the new password", "192.0.2.1")


async def test_hashing_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Past the bound a sign-in is refused at once instead of waiting for ever."""
    monkeypatch.setattr(passwords, "WAITING_BOUND", 2)
    results = await asyncio.gather(
        *(passwords.hash_password("password") for _ in range(5)), return_exceptions=True
    )
    assert [isinstance(item, Unavailable) for item in results] == [False] * 2 + [True] * 3


async def test_a_token_born_while_its_family_ends_is_dead(
    accounts: Accounts, database: Database
) -> None:
    """A refresh token that escaped the revocation of its family is refused all the same."""
    pair = await accounts.sign_in(EMAIL, PASSWORD, "192.0.2.1")
    second = await accounts.refresh(pair.refresh_token)
    async with database.transaction(EVERY_TEAM) as session:
        await session.execute(
            update(RefreshToken)
            .where(RefreshToken.token_hash == tokens.digest(pair.refresh_token))
            .values(revoked_at=datetime.now(UTC))
        )
    with pytest.raises(Unauthenticated) as refused:
        await accounts.refresh(second.refresh_token)
    assert refused.value.code == "INVALID_TOKEN"


async def test_old_sign_ins_are_forgotten(accounts: Accounts, database: Database) -> None:
    """Expired tokens go; a revoked family stays as long as one token of it could be used."""
    now = datetime.now(UTC)
    alive, ended = uuid4(), uuid4()
    old, fresh = now - timedelta(days=30), now + timedelta(days=1)
    rows = [  # family, expires, revoked
        (alive, old, None),
        (alive, fresh, None),
        (ended, old, now),
        (ended, fresh, None),
        (uuid4(), old, now),
    ]
    async with database.transaction(EVERY_TEAM) as session:
        user = await queries.user_by_email(session, EMAIL)
        assert user is not None
        membership = await queries.default_membership(session, user.id)
        assert membership is not None
        session.add_all(
            RefreshToken(
                user_id=user.id,
                team_id=membership.team_id,
                family=family,
                token_hash=uuid4().bytes * 2,
                created_at=old,
                expires_at=expires_at,
                revoked_at=revoked_at,
            )
            for family, expires_at, revoked_at in rows
        )
        await session.flush()
        assert await queries.forget_sign_ins(session, now) == 2
        left = await session.scalars(select(RefreshToken.family))
        assert Counter(left) == {alive: 1, ended: 2}
        assert await queries.family_is_revoked(session, ended)


async def test_two_owners_cannot_demote_each_other(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two demotions that begin at the same moment one is refused: an owner stays."""
    database = Database(postgres_url)
    emails = (EMAIL, "second@farm.example")
    for email in emails:
        await members.create_user(database, email, PASSWORD, role=Role.OWNER)
    both_looked = asyncio.Barrier(2)
    look_up = queries.default_membership

    async def meet(session: queries.Session, user_id: int) -> Membership | None:
        found = await look_up(session, user_id)
        await both_looked.wait()
        return found

    monkeypatch.setattr(queries, "default_membership", meet)
    results = await asyncio.gather(
        *(members.set_role(database, email, Role.VIEWER) for email in emails),
        return_exceptions=True,
    )
    assert [type(item) for item in results if item is not None] == [Conflict]
    await database.close()


@pytest.fixture
def said() -> Iterator[list[structlog.typing.EventDict]]:
    """Everything that is logged, at every level."""
    with structlog.testing.capture_logs() as entries:
        yield entries


async def test_no_secret_is_logged_shown_or_told(
    accounts: Accounts,
    database: Database,
    hub: Hub,
    said: list[structlog.typing.EventDict],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Logs, errors, reprs and messages of a whole life of credentials hold none of them."""
    caplog.set_level(0)
    told: list[Message] = []
    hub.listen(EVENT, told.append)
    shown: list[str] = []
    pair = await accounts.sign_in(EMAIL, PASSWORD, "192.0.2.1")
    viewer = await accounts.authenticate(api_key=None, authorization=f"Bearer {pair.access_token}")
    async with database.transaction(viewer.team_id) as session:
        row, value = await create_key(session, viewer, NewApiKey("k"))
    by_key = await accounts.authenticate(api_key=value, authorization=None)
    async with database.transaction(viewer.team_id) as session:
        await revoke_key(session, viewer, row.id)
    second = await accounts.refresh(pair.refresh_token)
    for attempt in (
        accounts.sign_in(EMAIL, "my wrong password", "192.0.2.1"),
        accounts.refresh(pair.refresh_token),
        accounts.authenticate(api_key=value, authorization=None),
        accounts.authenticate(api_key=None, authorization=f"Bearer {second.access_token}"),
        accounts.authenticate(api_key=None, authorization=f"Bearer {pair.access_token}x"),
    ):
        with pytest.raises(Unauthenticated) as refused:
            await attempt
        shown.append(repr(refused.value) + str(refused.value))
    await members.set_password(database, EMAIL, "another password")
    shown += [repr(item) for item in (pair, second, viewer, by_key, row, accounts)]
    shown += [repr(dataclasses.asdict(viewer)), repr(said), caplog.text]
    shown += [message.body.decode() for message in told]
    assert len(told) >= 3
    text = "\n".join(shown)
    for secret in (
        PASSWORD,
        "my wrong password",
        "another password",
        pair.access_token,
        pair.refresh_token,
        second.access_token,
        second.refresh_token,
        value,
    ):
        assert secret not in text


async def test_only_guesses_are_limited(accounts: Accounts) -> None:
    """Who knows the password signs in as often as they like, and guesses still count."""
    for _ in range(9):
        with pytest.raises(Unauthenticated):
            await accounts.sign_in(EMAIL, "a wrong guess", "192.0.2.1")
    for _ in range(3):
        await accounts.sign_in(EMAIL, PASSWORD, "192.0.2.1")
    with pytest.raises(Unauthenticated):
        await accounts.sign_in(EMAIL, "a wrong guess", "192.0.2.1")
    with pytest.raises(RateLimited):
        await accounts.sign_in(EMAIL, PASSWORD, "192.0.2.1")
