"""The public audit of GraphQL over HTTP, run by Node.js against the real server."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path

import pytest

from tests.running import KEY, RunningServer
from tests.services import missing

AUDIT = Path(__file__).parent / "audit"


@pytest.fixture(scope="session")
def audit_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the audit and what it needs, installed as the lock file says."""
    if shutil.which("npm") is None:
        missing("Node.js with npm")
    folder = tmp_path_factory.mktemp("audit") / "audit"
    shutil.copytree(AUDIT, folder, ignore=shutil.ignore_patterns("node_modules"))
    return folder


async def _run(folder: Path, *command: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    printed, _ = await process.communicate()
    assert process.returncode == 0, printed.decode()
    return printed.decode()


async def test_every_audit_of_graphql_over_http_passes(
    server: RunningServer, audit_folder: Path
) -> None:
    """All 61, without a warning."""
    await _run(audit_folder, "npm", "ci", "--no-audit", "--no-fund", "--silent")
    url = f"{server.base}/graphql"
    results = json.loads(await _run(audit_folder, "node", "audit.mjs", url, KEY))
    assert [item for item in results if item["status"] != "ok"] == []
    assert len(results) == 61
