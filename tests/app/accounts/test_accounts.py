"""Credentials: accepted, refused, rotated, revoked; never open, never shown."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from app.accounts import members, tokens
from app.accounts.keys import NewApiKey, create_key, revoke_key
from app.accounts.limits import RateLimiter
from app.accounts.models import ApiKey, RefreshToken, Role, Scope
from app.accounts.service import Accounts
from app.accounts.viewer import Viewer, effective_scopes
from app.database import EVERY_TEAM, Database
from app.errors import Conflict, Forbidden, Invalid, RateLimited, Unauthenticated, Unavailable
from app.hub import Hub
from app.settings import Settings
from tests.app.accounts.conftest import EMAIL, PASSWORD


async def _signed_in(accounts: Accounts) -> Viewer:
    pair = await accounts.sign_in(EMAIL, PASSWORD, "192.0.2.1")
    return await accounts.authenticate(api_key=None, authorization=f"Bearer {pair.access_token}")


async def _key(database: Database, viewer: Viewer, **fields: object) -> str:
    new = dataclasses.replace(NewApiKey("test"), **fields)  # type: ignore[arg-type]
    async with database.transaction(viewer.team_id) as session:
        return (await create_key(session, viewer, new))[1]


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        (Role.OWNER, set(Scope)),
        (Role.ADMIN, set(Scope)),
        (Role.OPERATOR, set(Scope) - {Scope.ADMIN}),
        (Role.VIEWER, {Scope.READ}),
    ],
)
def test_a_role_bounds_what_a_key_was_granted(role: Role, allowed: set[Scope]) -> None:
    """Everything granted is cut down to the role; a narrower grant stays narrow."""
    assert effective_scopes(role, frozenset(Scope)) == allowed
    assert effective_scopes(role) == allowed
    assert effective_scopes(role, frozenset({Scope.READ})) == {Scope.READ}


async def test_both_headers_carry_keys_and_tokens(accounts: Accounts, database: Database) -> None:
    """A key works in either header, an access token in both forms of it too."""
    viewer = await _signed_in(accounts)
    assert viewer.role is Role.OWNER
    key = await _key(database, viewer, scopes=frozenset({Scope.READ, Scope.QUEUE}))
    for headers in (
        {"api_key": key, "authorization": None},
        {"api_key": None, "authorization": f"Bearer {key}"},
    ):
        found = await accounts.authenticate(**headers)
        assert found.scopes == {Scope.READ, Scope.QUEUE}
        assert found.team_id == viewer.team_id
        with pytest.raises(Forbidden, match="admin"):
            found.require(Scope.ADMIN)


@pytest.mark.parametrize(
    ("api_key", "authorization", "code"),
    [
        (None, None, "UNAUTHORIZED"),
        ("", "", "UNAUTHORIZED"),
        ("sg_deadbeef_wrong", None, "UNAUTHORIZED"),
        (None, "Basic b2xnYTpwdw==", "UNAUTHORIZED"),
        (None, "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.", "INVALID_TOKEN"),
    ],
)
async def test_bad_credentials_are_refused(
    accounts: Accounts, api_key: str | None, authorization: str | None, code: str
) -> None:
    """Nothing, nonsense, another scheme and an unsigned token are all refused by name."""
    with pytest.raises(Unauthenticated) as refused:
        await accounts.authenticate(api_key=api_key, authorization=authorization)
    assert refused.value.code == code


async def test_a_wrong_password_and_an_unknown_account_look_the_same(accounts: Accounts) -> None:
    """Both say INVALID_CREDENTIALS with the same words."""
    said = []
    for email, password in ((EMAIL, "wrong password"), ("nobody@farm.example", PASSWORD)):
        with pytest.raises(Unauthenticated) as refused:
            await accounts.sign_in(email, password, "192.0.2.1")
        said.append((refused.value.code, refused.value.message))
    assert said[0] == said[1]
    assert said[0][0] == "INVALID_CREDENTIALS"


async def test_guessing_is_limited_per_account(accounts: Accounts) -> None:
    """The eleventh attempt within the window is refused before the password is looked at."""
    for _ in range(10):
        with pytest.raises(Unauthenticated):
            await accounts.sign_in(EMAIL, "wrong password", "192.0.2.1")
    with pytest.raises(RateLimited) as refused:
        await accounts.sign_in(EMAIL, PASSWORD, "192.0.2.2")
    assert 0 < refused.value.retry_after <= 900


async def test_a_refresh_token_rotates_and_is_spent(accounts: Accounts) -> None:
    """Each use gives a new pair; a second use of the old one ends the whole family."""
    first = await accounts.sign_in(EMAIL, PASSWORD, "192.0.2.1")
    second = await accounts.refresh(first.refresh_token)
    assert second.refresh_token != first.refresh_token
    authorization = f"Bearer {second.access_token}"
    await accounts.authenticate(api_key=None, authorization=authorization)
    with pytest.raises(Unauthenticated, match="used before"):
        await accounts.refresh(first.refresh_token)
    with pytest.raises(Unauthenticated):
        await accounts.refresh(second.refresh_token)
    with pytest.raises(Unauthenticated) as refused:
        await accounts.authenticate(api_key=None, authorization=authorization)
    assert refused.value.code == "INVALID_TOKEN"


async def test_twenty_refreshes_at_once_give_one_pair(accounts: Accounts) -> None:
    """Exactly one of twenty concurrent uses of a refresh token succeeds."""
    pair = await accounts.sign_in(EMAIL, PASSWORD, "192.0.2.1")
    results = await asyncio.gather(
        *(accounts.refresh(pair.refresh_token) for _ in range(20)), return_exceptions=True
    )
    good = [item for item in results if isinstance(item, tokens.TokenPair)]
    assert len(good) == 1
    assert all(isinstance(item, Unauthenticated) for item in results if item not in good)


async def test_an_expired_refresh_token_says_so(accounts: Accounts, database: Database) -> None:
    """Seven days later the token is refused as expired, and its family is left alone."""
    pair = await accounts.sign_in(EMAIL, PASSWORD, "192.0.2.1")
    async with database.transaction(EVERY_TEAM) as session:
        past = datetime.now(UTC) - timedelta(seconds=1)
        await session.execute(update(RefreshToken).values(expires_at=past))
    with pytest.raises(Unauthenticated) as refused:
        await accounts.refresh(pair.refresh_token)
    assert refused.value.code == "TOKEN_EXPIRED"


async def test_signing_out_ends_the_access_token_too(accounts: Accounts) -> None:
    """After sign-out neither token works, although the access token was in use a moment ago."""
    pair = await accounts.sign_in(EMAIL, PASSWORD, "192.0.2.1")
    authorization = f"Bearer {pair.access_token}"
    await accounts.authenticate(api_key=None, authorization=authorization)
    await accounts.sign_out(pair.refresh_token)
    with pytest.raises(Unauthenticated):
        await accounts.authenticate(api_key=None, authorization=authorization)
    with pytest.raises(Unauthenticated):
        await accounts.refresh(pair.refresh_token)


async def test_a_revoked_key_stops_at_once_in_every_process(
    accounts: Accounts, database: Database, hub: Hub, settings: Settings
) -> None:
    """Another accounts service on the same hub forgets the key when it is revoked."""
    viewer = await _signed_in(accounts)
    key = await _key(database, viewer)
    other = Accounts(database, hub, RateLimiter("memory://", enabled=True), settings)
    await other.start()
    found = await other.authenticate(api_key=key, authorization=None)
    assert found.api_key_id is not None
    async with database.transaction(viewer.team_id) as session:
        await revoke_key(session, viewer, found.api_key_id)
    for service in (accounts, other):
        with pytest.raises(Unauthenticated):
            await service.authenticate(api_key=key, authorization=None)


async def test_an_expired_key_is_refused_even_when_remembered(
    accounts: Accounts, database: Database
) -> None:
    """The expiry counts at the moment of use."""
    viewer = await _signed_in(accounts)
    soon = datetime.now(UTC) + timedelta(seconds=0.3)
    key = await _key(database, viewer, expires_at=soon)
    await accounts.authenticate(api_key=key, authorization=None)
    await asyncio.sleep((soon - datetime.now(UTC)).total_seconds() + 0.01)
    with pytest.raises(Unauthenticated, match="expired"):
        await accounts.authenticate(api_key=key, authorization=None)


async def test_a_role_change_counts_at_once(accounts: Accounts, database: Database) -> None:
    """A key of a user who became a viewer reads and does nothing else."""
    await members.create_user(database, "op@farm.example", PASSWORD, role=Role.ADMIN)
    pair = await accounts.sign_in("op@farm.example", PASSWORD, "192.0.2.1")
    headers = {"api_key": None, "authorization": f"Bearer {pair.access_token}"}
    viewer = await accounts.authenticate(**headers)
    assert Scope.ADMIN in viewer.scopes
    await members.set_role(database, "op@farm.example", Role.VIEWER)
    assert (await accounts.authenticate(**headers)).scopes == {Scope.READ}
    with pytest.raises(Conflict, match="at least one owner"):
        await members.set_role(database, EMAIL, Role.VIEWER)


async def test_the_database_holds_no_secret(accounts: Accounts, database: Database) -> None:
    """Neither the key nor the tokens nor the password are in any column."""
    pair = await accounts.sign_in(EMAIL, PASSWORD, "192.0.2.1")
    viewer = await _signed_in(accounts)
    key = await _key(database, viewer)
    async with database.read(EVERY_TEAM) as session:
        stored = (await session.scalars(select(ApiKey))).one()
        rows = (await session.scalars(select(RefreshToken))).all()
    assert stored.secret_hash == tokens.digest(key)
    assert key.startswith(stored.prefix)
    assert len(stored.prefix) == 11
    assert pair.refresh_token not in repr([row.__dict__ for row in rows])
    assert pair.access_token not in repr(pair)
    assert pair.refresh_token not in repr(pair)


async def test_keys_never_exceed_their_maker(accounts: Accounts, database: Database) -> None:
    """A key with admin and read cannot make one that controls printers."""
    viewer = await _signed_in(accounts)
    narrow = dataclasses.replace(viewer, scopes=frozenset({Scope.ADMIN, Scope.READ}))
    with pytest.raises(Forbidden, match="control"):
        await _key(database, narrow, scopes=frozenset({Scope.CONTROL}))
    with pytest.raises(Invalid, match="past"):
        await _key(database, viewer, expires_at=datetime(2020, 1, 1, tzinfo=UTC))


async def test_without_a_database_nobody_gets_in(hub: Hub, settings: Settings) -> None:
    """The database is away: the answer is "unavailable", never a viewer."""
    database = Database("postgresql+asyncpg://u:p@127.0.0.1:1/none")
    service = Accounts(database, hub, RateLimiter("memory://", enabled=True), settings)
    service.unlock("secret")
    with pytest.raises(Unavailable):
        await service.authenticate(api_key="sg_abc_def", authorization=None)
    await database.close()
