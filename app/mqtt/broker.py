"""A central broker that many printers report through: one connection, printers by serial.

The broker may be fed by bridges. It cannot tell that a printer is away: silence does.
"""

import asyncio
import random
import ssl
from collections.abc import Callable
from functools import partial
from typing import Never
from urllib.parse import unquote, urlsplit

import aiomqtt

from app.mqtt.cancellation import raise_if_cancelled, until_first_ends
from app.mqtt.client import ConnectPool, MqttClient
from app.mqtt.quiet_log import QuietLog
from app.mqtt.session import Session
from app.mqtt.timing import Counts, Timing
from app.mqtt.upkeep import HalfBroken, PushallBudget, Upkeep
from app.printers.status import ConnectionState

_WATCH_SECONDS = 1.0
AWAY = "The central broker cannot be reached."
WAITING = "No report has come over the central broker yet."


class CentralBroker:
    """One per process. ``is_known`` tells serials of the farm from strangers."""

    def __init__(
        self,
        url: str,
        pool: ConnectPool,
        timing: Timing,
        counts: Counts,
        log: QuietLog,
        is_known: Callable[[str], bool],
    ) -> None:
        parts = urlsplit(url)
        self._host = parts.hostname or "localhost"
        self._secure = parts.scheme == "mqtts"
        self._port = parts.port or (8883 if self._secure else 1883)
        self._username = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None
        self._pool = pool
        self._timing = timing
        self._counts = counts
        self._log = log
        self._is_known = is_known
        self._sessions: dict[str, Session] = {}
        self._client: MqttClient | None = None
        self._changed = asyncio.Condition()

    @property
    def connected(self) -> bool:
        """Whether the broker is connected and subscribed."""
        return self._client is not None

    async def run(self) -> Never:
        """Connect, listen, and connect again."""
        failures = 0
        while True:
            try:
                await self._live_once()
            except Exception as error:
                raise_if_cancelled()
                failures = 0 if self._client is not None else failures + 1
                self._log.warn("central broker away", error=repr(error)[:300])
            finally:
                await self._set(None)
            wait = min(self._timing.retry_first * 2 ** min(failures, 10), self._timing.retry_last)
            await asyncio.sleep(wait * random.uniform(0.8, 1.2))  # noqa: S311

    async def _live_once(self) -> None:
        client = MqttClient(
            self._pool,
            self._receive,
            self._host,
            self._port,
            username=self._username,
            password=self._password,
            tls=ssl.create_default_context() if self._secure else None,
        )
        async with client:
            await client.subscribe("device/+/report", qos=0)
            raise_if_cancelled()
            await self._set(client)
            await client.until_lost()

    async def _set(self, client: MqttClient | None) -> None:
        self._client = client
        async with self._changed:
            self._changed.notify_all()

    def _receive(self, topic: str, payload: bytes) -> None:
        serial = topic[7:-7]  # between "device/" and "/report"
        session = self._sessions.get(serial)
        if session is not None:
            session.receive(payload)
        elif not self._is_known(serial):
            self._counts.unknown_serials += 1
            # One line for all strangers: a broker may carry any number of them.
            self._log.warn("report of an unknown serial number", serial=serial[:32])

    async def serve(self, session: Session, budget: PushallBudget) -> Never:
        """Keep one printer's session on this broker until cancelled."""
        serial = session.info.serial
        self._sessions[serial] = session
        try:
            while True:
                client = await self._wait_for_client(session)
                session.opened(partial(client.send, f"device/{serial}/request"))
                if session.presence.is_down:
                    session.show(ConnectionState.CONNECTING, WAITING)
                await self._tend(session, client, budget)
                session.lost(ConnectionState.OFFLINE, AWAY)
        finally:
            if self._sessions.get(serial) is session:
                del self._sessions[serial]

    async def _wait_for_client(self, session: Session) -> MqttClient:
        async with self._changed:
            try:
                async with asyncio.timeout(self._timing.first_report):
                    await self._changed.wait_for(lambda: self._client is not None)
            except TimeoutError:
                session.lost(ConnectionState.OFFLINE, AWAY)
                await self._changed.wait_for(lambda: self._client is not None)
        if self._client is None:
            return await self._wait_for_client(session)
        return self._client

    async def _tend(self, session: Session, client: MqttClient, budget: PushallBudget) -> None:
        """Watch and ask until this connection to the broker is gone."""
        await until_first_ends(
            self._until_gone(client), self._ask(session, budget), self._watch(session)
        )

    async def _until_gone(self, client: MqttClient) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: self._client is not client)

    async def _ask(self, session: Session, budget: PushallBudget) -> None:
        while True:
            raise_if_cancelled()
            try:
                await Upkeep(session, budget).run()
            except HalfBroken:
                session.answers_requests = False
            except (aiomqtt.MqttError, OSError):
                raise_if_cancelled()
                # The broker's own loop notices and connects again.
                await asyncio.sleep(self._timing.retry_first)

    async def _watch(self, session: Session) -> Never:
        timing = self._timing
        while True:
            await asyncio.sleep(min(_WATCH_SECONDS, timing.silence / 4))
            silent = session.silent_for()
            if silent >= timing.broker_offline:
                words = f"No report for {silent / 60:.0f} minutes over the central broker."
                if not session.presence.is_down:
                    session.show(ConnectionState.OFFLINE, words)
            elif silent >= timing.silence and session.reporting:
                session.show(
                    ConnectionState.STALE,
                    f"No report for {silent:.0f} seconds over the central broker.",
                )
