"""What `spoolgraph serve` loads: a server starts soon and is small because it loads little."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import app
import rest_compat
import schema

# What the other commands need, what is optional, and what is loaded when it is first used.
LEFT_OUT = {
    "PIL",
    "aiosmtplib",
    "alembic",
    "app.commands",
    "app.simulator",
    "asyncpg",
    "cryptography",
    "defusedxml",
    "httpcore",
    "jinja2",
    "jwt",
    "obstore",
    "pydantic",
    "redis",
    "rich",
    "sqlalchemy.dialects.postgresql",
    "typer",
    "xlsxwriter",
}
_LOADED = """
import sys, app.cli
app.cli._serve()
print(*(name for name, module in sys.modules.items() if module is not None))
"""


def test_a_server_loads_nothing_that_only_some_need() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _LOADED], check=True, capture_output=True, text=True
    )
    loaded = set(done.stdout.split())
    assert "app.asgi" in loaded
    assert loaded.isdisjoint(LEFT_OUT)


def test_types_are_said_as_types() -> None:
    """Strawberry parses and evaluates each annotation that is text, most of them several times."""
    texts = [
        path
        for path, source in _modules(schema)
        if "@strawberry." in source and "from __future__ import annotations" in source
    ]
    assert texts == []


def test_frozen_values_are_records() -> None:
    """`app.records` tells why; commands that run for people at a shell may do otherwise."""
    others = [
        path
        for package in (app, schema, rest_compat)
        for path, source in _modules(package)
        if "@dataclass(frozen" in source and path.parts[0] not in ("demo", "simulator")
    ]
    assert others == [Path("settings.py")]  # which finds its values by itself


def _modules(package: ModuleType) -> Iterator[tuple[Path, str]]:
    for folder in map(Path, package.__path__):
        for path in folder.rglob("*.py"):
            yield path.relative_to(folder), path.read_text("utf-8")
