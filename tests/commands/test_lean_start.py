"""What `spoolgraph serve` loads: a server starts soon and is small because it loads little."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

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
        path.name
        for path in Path(schema.__file__).parent.rglob("*.py")
        if "@strawberry." in (source := path.read_text("utf-8"))
        and "from __future__ import annotations" in source
    ]
    assert texts == []
