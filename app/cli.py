"""The `spoolgraph` command.

A server runs for months, so `spoolgraph serve` carries neither a parser of command lines nor what
the other commands need.
"""

from __future__ import annotations

import gc
import sys
from typing import Any

from app.embedded_lock import AlreadyServed
from app.errors import Unavailable
from app.migration import NotAtHead
from app.settings import SettingsError


def main() -> None:
    """Run the command; a refusal is one readable sentence and exit status 1."""
    try:
        if sys.argv[1:] == ["serve"]:
            _serve()
        else:
            from app.commands import cli

            cli()
    except (SettingsError, NotAtHead, AlreadyServed, Unavailable) as error:
        sys.exit(str(error))


def _serve() -> None:
    # The log would load rich wherever it is installed, to draw what a server never draws.
    modules: dict[str, Any] = {"rich": None}
    sys.modules.update(modules)
    gc.disable()  # until `tune_collection`: imports make no garbage worth the rounds
    from app.serving import serve

    serve()
