"""Keys and tokens under a magnifying glass: forms, races, what is remembered, what is shown."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID, uuid4

import jwt
import pytest
import structlog
from argon2 import PasswordHasher
from sqlalchemy import delete, select, update

from app.accounts import authentication, members, passwords, queries, tokens
from app.accounts.authentication import Authenticator, is_revoked_by
from app.accounts.keys import NewApiKey, create_key, list_keys, revoke_key
from app.accounts.limits import RateLimiter
from app.accounts.models import ApiKey, Membership, RefreshToken, Role, Scope, User
from app.accounts.service import Accounts
from app.accounts.tokens import TokenSigner
from app.accounts.viewer import Viewer
from app.database import EVERY_TEAM, Database
from app.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated, Unavailable
from app.events import CredentialRevoked
from app.farm_events.service import decode, encode
from app.hub import EVENT, Hub, Message
from app.settings import Settings
from tests.app.accounts.conftest import EMAIL, PASSWORD
from tests.farm import make_viewer, with_scopes

USER = UUID("01890f3e-0000-7000-8000-000000000001")
FAMILY = UUID("01890f3e-0000-7000-8000-000000000002")


def _claims(signer: TokenSigner, **changes: object) -> str:
    """A token signed with the right key, with these claims changed (None: left out)."""
    now = datetime.now(UTC)
    claims: dict[str, object] = {
        "sub": str(USER),
        "team": 1,
        "family": str(FAMILY),
        "aud": "spoolgraph",
        "iat": now,
        "exp": now + timedelta(minutes=30),
        "jti": uuid4().hex,
    } | changes
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(kept, signer._key, algorithm="HS256")


def test_an_access_token_lives_thirty_minutes() -> None:
    """The claims come back, the header names the key, the expiry is 1800 s ahead."""
    signer = TokenSigner("secret")
    before = datetime.now(UTC)
    token = signer.sign(USER, 7, FAMILY)
    claims = signer.read(token)
    assert (claims.user_uid, claims.team_id, claims.family) == (USER, 7, FAMILY)
    lasts = (claims.expires_at - before).total_seconds()
    assert 1799 <= lasts <= 1801
    assert len(jwt.get_unverified_header(token)["kid"]) == 8


@pytest.mark.parametrize("claim", ["exp", "sub", "iat", "jti", "aud", "team", "family"])
def test_a_token_without_a_claim_is_refused(claim: str) -> None:
    """Even a token that is signed rightly needs every claim."""
    signer = TokenSigner("secret")
    signer.read(_claims(signer))
    with pytest.raises(Unauthenticated) as refused:
        signer.read(_claims(signer, **{claim: None}))
    assert refused.value.code == "INVALID_TOKEN"


def test_an_expired_token_says_so_after_the_leeway() -> None:
    """Ten seconds of clock skew are forgiven, more is TOKEN_EXPIRED."""
    signer = TokenSigner("secret")
    now = datetime.now(UTC)
    signer.read(_claims(signer, exp=now - timedelta(seconds=5)))
    with pytest.raises(Unauthenticated) as refused:
        signer.read(_claims(signer, exp=now - timedelta(seconds=12)))
    assert refused.value.code == "TOKEN_EXPIRED"


def test_a_token_for_others_or_of_another_farm_is_refused() -> None:
    """Another audience and another secret are both INVALID_TOKEN."""
    signer = TokenSigner("secret")
    for token in (_claims(signer, aud="other"), TokenSigner("other").sign(USER, 1, FAMILY)):
        with pytest.raises(Unauthenticated) as refused:
            signer.read(token)
        assert refused.value.code == "INVALID_TOKEN"


def test_a_made_key_shows_its_prefix_and_a_chosen_one_next_to_nothing() -> None:
    """The visible part never helps to guess the rest."""
    made = tokens.new_api_key()
    assert len(made) == 55
    assert tokens.visible_prefix(made) == made[:11]
    assert tokens.visible_prefix("short-secret") == ""
    assert tokens.visible_prefix("sg_hunter2hunter2_x") == ""
    assert tokens.visible_prefix("a-long-key-that-was-chosen-by-hand") == "a-lo"


async def test_a_key_stands_in_the_database_as_a_hash_only(
    accounts: Accounts, database: Database
) -> None:
    """Its SHA-256 is stored; two keys never have anything in common but `sg_`."""
    viewer = await make_viewer(database)
    async with database.transaction(viewer.team_id) as session:
        row, value = await create_key(session, viewer, NewApiKey("one"))
        _, another = await create_key(session, viewer, NewApiKey("two"))
    assert row.secret_hash == tokens.digest(value)
    assert len(row.secret_hash) == 32
    assert row.scopes == [scope.value for scope in Scope]
    assert value[:11] != another[:11]
    assert value not in repr(vars(row))


async def test_bad_keys_are_not_made(accounts: Accounts, database: Database) -> None:
    """Every refusal names its field, and nothing is stored."""
    viewer = await make_viewer(database)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    for new, field in (
        (NewApiKey(""), "name"),
        (NewApiKey("x" * 201), "name"),
        (NewApiKey("nul\x00"), "name"),
        (NewApiKey("k", scopes=()), "scopes"),
        (NewApiKey("k", expires_at=datetime(2020, 1, 1, tzinfo=UTC)), "expires_at"),
        (NewApiKey("k", expires_at=tomorrow.replace(tzinfo=None)), "expires_at"),
    ):
        with pytest.raises(Invalid) as refused:
            async with database.transaction(viewer.team_id) as session:
                await create_key(session, viewer, new)
        assert refused.value.field == field
    async with database.read(viewer.team_id) as session:
        assert await list_keys(session, viewer) == []


async def test_keys_need_the_scope_admin(accounts: Accounts, database: Database) -> None:
    """Without it keys are neither made, listed nor revoked."""
    viewer = with_scopes(await make_viewer(database), Scope.READ, Scope.CONTROL)
    async with database.transaction(viewer.team_id) as session:
        with pytest.raises(Forbidden):
            await create_key(session, viewer, NewApiKey("k"))
        with pytest.raises(Forbidden):
            await list_keys(session, viewer)
        with pytest.raises(Forbidden):
            await revoke_key(session, viewer, 1)


async def test_a_key_of_another_team_is_not_there(accounts: Accounts, database: Database) -> None:
    """Revoking it is NOT_FOUND, and it goes on working."""
    ours, theirs = await make_viewer(database), await make_viewer(database, name="other")
    async with database.transaction(theirs.team_id) as session:
        row, value = await create_key(session, theirs, NewApiKey("k"))
    with pytest.raises(NotFound):
        async with database.transaction(ours.team_id) as session:
            await revoke_key(session, ours, row.id)
    found = await accounts.authenticate(api_key=value, authorization=None)
    assert found.team_id == theirs.team_id


async def test_who_left_the_team_is_out_at_once(accounts: Accounts, database: Database) -> None:
    """Key and token stop working with the event that tells of it."""
    await members.create_user(database, "op@farm.example", PASSWORD, role=Role.ADMIN)
    pair = await accounts.sign_in("op@farm.example", PASSWORD, "192.0.2.1")
    bearer = {"api_key": None, "authorization": f"bearer {pair.access_token}"}
    viewer = await accounts.authenticate(**bearer)
    async with database.transaction(viewer.team_id) as session:
        key = (await create_key(session, viewer, NewApiKey("k")))[1]
    await accounts.authenticate(api_key=key, authorization=None)
    async with database.transaction(EVERY_TEAM) as session:
        await session.execute(delete(Membership).where(Membership.user_id == viewer.user_id))
        session.raise_event(CredentialRevoked(team_id=viewer.team_id, user_id=viewer.user_id))
    for headers in (bearer, {"api_key": key, "authorization": None}):
        with pytest.raises(Unauthenticated):
            await accounts.authenticate(**headers)
    with pytest.raises(Unauthenticated):
        await accounts.refresh(pair.refresh_token)


async def test_what_is_revoked_during_a_lookup_is_not_remembered(
    accounts: Accounts, database: Database, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key that is revoked between its lookup and its answer works that one last time."""
    viewer = await make_viewer(database)
    async with database.transaction(viewer.team_id) as session:
        row, value = await create_key(session, viewer, NewApiKey("k"))
    look_up = Authenticator._from_key

    async def revoked_meanwhile(self: Authenticator, digest: bytes) -> Viewer:
        found = await look_up(self, digest)
        async with database.transaction(viewer.team_id) as session:
            await revoke_key(session, viewer, row.id)
        return found

    monkeypatch.setattr(Authenticator, "_from_key", revoked_meanwhile)
    await accounts.authenticate(api_key=value, authorization=None)
    with pytest.raises(Unauthenticated):
        await accounts.authenticate(api_key=value, authorization=None)


