"""A farm whose deliverer runs on a clock that tests move."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.accounts.viewer import Viewer
from app.database import EVERY_TEAM, Database
from app.hub import Hub
from app.printers.models import Printer
from app.sealing import Sealer
from app.webhooks import service
from app.webhooks.deliverer import Deliverer
from app.webhooks.destinations import checked
from app.webhooks.guard import Guard
from app.webhooks.models import Dialect, Webhook, WebhookDelivery
from app.webhooks.service import NewWebhook
from tests.farm import make_printer, make_viewer

SECRET = "a secret of the tests"


@dataclass
class Clock:
    """The time of the deliverer: that of the world, moved on by the test."""

    ahead: timedelta = timedelta(0)

    async def __call__(self, _session: object) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass
class Post:
    """One team's webhooks and the processes that send for it."""

    database: Database
    viewer: Viewer
    printer: Printer
    clock: Clock = field(default_factory=Clock)
    guard: Guard = field(default_factory=lambda: Guard(allow_private=True))
    sealer: Sealer = field(default_factory=Sealer)
    deliverers: list[Deliverer] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.sealer.unlock("the secret of the farm")

    async def webhook(
        self,
        url: str,
        *,
        events: Sequence[str] | None = None,
        secret: str | None = SECRET,
        dialect: Dialect = Dialect.BAMBUDDY,
    ) -> Webhook:
        """A new endpoint."""
        new = NewWebhook(await checked(self.guard, url), dialect, events, secret)
        async with self.database.transaction(self.viewer.team_id) as session:
            return (await service.create_webhook(session, self.viewer, new, self.sealer))[0]

    @asynccontextmanager
    async def delivering(self, process_id: str = "one", **parts: Any) -> AsyncIterator[Deliverer]:
        """A process that delivers."""
        from app.farm_events import service as farm_events

        hub = Hub("memory://", process_id)
        self.database.tell = farm_events.teller(hub)
        deliverer = Deliverer(
            self.database,
            hub,
            self.sealer,
            Guard(allow_private=True),
            clock=self.clock,
            dice=lambda: 0.5,
            **parts,
        )
        self.deliverers.append(deliverer)
        task = asyncio.create_task(deliverer.run())
        try:
            yield deliverer
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            self.deliverers.remove(deliverer)

    def later(self, **time: float) -> None:
        """Let time pass."""
        self.clock.ahead += timedelta(**time)
        for deliverer in self.deliverers:
            deliverer.wake()

    async def log(self) -> list[WebhookDelivery]:
        """Every message, oldest first."""
        async with self.database.read(EVERY_TEAM) as session:
            found = await session.scalars(select(WebhookDelivery).order_by(WebhookDelivery.id))
            return list(found.all())

    async def read(self, webhook: Webhook) -> Webhook:
        """An endpoint as it is now."""
        async with self.database.read(EVERY_TEAM) as session:
            return await session.get_one(Webhook, webhook.id)


@pytest.fixture
async def post(database: Database) -> Post:
    viewer = await make_viewer(database)
    return Post(database, viewer, await make_printer(database, viewer, "Workshop X1C"))
