"""`spoolgraph oauth-client` as a person at the shell sees it."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

from app.accounts import members
from app.accounts.models import Role
from app.database import EVERY_TEAM, Database
from app.oauth import clients
from tests.running import EMAIL, PASSWORD

ADDRESS = "https://board.example/done"
CREATE = ("create", EMAIL, "--name", "Board [bold]", "--redirect-uri", ADDRESS)


class Shell:
    """Runs the command against one database, in a window of 80 columns."""

    def __init__(self, folder: Path, url: str) -> None:
        self._environment = os.environ | {
            "SPOOLGRAPH_DATA_DIR": str(folder),
            "SPOOLGRAPH_DATABASE_URL": url,
            "COLUMNS": "80",
            "NO_COLOR": "1",
        }

    async def __call__(self, *words: str) -> tuple[int, str, str]:
        """Exit status, stdout and stderr."""
        done = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "app", "oauth-client", *words],
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr


async def test_an_application_comes_and_goes(sqlite_url: str, tmp_path: Path) -> None:
    """Its secret is printed once and kept hashed; its whole id is listed, and revoked by it."""
    database = Database(sqlite_url)
    await members.create_user(database, EMAIL, PASSWORD, role=Role.OWNER)
    shell = Shell(tmp_path, sqlite_url)
    status, out, _ = await shell(*CREATE)
    made = re.fullmatch(r"client_id: (sgc_[0-9a-f]{32})\nclient_secret: (\S{20,})\n", out)
    assert status == 0
    assert made is not None
    client_id, secret = made.groups()
    async with database.read(EVERY_TEAM) as session:
        kept = await clients.by_client_id(session, client_id)
    assert kept is not None
    assert (kept.name, list(kept.redirect_uris)) == ("Board [bold]", [ADDRESS])
    assert secret not in str(kept.secret_hash)
    _, listed, _ = await shell("list")
    assert client_id in listed
    assert secret not in listed
    assert await shell("revoke", EMAIL, client_id) == (0, f"Revoked {client_id}.\n", "")
    async with database.read(EVERY_TEAM) as session:
        gone = await clients.by_client_id(session, client_id)
    assert gone is None or gone.revoked_at is not None
    await database.close()


async def test_a_public_application_has_no_secret(sqlite_url: str, tmp_path: Path) -> None:
    """An application on people's devices gets an id alone."""
    database = Database(sqlite_url)
    await members.create_user(database, EMAIL, PASSWORD, role=Role.OWNER)
    await database.close()
    status, out, _ = await Shell(tmp_path, sqlite_url)(*CREATE, "--public")
    assert status == 0
    assert re.fullmatch(r"client_id: sgc_[0-9a-f]{32}\n", out)


async def test_a_refusal_is_one_sentence(sqlite_url: str, tmp_path: Path) -> None:
    """Exit status 1, one line on stderr, nothing on stdout."""
    database = Database(sqlite_url)
    await members.create_user(database, EMAIL, PASSWORD, role=Role.OWNER)
    await database.close()
    shell = Shell(tmp_path, sqlite_url)
    for words, said in (
        (("create", "who@farm.example", *CREATE[2:]), "no user"),
        (("create", EMAIL, "--name", "B", "--redirect-uri", "http://b.example/"), "https://"),
        (("revoke", EMAIL, "sgc_0"), "no application sgc_0"),
    ):
        status, out, err = await shell(*words)
        assert (status, out) == (1, ""), words
        assert said in err
        assert err.count("\n") == 1
