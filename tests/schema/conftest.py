"""The owner of the running server's farm, and a printer of it."""

from __future__ import annotations

import pytest

from app.accounts.viewer import Viewer
from app.printers.models import Printer
from tests.farm import make_printer
from tests.running import RunningServer


@pytest.fixture
async def owner(server: RunningServer) -> Viewer:
    return await server.runtime.accounts.authenticate(api_key=server.key, authorization=None)


@pytest.fixture
async def printer(server: RunningServer, owner: Viewer) -> Printer:
    """Known on a central broker alone, so that nothing is connected."""
    return await make_printer(server.runtime.database, owner, "Left")
