"""API keys: made, looked up, remembered, noted, forgotten."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, update

from app.accounts import authentication, members, queries, tokens
from app.accounts.authentication import Authenticator
from app.accounts.keys import NewApiKey, create_key, list_keys, revoke_key
from app.accounts.limits import RateLimiter
from app.accounts.models import ApiKey, Membership, Role, Scope
from app.accounts.service import Accounts
from app.accounts.viewer import Viewer
from app.database import EVERY_TEAM, Database
from app.errors import Forbidden, Invalid, NotFound, Unauthenticated, Unavailable
from app.events import CredentialRevoked
from app.hub import Hub
from app.settings import Settings
from tests.app.accounts.conftest import EMAIL, PASSWORD
from tests.farm import make_viewer, with_scopes


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
