"""An accounts service over each database, with an owner."""

from __future__ import annotations

import pytest

from app.accounts import members
from app.accounts.limits import RateLimiter
from app.accounts.models import Role
from app.accounts.service import Accounts
from app.database import Database
from app.farm_events.service import teller
from app.hub import Hub
from app.settings import Settings

EMAIL = "owner@farm.example"
PASSWORD = "correct horse"


@pytest.fixture
def hub() -> Hub:
    return Hub("memory://", "test")


@pytest.fixture
def settings() -> Settings:
    return Settings(rate_limits="on")


@pytest.fixture
async def accounts(database: Database, hub: Hub, settings: Settings) -> Accounts:
    """Started, with one owner."""
    database.tell = teller(hub)
    service = Accounts(database, hub, RateLimiter("memory://", enabled=True), settings)
    await service.start()
    await members.create_user(database, EMAIL, PASSWORD, name="Olga", role=Role.OWNER)
    return service
