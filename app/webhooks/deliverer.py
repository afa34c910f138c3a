"""Sends what waits in the outbox, for as long as the server runs.

Each endpoint that has something to be told has a task of its own, so that a slow one delays no
other; within an endpoint messages go out one after the other, in their order. What is not known
to have arrived is sent again, by whichever process is there.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Never

import structlog
from sqlalchemy.exc import SQLAlchemyError

from app.database import EVERY_TEAM, Database, ReadSession, WriteSession
from app.errors import DomainError
from app.events import WebhookMessagesQueued
from app.hub import EVENT, RESYNC, Hub, Message
from app.printers.leases import database_time
from app.sealing import CannotOpen, Sealer
from app.webhooks import turns
from app.webhooks.guard import Guard
from app.webhooks.outcome import Outcome
from app.webhooks.retries import Dice
from app.webhooks.signing import signed_headers
from app.webhooks.turns import Job

if TYPE_CHECKING:
    from app.webhooks.sender import Sender

log = structlog.get_logger(__name__)

# Endpoints that are served at the same moment by one process.
MAX_WORKERS = 64
# Seconds an endpoint is served in one go before others that wait get their turn.
TURN_SECONDS = 10.0
# Seconds between looks into the outbox when nobody tells that there is something.
POLL_SECONDS = 5.0
KEEP = timedelta(days=30)
FORGET_SECONDS = 3600.0
_LAST_WORDS_SECONDS = 2.0
UNREADABLE = "The secret was sealed with another SPOOLGRAPH_SECRET_KEY: set it again."

Clock = Callable[[ReadSession | WriteSession], Awaitable[datetime]]


class Deliverer:
    """One per process. `clock` tells the time that all processes share."""

    def __init__(
        self,
        database: Database,
        hub: Hub,
        sealer: Sealer,
        guard: Guard,
        *,
        sender: Sender | None = None,
        clock: Clock = database_time,
        dice: Dice = random.random,
    ) -> None:
        self.guard = guard
        self.attempts = self.failures = 0
        self._database = database
        self._owner = hub.process_id
        self._sealer = sealer
        self._sender = sender
        self._clock = clock
        self._dice = dice
        self._wake = asyncio.Event()
        self._workers: dict[int, asyncio.Task[None]] = {}
        hub.listen(EVENT, self._on_event)
        hub.listen(RESYNC, lambda _message: self.wake())

    def _ready_sender(self) -> Sender:
        if self._sender is None:
            from app.webhooks.sender import Sender  # large, and many farms have no endpoint

            self._sender = Sender(self.guard)
        return self._sender

    def wake(self) -> None:
        """Look into the outbox now."""
        self._wake.set()

    def _on_event(self, message: Message) -> None:
        if message.key == WebhookMessagesQueued.kind:
            self.wake()

    async def run(self) -> None:
        """Deliver until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._forget())
                group.create_task(self._deliver(group))
        finally:
            await self._close()

    async def send(self, url: str, secret: bytes, message_id: str, body: str) -> Outcome:
        """One attempt, signed now. Never raises."""
        self.attempts += 1
        try:
            opened = self._sealer.open(secret)
            headers = signed_headers(opened, message_id, datetime.now(UTC), body)
        except CannotOpen:
            outcome = Outcome(0, error=UNREADABLE)
        else:
            outcome = await self._ready_sender().send(url, headers, body)
        self.failures += not outcome.accepted
        return outcome

    async def _deliver(self, group: asyncio.TaskGroup) -> Never:
        if self._database.embedded:
            # Leases of a process that was killed: no other one can be alive.
            await self._quietly(self._free_all())
        while True:
            self._wake.clear()
            wait = await self._start_due(group)
            try:
                async with asyncio.timeout(wait):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def _start_due(self, group: asyncio.TaskGroup) -> float:
        """Start a worker for each endpoint that is due; how long to wait for the next, in s."""
        room = MAX_WORKERS - len(self._workers)
        if room <= 0:
            return POLL_SECONDS
        try:
            async with self._database.read(EVERY_TEAM) as session:
                now = await self._clock(session)
                found = await turns.due(session, now, room)
                later = await turns.next_due(session, now)
        except (DomainError, SQLAlchemyError) as error:
            log.warning("webhooks wait for the database", error=type(error).__name__)
            return POLL_SECONDS
        for webhook_id in found:
            if webhook_id not in self._workers:
                worker = group.create_task(self._work(webhook_id))
                self._workers[webhook_id] = worker
        if later is None:
            return POLL_SECONDS
        return min(POLL_SECONDS, max(0.05, (later - now).total_seconds()))

    async def _work(self, webhook_id: int) -> None:
        """Send to one endpoint until nothing waits, an attempt fails or its turn is over."""
        try:
            await self._quietly(self._serve(webhook_id))
        finally:
            del self._workers[webhook_id]
            self.wake()

    async def _serve(self, webhook_id: int) -> None:
        loop = asyncio.get_running_loop()
        turn_ends = loop.time() + TURN_SECONDS
        job = await self._claim(webhook_id)
        while job is not None:
            outcome = await self.send(job.url, job.sealed_secret, job.message_id, job.body)
            job = await self._settle(job, outcome, go_on=loop.time() < turn_ends)

    async def _claim(self, webhook_id: int) -> Job | None:
        async with self._database.transaction(EVERY_TEAM) as session:
            now = await self._clock(session)
            if await turns.disable_overfull(session, webhook_id, now):
                return None
            return await turns.claim(session, self._owner, webhook_id, now)

    async def _settle(self, job: Job, outcome: Outcome, *, go_on: bool) -> Job | None:
        async with self._database.transaction(EVERY_TEAM) as session:
            now = await self._clock(session)
            return await turns.settle(
                session, self._owner, job, outcome, now, go_on=go_on, dice=self._dice
            )

    async def _forget(self) -> Never:
        while True:
            await self._quietly(self._forget_old())
            await asyncio.sleep(FORGET_SECONDS)

    async def _forget_old(self) -> None:
        gone = turns.FORGET_BATCH
        while gone == turns.FORGET_BATCH:
            async with self._database.transaction(EVERY_TEAM) as session:
                gone = await turns.forget(session, await self._clock(session) - KEEP)

    async def _free_all(self) -> None:
        async with self._database.transaction(EVERY_TEAM) as session:
            await turns.free_all(session)

    async def _quietly(self, work: Awaitable[None]) -> None:
        """What the database refuses now is done again later: nothing was written."""
        try:
            await work
        except (DomainError, SQLAlchemyError) as error:
            log.warning("webhooks wait for the database", error=repr(error)[:300])
            await asyncio.sleep(1.0)

    async def _close(self) -> None:
        try:
            async with (
                asyncio.timeout(_LAST_WORDS_SECONDS),
                self._database.transaction(EVERY_TEAM) as session,
            ):
                await turns.give_back(session, self._owner)
        except (DomainError, SQLAlchemyError, TimeoutError) as error:
            log.warning("endpoints were not given back", error=type(error).__name__)
        if self._sender is not None:
            await self._sender.close()
        self.guard.close()
