"""A team that produces, on each database."""

from __future__ import annotations

import pytest

from app.database import Database
from tests.app.production.making import Factory
from tests.farm import make_viewer


@pytest.fixture
async def factory(database: Database) -> Factory:
    return Factory(database, await make_viewer(database))
