"""The `spoolgraph` command as a process of its own."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.running import DEADLINE, EMAIL, KEY, PASSWORD, eventually
from tests.services import free_port

# Seconds within which a command must be gone, whatever is open.
GONE = 5.0


@dataclass
class Command:
    """A running command, and what it printed so far."""

    process: asyncio.subprocess.Process
    base: str
    printed: list[str] = field(default_factory=list)

    @property
    def output(self) -> str:
        """Everything it printed, errors included."""
        return "".join(self.printed)

    async def get(self, path: str, *, key: str | None = KEY) -> httpx.Response:
        """One answer of its server."""
        headers = {} if key is None else {"X-API-Key": key}
        async with self._client() as client:
            return await client.get(path, headers=headers)

    def _client(self) -> httpx.AsyncClient:
        # Loading authorities, which are of no use here, costs more than the request.
        return httpx.AsyncClient(base_url=self.base, timeout=DEADLINE, verify=False)  # noqa: S501

    async def post(self, path: str) -> httpx.Response:
        """One answer to a request without a body."""
        async with self._client() as client:
            return await client.post(path, headers={"X-API-Key": KEY})

    async def graphql(self, query: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        """The data of an operation that must not have errors."""
        body = {"query": query, "variables": variables or {}}
        async with self._client() as client:
            response = await client.post("/graphql", json=body, headers={"X-API-Key": KEY})
        answer = response.json()
        assert "errors" not in answer, answer
        data: dict[str, Any] = answer["data"]
        return data

    async def answers(self) -> bool:
        """Whether its server answers; fails at once when the process has ended."""
        assert self.process.returncode is None, self.output
        try:
            return (await self.get("/health")).status_code in (200, 503)
        except httpx.TransportError:
            return False

    async def end(self, sent: signal.Signals = signal.SIGINT) -> float:
        """Send a signal; how many seconds the process took to end."""
        began = time.monotonic()
        self.process.send_signal(sent)
        async with asyncio.timeout(DEADLINE):
            await self.process.wait()
        return time.monotonic() - began

    async def _read(self) -> None:
        assert self.process.stdout is not None
        while line := await self.process.stdout.readline():
            self.printed.append(line.decode())


def settings(folder: Path, **given: object) -> dict[str, str]:
    """Environment variables of a server over a folder."""
    chosen = {
        "data_dir": folder,
        "admin_email": EMAIL,
        "admin_password": PASSWORD,
        "api_key": KEY,
        "rate_limits": "off",
        "log_format": "json",
        **given,
    }
    return {f"SPOOLGRAPH_{name.upper()}": str(value) for name, value in chosen.items()}


@asynccontextmanager
async def started(*arguments: str, **environment: str) -> AsyncIterator[Command]:
    """`spoolgraph …`; killed at the end if it still runs."""
    port = environment.setdefault("SPOOLGRAPH_PORT", str(free_port()))
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "app",
        *arguments,
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    command = Command(process, f"http://127.0.0.1:{port}")
    reading = asyncio.create_task(command._read())
    try:
        yield command
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        await reading


@asynccontextmanager
async def serving(folder: Path, command: str = "serve", **given: object) -> AsyncIterator[Command]:
    """A server process that answers."""
    async with started(command, **settings(folder, **given)) as process:
        await eventually(process.answers, 120)
        yield process


async def ended(*arguments: str, **environment: str) -> tuple[int, str]:
    """Run a command to its end: its exit status and what it printed."""
    async with started(*arguments, **environment) as command:
        async with asyncio.timeout(60):
            status = await command.process.wait()
        while not command.process.stdout.at_eof():  # type: ignore[union-attr]
            await asyncio.sleep(0.01)
    return status, command.output
