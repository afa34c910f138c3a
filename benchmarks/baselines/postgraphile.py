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
INSTALL_SECONDS = 300
SCRIPT = Path(__file__).with_suffix(".mjs")


async def installed() -> Path:
    """The folder with it; raises `BaselineMissing` without node, or when npm cannot give it."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise BaselineMissing("PostGraphile needs node and npm")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "spoolgraph-benchmarks" / f"postgraphile-{VERSION}"
    if not (folder / "complete").exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text('{"private": true}')
        await _install(npm, folder)
        (folder / "complete").touch()
    shutil.copy(SCRIPT, folder)
    return folder


async def _install(npm: str, folder: Path) -> None:
    package = f"postgraphile@{VERSION}"
    running = await asyncio.create_subprocess_exec(
        *(npm, "install", "--silent", "--no-audit", "--no-fund", package), cwd=folder
    )
    try:
        async with asyncio.timeout(INSTALL_SECONDS):
            status = await running.wait()
    except TimeoutError:
        running.kill()
        status = await running.wait()
    if status != 0:
        raise BaselineMissing(f"npm could not install {package}")


@asynccontextmanager
async def running(port: int, url: str) -> AsyncIterator[int]:
    """It, over a PostgreSQL database; yields its process id."""
    folder = await installed()
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    started = await asyncio.create_subprocess_exec(
        *("node", SCRIPT.name, str(port), plain),
        cwd=folder,
        env={**os.environ, "NODE_ENV": "production"},
    )
    try:
        yield started.pid
    finally:
        if started.returncode is None:
            started.terminate()
            await asyncio.wait_for(started.wait(), 15)
