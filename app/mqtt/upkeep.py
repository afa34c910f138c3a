"""Keeping a live connection truthful: full reports when needed, and proof that requests arrive."""

import asyncio
import random
from typing import Never

from app.mqtt.cancellation import until_first_ends
from app.mqtt.commands import GET_VERSION, PUSHALL, Verdict
from app.mqtt.session import Session

# A full report that does not come is asked for again, ever more rarely.
_PATIENCE = (10.0, 20.0, 40.0, 80.0, 160.0, 300.0)


class HalfBroken(ConnectionError):
    """Reports flow, but requests are ignored: the session is known to need a new connection."""


class PushallBudget:
    """Spreads requests for full reports over time, for all printers of this process together.

    A farm whose power returns would otherwise be asked all at once.
    """

    def __init__(self, per_second: float) -> None:
        self._spacing = 1 / per_second
        self._next = 0.0

    async def take(self) -> None:
        """Wait for a turn."""
        now = asyncio.get_running_loop().time()
        turn = max(self._next, now)
        self._next = turn + self._spacing
        if turn > now:
            await asyncio.sleep(turn - now)


class Upkeep:
    """The upkeep of one connection's life; ``run`` ends by raising or by being cancelled."""

    def __init__(self, session: Session, budget: PushallBudget) -> None:
        self._session = session
        self._budget = budget
        self._asked_at = 0.0

    async def run(self) -> Never:
        """Raises ``HalfBroken``, or ``MqttError`` when sending fails."""
        await until_first_ends(self._keep_full(), self._keep_proven(), self._when_asked())
        raise AssertionError("upkeep has no end")

    async def _keep_full(self) -> Never:
        session, unanswered = self._session, 0
        loop = asyncio.get_running_loop()
        while True:
            session.refresh_wanted.clear()
            session.full_wanted.clear()
            await self._ask_for_all()
            asked_at = loop.time()
            if session.memory.has_full:
                unanswered = 0
                least = session.timing.pushall_heal
            else:
                least = _PATIENCE[min(unanswered, len(_PATIENCE) - 1)]
                unanswered += 1
            most = random.uniform(*session.timing.pushall_every)  # noqa: S311
            await self._until_wanted(asked_at + least, asked_at + most)

    async def _until_wanted(self, earliest: float, latest: float) -> None:
        """Wait until a full report is wanted. Before ``earliest`` only a person's wish counts."""
        session = self._session
        if await _within(session.refresh_wanted, min(earliest, latest)):
            return
        if session.memory.has_full:
            await _within(session.full_wanted, latest)

    async def _ask_for_all(self) -> None:
        session, loop = self._session, asyncio.get_running_loop()
        wait = self._asked_at + session.timing.pushall_apart - loop.time()
        if wait > 0:
            await asyncio.sleep(wait)
        await self._budget.take()
        if session.send is not None:
            self._asked_at = loop.time()
            session.counts.pushalls += 1
            await session.send(PUSHALL.encode(session.pending.next_id()))

    async def _keep_proven(self) -> Never:
        session = self._session
        while True:
            session.version_wanted.clear()
            if session.send is not None:
                answer = await session.pending.ask(
                    session.send, GET_VERSION, session.timing.version_answer
                )
                if answer.verdict is Verdict.ACCEPTED:
                    session.answers_requests = True
                elif session.answers_requests and session.reporting and not self._is_patient:
                    raise HalfBroken("The printer reports but ignores requests; connecting again.")
            pause = random.uniform(*session.timing.pushall_every)  # noqa: S311
            await _within(session.version_wanted, asyncio.get_running_loop().time() + pause)

    @property
    def _is_patient(self) -> bool:
        return asyncio.get_running_loop().time() < self._session.patient_until

    async def _when_asked(self) -> Never:
        self._session.reconnect_wanted.clear()
        await self._session.reconnect_wanted.wait()
        raise HalfBroken("The printer did not do what it was told; connecting again.")


async def _within(event: asyncio.Event, latest: float) -> bool:
    """Whether the event was set before this moment of the loop's clock."""
    try:
        async with asyncio.timeout_at(latest):
            return await event.wait()
    except TimeoutError:
        return False
