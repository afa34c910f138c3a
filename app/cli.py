"""The `spoolgraph` command.

A server runs for months, so `spoolgraph serve` carries neither a parser of command lines nor what
the other commands need.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from typing import Any

# Loaded by others wherever they are installed: rich by the log, to draw what a server never draws,
# and pydantic, of which the simulator is made, by Strawberry, to make types of its models.
UNWANTED: dict[str, Any] = {"rich": None, "pydantic": None}


def main() -> None:
    """Run the command; a refusal is one readable sentence and exit status 1."""
    command = _serve() if sys.argv[1:] == ["serve"] else _any()

    from app.embedded_lock import AlreadyServed
    from app.errors import Unavailable
    from app.migration import NotAtHead
    from app.settings import SettingsError

    try:
        command()
    except (SettingsError, NotAtHead, AlreadyServed, Unavailable) as error:
        sys.exit(str(error))


def _serve() -> Callable[[], None]:
    gc.disable()  # until `tune_collection`: imports make next to no garbage
    sys.modules.update(UNWANTED)
    from app.serving import serve

    gc.freeze()  # so that the round of `tune_collection` need not look through all of it
    return serve


def _any() -> Callable[[], None]:
    from app.commands import cli

    return cli
