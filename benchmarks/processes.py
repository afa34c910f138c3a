"""What is measured runs in processes of its own: the server, and its baselines."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from app.accounts.limits import CLASSES
from app.settings import ENV_PREFIX
from benchmarks.result import BaselineMissing
from tests.services import free_port

KEY = "key-of-the-benchmarks"
EMAIL = "owner@farm.example"
START_SECONDS = 60.0
# An installed server finds its modules compiled; where Python is told to keep no bytecode, every
# start would compile them anew.
_COMPILED = {"PYTHONDONTWRITEBYTECODE": ""}
# Requests are counted as for anybody, and nobody makes one too many.
LIMITS = ",".join(f"{name}=1000000000/hour" for name in CLASSES)


def server_settings(folder: Path, **settings: str) -> dict[str, str]:
    """The settings of a server over a folder, as lower-case names."""
    return {
        "data_dir": str(folder),
        "api_key": KEY,
        "admin_email": EMAIL,
        "admin_password": "correct horse",
        "rate_limits": LIMITS,
        "log_level": "warning",
        **settings,
    }


@dataclass(slots=True)
class Served:
    """A running server process."""

    pid: int
    base: str
    client: httpx.AsyncClient

    async def graphql(self, query: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        """The data of an operation that must not fail."""
        body = {"query": query, "variables": variables or {}}
        answer = (await self.client.post("/graphql", json=body)).json()
        if "errors" in answer:
            raise RuntimeError(str(answer["errors"])[:500])
        data: dict[str, Any] = answer["data"]
        return data

    async def metric(self, name: str) -> float:
        """One figure of `/metrics`."""
        for line in (await self.client.get("/metrics")).text.splitlines():
            if line.startswith(f"{name} "):
                return float(line.split()[1])
        raise KeyError(name)


@asynccontextmanager
async def process(
    *arguments: str, environment: dict[str, str] | None = None, quiet: bool = False
) -> AsyncIterator[int]:
    """A Python process of this environment; yields its id, ends it at the end."""
    started = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        env={**os.environ, **_COMPILED, **(environment or {})},
        stdout=asyncio.subprocess.DEVNULL if quiet else None,
    )
    try:
        yield started.pid
    finally:
        if started.returncode is None:
            started.send_signal(signal.SIGTERM)
            await asyncio.wait_for(started.wait(), 15)


@asynccontextmanager
async def server(folder: Path, **settings: str) -> AsyncIterator[Served]:
    """`spoolgraph serve` over a folder that was prepared, when it answers."""
    port = free_port()
    chosen = server_settings(folder, port=str(port), **settings)
    environment = {f"{ENV_PREFIX}{name.upper()}": value for name, value in chosen.items()}
    base = f"http://127.0.0.1:{port}"
    async with (
        process("-m", "app", "serve", environment=environment) as pid,
        httpx.AsyncClient(base_url=base, headers={"X-API-Key": KEY}, timeout=30) as client,
    ):
        await _until_answered(client)
        yield Served(pid, base, client)


async def _until_answered(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(START_SECONDS):
        while True:
            try:
                await client.get("/health")
            except httpx.TransportError:
                await asyncio.sleep(0.02)
            else:
                return


@asynccontextmanager
async def baseline(name: str, *arguments: str) -> AsyncIterator[int]:
    """A baseline of `benchmarks.baselines`; raises `BaselineMissing` when it does not start."""
    async with AsyncExitStack() as stack:
        try:
            pid = await stack.enter_async_context(
                process("-m", f"benchmarks.baselines.{name}", *arguments)
            )
        except OSError as error:
            raise BaselineMissing(f"{name}: {error}") from error
        yield pid
