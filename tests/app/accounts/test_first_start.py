"""What the settings make at the first start, and the secret all processes share."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import func, select

from app.accounts import members, queries
from app.accounts.first_start import first_start
from app.accounts.keys import revoke_key
from app.accounts.limits import RateLimiter
from app.accounts.models import ApiKey, Role, Scope, Team, User
from app.accounts.secret import farm_secret
from app.accounts.service import Accounts
from app.database import EVERY_TEAM, Database
from app.errors import Unauthenticated
from app.hub import Hub
from app.setting_texts import Secret
from app.settings import Settings, SettingsError

EMAIL = "boss@farm.example"


def _settings(key: str | None = None) -> Settings:
    password = Secret("long enough")
    secret = None if key is None else Secret(key)
    return Settings(admin_email="Boss@Farm.example", admin_password=password, api_key=secret)


async def _started(database: Database, hub: Hub, settings: Settings) -> Accounts:
    accounts = Accounts(database, hub, RateLimiter("memory://", enabled=False), settings)
    await accounts.start()
    return accounts


async def test_the_settings_make_the_owner_and_the_key_once(database: Database, hub: Hub) -> None:
    """Starting twice makes one owner with one key that may do everything."""
    await _started(database, hub, _settings("my-own-key"))
    accounts = await _started(database, hub, _settings("my-own-key"))
    viewer = await accounts.authenticate(api_key="my-own-key", authorization=None)
    assert viewer.scopes == set(Scope)
    assert viewer.role is Role.OWNER
    assert (await accounts.sign_in(EMAIL, "long enough", "192.0.2.1")).expires_in == 1800
    async with database.read(EVERY_TEAM) as session:
        counts = [await session.scalar(select(func.count(row.id))) for row in (User, Team, ApiKey)]
    assert counts == [1, 1, 1]


async def test_another_key_in_the_setting_replaces_the_first(database: Database, hub: Hub) -> None:
    """The old key stops working; changing back makes it work again and ends the other."""
    for good, bad in (
        ("first-key", None),
        ("second-key", "first-key"),
        ("first-key", "second-key"),
    ):
        accounts = await _started(database, hub, _settings(good))
        found = await accounts.authenticate(api_key=good, authorization=None)
        assert found.scopes == set(Scope)
        if bad is not None:
            with pytest.raises(Unauthenticated):
                await accounts.authenticate(api_key=bad, authorization=None)


async def test_a_revoked_key_of_the_setting_stays_revoked(database: Database, hub: Hub) -> None:
    """A restart does not undo what a person revoked, and says what to do."""
    accounts = await _started(database, hub, _settings("first-key"))
    viewer = await accounts.authenticate(api_key="first-key", authorization=None)
    assert viewer.api_key_id is not None
    async with database.transaction(viewer.team_id) as session:
        await revoke_key(session, viewer, viewer.api_key_id)
    (hint,) = await first_start(database, _settings("first-key"))
    assert "was revoked" in hint
    assert "first-key" not in hint
    accounts = await _started(database, hub, _settings("first-key"))
    with pytest.raises(Unauthenticated):
        await accounts.authenticate(api_key="first-key", authorization=None)


async def test_processes_that_start_together_make_one_of_each(database_url: str) -> None:
    """Eight starts at once agree on the secret, the owner, the team and the key."""
    databases = [Database(database_url) for _ in range(8)]
    hub = Hub("memory://", "test")
    limiter = RateLimiter("memory://", enabled=False)
    settings = _settings("the-key-of-all")
    secrets = await asyncio.gather(
        *(Accounts(database, hub, limiter, settings).start() for database in databases)
    )
    assert len(set(secrets)) == 1
    async with databases[0].read(EVERY_TEAM) as session:
        counts = [await session.scalar(select(func.count(row.id))) for row in (User, Team, ApiKey)]
    assert counts == [1, 1, 1]
    for database in databases:
        await database.close()


async def test_processes_that_start_together_make_one_key(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two processes that both found no key yet make one, and neither fails."""
    databases = [Database(postgres_url) for _ in range(2)]
    await members.create_user(databases[0], EMAIL, "long enough", role=Role.OWNER)
    both_looked = asyncio.Barrier(2)
    look_up = queries.key_by_digest

    async def meet(session: queries.Session, digest: bytes) -> object:
        found = await look_up(session, digest)
        await both_looked.wait()
        return found

    monkeypatch.setattr(queries, "key_by_digest", meet)
    hints = await asyncio.gather(
        *(first_start(database, _settings("the-key-of-all")) for database in databases)
    )
    assert hints == [[], []]
    async with databases[0].read(EVERY_TEAM) as session:
        assert await session.scalar(select(func.count(ApiKey.id))) == 1
    for database in databases:
        await database.close()


async def test_a_given_secret_is_used_and_not_stored(database: Database) -> None:
    """The setting wins over the stored secret and leaves it alone."""
    stored = await farm_secret(database, None)
    assert len(stored) == 64
    assert await farm_secret(database, "given") == "given"
    assert await farm_secret(database, None) == stored


async def test_an_empty_farm_says_how_to_make_an_owner(database: Database) -> None:
    """No user and no setting: a hint, and nobody was invented."""
    (hint,) = await first_start(database, Settings())
    assert "spoolgraph user create" in hint
    async with database.read(EVERY_TEAM) as session:
        assert await session.scalar(select(func.count(User.id))) == 0


async def test_a_key_without_an_owner_is_told(database: Database) -> None:
    """The setting's key needs an owner; until there is one a hint says so."""
    hints = await first_start(database, Settings(api_key=Secret("lonely-key")))
    assert any("SPOOLGRAPH_API_KEY has no effect" in hint for hint in hints)
    assert not any("lonely-key" in hint for hint in hints)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"admin_email": EMAIL, "admin_password": "short"}, "SPOOLGRAPH_ADMIN_PASSWORD"),
        ({"admin_email": "nobody", "admin_password": "long enough"}, "SPOOLGRAPH_ADMIN_EMAIL"),
        ({"api_key": "schlüssel"}, "SPOOLGRAPH_API_KEY"),
    ],
)
async def test_a_setting_that_cannot_be_used_is_named(
    database: Database, settings: dict[str, str], said: str
) -> None:
    """One sentence names the variable and never its secret value."""
    with pytest.raises(SettingsError, match=said) as refused:
        await first_start(database, Settings.from_environment(**settings))
    assert "short " not in str(refused.value)
    assert "schlüssel" not in str(refused.value)
