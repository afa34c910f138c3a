"""`spoolgraph user` and `spoolgraph key` as a person at the shell sees them."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from app.accounts import members
from app.accounts.keys import NewApiKey, create_key
from app.accounts.limits import RateLimiter
from app.accounts.models import Role, Scope
from app.accounts.service import Accounts
from app.database import Database
from app.errors import Unauthenticated
from app.hub import EVENT, Hub
from app.settings import Settings
from tests.app.accounts.conftest import EMAIL, PASSWORD
from tests.farm import make_viewer

# The command alone: what the whole program adds around it has its own tests.
PROGRAM = """
import typer
from app.accounts.command import register
cli = typer.Typer()
register(cli)
cli()
"""


class Shell:
    """Runs the commands against one database."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self._environment = os.environ | {
            "SPOOLGRAPH_DATA_DIR": str(folder),
            "COLUMNS": "160",
            "NO_COLOR": "1",
            **settings,
        }

    def __call__(self, *words: str, given: str = "") -> tuple[int, str, str]:
        """Exit status, stdout and stderr."""
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, *words],
            input=given,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr


def _service(database: Database, hub: Hub | None = None) -> Accounts:
    limiter = RateLimiter("memory://", enabled=True)
    service = Accounts(database, hub or Hub("memory://", "test"), limiter, Settings())
    service.unlock("secret")
    return service


async def test_a_fresh_machine_gets_an_owner_and_a_key(tmp_path: Path) -> None:
    """Both commands work before the server ever ran, and the key opens the farm."""
    shell = Shell(tmp_path / "data")
    words = ("user", "create", EMAIL, "--name", "Olga [bold]", "--password-stdin")
    status, out, _ = await asyncio.to_thread(shell, *words, given=PASSWORD + "\n")
    assert (status, out) == (0, "Created owner@farm.example as owner.\n")
    _, users, _ = await asyncio.to_thread(shell, "user", "list")
    assert "owner@farm.example" in users
    assert "Olga [bold]" in users
    assert "My farm" in users
    status, out, _ = await asyncio.to_thread(
        shell, "key", "create", EMAIL, "--name", "till", "--scope", "read", "--days", "7"
    )
    key = out.strip()
    assert status == 0
    database = Database(f"sqlite+aiosqlite:///{tmp_path}/data/spoolgraph.db")
    service = _service(database)
    viewer = await service.authenticate(api_key=key, authorization=None)
    assert viewer.scopes == {Scope.READ}
    assert viewer.expires_at is not None
    await service.sign_in(EMAIL, PASSWORD, "192.0.2.1")
    await database.close()


async def test_keys_are_listed_without_their_values_and_revoked(
    database: Database, tmp_path: Path
) -> None:
    """The list shows the visible beginning; a revoked key is refused, on either engine."""
    viewer = await make_viewer(database)
    async with database.transaction(viewer.team_id) as session:
        row, value = await create_key(session, viewer, NewApiKey("till"))
    shell = Shell(tmp_path, SPOOLGRAPH_DATABASE_URL=database.url)
    status, listed, _ = await asyncio.to_thread(shell, "key", "list")
    assert status == 0
    assert row.prefix in listed
    assert value not in listed
    assert "active" in listed
    status, out, _ = await asyncio.to_thread(shell, "key", "revoke", str(row.id))
    assert (status, out) == (0, f"Revoked key {row.id}.\n")
    assert "revoked" in (await asyncio.to_thread(shell, "key", "list"))[1]
    with pytest.raises(Unauthenticated):
        await _service(database).authenticate(api_key=value, authorization=None)


async def test_a_revocation_reaches_a_running_server_over_redis(
    sqlite_url: str, redis_url: str, tmp_path: Path
) -> None:
    """A server that remembers a key forgets it before the command has ended."""
    database = Database(sqlite_url)
    hub = Hub(redis_url, "server")
    link = asyncio.create_task(hub.run())
    service = _service(database, hub)
    viewer = await make_viewer(database)
    async with database.transaction(viewer.team_id) as session:
        row, value = await create_key(session, viewer, NewApiKey("till"))
    async with asyncio.timeout(10):
        while not hub.connected:
            await asyncio.sleep(0.01)
    await service.authenticate(api_key=value, authorization=None)
    shell = Shell(tmp_path, SPOOLGRAPH_DATABASE_URL=sqlite_url, SPOOLGRAPH_BROADCAST_URL=redis_url)
    heard: list[object] = []
    hub.listen(EVENT, heard.append)
    status, _, err = await asyncio.to_thread(shell, "key", "revoke", str(row.id))
    assert (status, err) == (0, "")
    async with asyncio.timeout(10):
        while not heard:
            await asyncio.sleep(0.01)
    assert service._cache == {}
    link.cancel()
    with suppress(asyncio.CancelledError):
        await link
    await database.close()


async def test_passwords_and_roles_change(database: Database, tmp_path: Path) -> None:
    """The new password and the new role count for the next sign-in."""
    await members.create_user(database, EMAIL, PASSWORD, role=Role.OWNER)
    await members.create_user(database, "op@farm.example", PASSWORD, role=Role.ADMIN)
    shell = Shell(tmp_path, SPOOLGRAPH_DATABASE_URL=database.url)
    for words in (
        ("user", "password", "op@farm.example", "--password", "another one"),
        ("user", "role", "op@farm.example", "viewer"),
    ):
        status, _, err = await asyncio.to_thread(shell, *words)
        assert (status, err) == (0, "")
    service = _service(database)
    pair = await service.sign_in("op@farm.example", "another one", "192.0.2.1")
    viewer = await service.authenticate(api_key=None, authorization=f"Bearer {pair.access_token}")
    assert viewer.role is Role.VIEWER


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("user", "create", EMAIL, "--password", "long enough"), "e-mail already"),
        (("user", "create", "new@farm.example", "--password", "short"), "8 to 1024 characters"),
        (("user", "create", "nobody", "--password", "long enough"), "not an e-mail"),
        (("user", "role", EMAIL, "viewer"), "at least one owner"),
        (("user", "password", "who@farm.example", "--password", "long enough"), "no user"),
        (("key", "create", "who@farm.example"), "no user"),
        (("key", "revoke", "12345"), "no key 12345"),
    ],
)
async def test_a_refusal_is_one_sentence(
    sqlite_url: str, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    """Exit status 1, one line on stderr, no traceback, nothing on stdout."""
    database = Database(sqlite_url)
    await members.create_user(database, EMAIL, PASSWORD, role=Role.OWNER)
    await database.close()
    shell = Shell(tmp_path, SPOOLGRAPH_DATABASE_URL=sqlite_url)
    status, out, err = await asyncio.to_thread(shell, *words)
    assert (status, out) == (1, "")
    assert said in err
    assert err.count("\n") == 1
