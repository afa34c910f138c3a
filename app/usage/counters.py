"""Counting that costs no query: in memory, written once a second."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from datetime import UTC, datetime

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from app.accounts.models import Team
from app.database import EVERY_TEAM, Database, WriteSession
from app.errors import DomainError
from app.upsert import add_to
from app.usage.models import UsageHour

log = structlog.get_logger(__name__)

# What a crash can lose at most.
FLUSH_SECONDS = 1.0
# What is left to write when the server ends must not hold it up.
FINISH_SECONDS = 2.0
# Hours of teams kept while the database is away; past it new ones are not counted.
BOUND = 10_000

Key = tuple[int, datetime]


def this_hour() -> datetime:
    """The hour that now lies in, UTC."""
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


async def count_project(session: WriteSession, team_id: int) -> None:
    """Count a new project, in the transaction that makes it."""
    key = {"team_id": team_id, "hour": this_hour()}
    amounts = {"api_calls": 0, "data_processed": 0, "projects_created": 1}
    await add_to(session, UsageHour, key, amounts)


class UsageCounters:
    """Those of this process; every process adds its own to the same rows."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._calls: Counter[Key] = Counter()
        self._bytes: Counter[Key] = Counter()
        self._hour, self._hour_ends = this_hour(), 0.0

    def count_call(self, team_id: int) -> None:
        """One request of a team."""
        self._count(self._calls, team_id, 1)

    def count_bytes(self, team_id: int, amount: int) -> None:
        """Bytes of a file that a team gave."""
        self._count(self._bytes, team_id, amount)

    def _count(self, counter: Counter[Key], team_id: int, amount: int) -> None:
        key = (team_id, self._this_hour())
        if key in counter or len(counter) < BOUND:
            counter[key] += amount

    def _this_hour(self) -> datetime:
        """The hour, looked up when the last one is over: this is asked for every request."""
        now = time.time()
        if now >= self._hour_ends:
            self._hour, self._hour_ends = this_hour(), (now // 3600 + 1) * 3600
        return self._hour

    async def run(self) -> None:
        """Write what was counted, once a second and at the end."""
        try:
            while True:
                await asyncio.sleep(FLUSH_SECONDS)
                await self.flush()
        finally:
            await asyncio.shield(self._finish())

    async def _finish(self) -> None:
        try:
            async with asyncio.timeout(FINISH_SECONDS):
                await self.flush()
        except TimeoutError:
            log.warning("the last usage was not written")

    async def flush(self) -> None:
        """Write now. What cannot be written is kept for the next time."""
        calls, amounts = self._calls, self._bytes
        if not calls and not amounts:
            return
        self._calls, self._bytes = Counter(), Counter()
        try:
            async with self._database.transaction(EVERY_TEAM) as session:
                await _write(session, calls, amounts)
        except DomainError as error:
            self._calls.update(calls)
            self._bytes.update(amounts)
            log.warning("usage could not be written", reason=error.message)
        except SQLAlchemyError as error:  # a team that went away meanwhile, above all
            log.warning("usage was lost", error=type(error).__name__)


async def _write(session: WriteSession, calls: Counter[Key], amounts: Counter[Key]) -> None:
    # In one order, so that two processes that write at once do not wait for each other.
    keys = sorted({*calls, *amounts})
    teams = set(await session.scalars(select(Team.id).where(Team.id.in_({key[0] for key in keys}))))
    for team_id, hour in keys:
        if team_id not in teams:
            continue
        await add_to(
            session,
            UsageHour,
            {"team_id": team_id, "hour": hour},
            {
                "api_calls": calls[team_id, hour],
                "data_processed": amounts[team_id, hour],
                "projects_created": 0,
            },
        )
