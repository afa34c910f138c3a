"""What `spoolgraph serve` loads: a server starts soon and is small because it loads little."""

from __future__ import annotations

import subprocess
import sys

# What the other commands need, what is optional, and what is loaded when it is first used.
LEFT_OUT = ("alembic", "jinja2", "obstore", "rich", "typer", "app.commands", "app.simulator")
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