async def test_a_lost_revocation_message_costs_seconds(
    accounts: Accounts, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is remembered is looked up again after at most ten seconds."""
    assert authentication.CACHE_SECONDS <= 10
    assert authentication.CACHE_SIZE <= 10_000
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    viewer = await make_viewer(database)
    async with database.transaction(viewer.team_id) as session:
        row, value = await create_key(session, viewer, NewApiKey("k"))
    await accounts.authenticate(api_key=value, authorization=None)
    async with database.transaction(EVERY_TEAM) as session:
        await session.execute(
            update(ApiKey).where(ApiKey.id == row.id).values(revoked_at=datetime.now(UTC))
        )
    await accounts.authenticate(api_key=value, authorization=None)
    now += authentication.CACHE_SECONDS
    with pytest.raises(Unauthenticated):
        await accounts.authenticate(api_key=value, authorization=None)


async def test_what_is_remembered_is_bounded(
    accounts: Accounts, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest credential is forgotten when too many are remembered."""
    monkeypatch.setattr("app.accounts.authentication.CACHE_SIZE", 3)
    viewer = await make_viewer(database)
    async with database.transaction(viewer.team_id) as session:
        values = [(await create_key(session, viewer, NewApiKey("k")))[1] for _ in range(5)]
    for value in values:
        await accounts.authenticate(api_key=value, authorization=None)
    assert list(accounts._cache) == [tokens.digest(value) for value in values[2:]]


async def test_the_last_use_is_written_once_a_minute(
    accounts: Accounts, database: Database
) -> None:
    """Many uses make one write; a key that is gone meanwhile disturbs nobody."""
    viewer = await make_viewer(database)
    async with database.transaction(viewer.team_id) as session:
        row, value = await create_key(session, viewer, NewApiKey("k"))
    before = datetime.now(UTC)
    for _ in range(20):
        await accounts.authenticate(api_key=value, authorization=None)
    assert list(accounts._used) == [row.id]
    accounts._used[row.id + 1000] = before
    await accounts.write_uses()
    async with database.read(EVERY_TEAM) as session:
        stored = await queries.key_by_id(session, row.id)
    assert stored is not None
    assert stored.last_used_at is not None
    assert before <= stored.last_used_at <= datetime.now(UTC)
    await accounts.authenticate(api_key=value, authorization=None)
    assert accounts._used == {}


async def test_uses_are_written_when_the_server_ends(
    accounts: Accounts, database: Database
) -> None:
    """Cancelling the background work writes what was noted."""
    viewer = await make_viewer(database)
    async with database.transaction(viewer.team_id) as session:
        row, value = await create_key(session, viewer, NewApiKey("k"))
    work = asyncio.create_task(accounts.run())
    await accounts.authenticate(api_key=value, authorization=None)
    work.cancel()
    with suppress(asyncio.CancelledError):
        await work
    async with database.read(EVERY_TEAM) as session:
        stored = await queries.key_by_id(session, row.id)
    assert stored is not None
    assert stored.last_used_at is not None


async def test_uses_wait_while_the_database_is_away(hub: Hub) -> None:
    """Nothing is lost and nothing raised: the next write tries again."""
    away = Database("postgresql+asyncpg://u:p@127.0.0.1:1/none")
    accounts = Accounts(away, hub, RateLimiter("memory://", enabled=True), Settings())
    accounts._used[7] = datetime.now(UTC)
    await accounts.write_uses()
    assert list(accounts._used) == [7]
    for attempt in (
        accounts.sign_in(EMAIL, PASSWORD, "192.0.2.1"),
        accounts.refresh("sgr_x"),
        accounts.sign_out("sgr_x"),
    ):
        with pytest.raises(Unavailable):
            await attempt
    await away.close()


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


def test_a_revocation_survives_its_journey() -> None:
    """The event another process reads from the hub ends exactly the family it names."""
    event = decode(encode(CredentialRevoked(team_id=1, family=FAMILY)))
    assert isinstance(event, CredentialRevoked)
    viewer = Viewer(1, 2, Role.OWNER, frozenset(), "user:2", family=FAMILY)
    assert is_revoked_by(viewer, event)
    assert not is_revoked_by(dataclasses.replace(viewer, family=USER), event)
    assert not is_revoked_by(dataclasses.replace(viewer, family=None), event)
