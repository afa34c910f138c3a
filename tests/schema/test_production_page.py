"""The page about production is right: its commands are executed, its answers are the server's."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

from tests.running import RunningServer
from tests.services import missing

PAGE = Path(__file__).parents[2] / "docs" / "production.md"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def _blocks(kind: str) -> list[str]:
    return [text for found, text in _BLOCK.findall(PAGE.read_text()) if found == kind]


async def test_the_commands_print_what_the_page_says(server: RunningServer) -> None:
    """Pasted into a shell one after the other, down to 7.42 a piece."""
    if shutil.which("curl") is None:
        missing("curl")
    script = "set -euo pipefail\n" + "\n".join(_blocks("sh"))
    process = await asyncio.create_subprocess_exec(
        "bash",
        "-c",
        script,
        env={**os.environ, "FARM": server.base, "KEY": server.key},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    printed, complaints = await process.communicate()
    assert (process.returncode, complaints.decode()) == (0, ""), printed.decode()
    said = [line[2:] for line in script.splitlines() if line.startswith("# ")]
    assert printed.decode().splitlines() == said
    assert said[-1].split()[-1] == "7.42"


def _ids(alias: str, payload: dict[str, Any]) -> dict[str, str]:
    """The ids that a step hands on: of what it made, under its alias, and of its first lines."""
    made = next(value for name, value in payload.items() if name != "userErrors")
    found = {alias: made["id"]} if isinstance(made, dict) and "id" in made else {}
    lines = made.items() if isinstance(made, dict) else ()
    return found | {name: rows[0]["id"] for name, rows in lines if name in ("item", "material")}


async def test_the_operations_answer_what_the_page_says(server: RunningServer) -> None:
    """One after the other, each with the ids of those before, down to the same 7.42."""
    known: dict[str, str] = {}
    answers: dict[str, Any] = {}
    for text in _blocks("graphql"):
        variables = {name: known[name] for name in re.findall(r"\$(\w+): ID!", text)}
        for alias, payload in (await server.graphql(text, variables)).items():
            answers[alias] = payload
            assert payload.get("userErrors", []) == [], payload
            if text.startswith("mutation"):
                known |= _ids(alias, payload)
    assert answers["completeProductionRun"] == json.loads(_blocks("json")[0])
    assert answers["lamp"]["product"]["totalCost"] == "5.715"
    assert answers["productionStatistics"]["byProduct"] == [
        {"product": {"name": "Lamp of the moon"}, "runs": 1, "successfulPieces": 3}
    ]
