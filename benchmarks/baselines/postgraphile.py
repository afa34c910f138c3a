"""PostGraphile 5, installed from npm when it is first needed, outside of the repository."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import make_url

from benchmarks.result import BaselineMissing

VERSION = "5.1.5"
# It needs at least 22, whichever the machine has.
NODE_VERSION = "22.23.3"
INSTALL_SECONDS = 300
SCRIPT = Path(__file__).with_suffix(".mjs")


async def installed() -> Path:
    """The folder with it; raises `BaselineMissing` without node, or when npm cannot give it."""
    npm = shutil.which("npm")
    if npm is None:
        raise BaselineMissing("PostGraphile needs node with npm")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "spoolgraph-benchmarks" / f"postgraphile-{VERSION}-{NODE_VERSION}"
    if not (folder / "complete").exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text('{"private": true}')
        await _install(npm, folder)
        (folder / "complete").touch()
    shutil.copy(SCRIPT, folder)
    return folder


async def _install(npm: str, folder: Path) -> None:
    packages = (f"postgraphile@{VERSION}", f"node@{NODE_VERSION}")
    running = await asyncio.create_subprocess_exec(
        *(npm, "install", "--silent", "--no-audit", "--no-fund", *packages), cwd=folder
    )
    try:
        async with asyncio.timeout(INSTALL_SECONDS):
            status = await running.wait()
    except TimeoutError:
        running.kill()
        status = await running.wait()
    if status != 0:
        raise BaselineMissing(f"npm could not install {packages[0]}")


@asynccontextmanager
async def running(port: int, url: str) -> AsyncIterator[int]:
    """It, over a PostgreSQL database; yields its process id."""
    folder = await installed()
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    started = await asyncio.create_subprocess_exec(
        *("node_modules/.bin/node", SCRIPT.name, str(port), plain),
        cwd=folder,
        env={**os.environ, "NODE_ENV": "production", "GRAPHILE_ENV": "production"},
    )
    try:
        yield started.pid
    finally:
        if started.returncode is None:
            started.terminate()
            await asyncio.wait_for(started.wait(), 15)
