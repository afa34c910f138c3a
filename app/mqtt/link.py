"""The connection to one printer on the network: made, kept, mended, and explained to people."""

import asyncio
import random
import ssl
from functools import partial
from pathlib import Path
from typing import Never

import aiomqtt

from app.mqtt.cancellation import raise_if_cancelled, until_first_ends
from app.mqtt.client import ConnectPool, MqttClient, refusal_code
from app.mqtt.notes import KeyNote
from app.mqtt.session import Session
from app.mqtt.upkeep import HalfBroken, PushallBudget, Upkeep
from app.printers.models import Trust
from app.printers.status import ConnectionState
from app.printers.tls import PrinterTls, UntrustedCertificate, WrongSerial
from app.records import record

USER = "bblp"
_WATCH_SECONDS = 1.0
_ACCESS_REFUSED = frozenset({4, 5})
_FULL = 3


class Silent(ConnectionError):
    """Nothing has come for too long; TCP alone would not tell."""


@record
class Trouble:
    """Why there is no connection. ``slow`` when trying again soon is of no use."""

    state: ConnectionState
    words: str
    slow: bool = False


@record
class LinkParts:
    """What all links of a process share."""

    pool: ConnectPool
    budget: PushallBudget
    ca_file: Path | None


class PrinterLink:
    """Runs until cancelled; a change of address or access code means a new link."""

    def __init__(self, session: Session, parts: LinkParts) -> None:
        self._session = session
        self._parts = parts
        info = session.info
        self._tls = PrinterTls(info.serial, info.trust, info.pinned_key, parts.ca_file)
        self._was_connected = False
        self._failures = 0

    async def run(self) -> Never:
        """Connect, listen, and connect again."""
        session, timing = self._session, self._session.timing
        if session.info.unsealable is not None:
            session.lost(ConnectionState.ACCESS_CODE_REJECTED, session.info.unsealable)
            await asyncio.Event().wait()
        while True:
            self._was_connected = False
            try:
                await self._live_once()
            except Exception as error:
                raise_if_cancelled()
                trouble = self._explain(error)
                session.lost(trouble.state, trouble.words)
                session.counts.reconnects += 1
                if not isinstance(error, OSError | aiomqtt.MqttError | TimeoutError):
                    session.log.warn("link broken", session.info.serial, error=repr(error)[:300])
                if session.last_report and self._was_connected:
                    self._failures = 0
                wait = timing.retry_slow if trouble.slow else self._backoff()
                await asyncio.sleep(wait * random.uniform(0.8, 1.2))  # noqa: S311

    def _backoff(self) -> float:
        timing = self._session.timing
        wait = timing.retry_first * 2.0**self._failures
        self._failures = min(self._failures + 1, 10)
        return min(wait, timing.retry_last)

    async def _live_once(self) -> None:
        session, info = self._session, self._session.info
        if not session.presence.is_down and session.presence.state is not ConnectionState.STALE:
            session.show(ConnectionState.CONNECTING, None)
        topic = f"device/{info.serial}/report"

        def receive(_topic: str, payload: bytes) -> None:
            session.receive(payload)

        client = MqttClient(
            self._parts.pool,
            receive,
            info.host or "",
            info.port,
            username=USER,
            password=info.access_code,
            tls=self._tls,
        )
        request_topic = f"device/{info.serial}/request"
        async with client:
            self._was_connected = True
            self._pin()
            session.opened(partial(client.send, request_topic))
            # Exactly this topic: some families drop clients that ask for more.
            await client.subscribe(topic, qos=0)
            raise_if_cancelled()
            await until_first_ends(
                client.until_lost(), Upkeep(session, self._parts.budget).run(), self._watch()
            )

    def _pin(self) -> None:
        info, key = self._session.info, self._tls.seen_key
        if info.trust is Trust.PINNED and info.pinned_key is None and key is not None:
            self._tls.pinned_key = key
            self._session.keep(KeyNote(info.id, info.team_id, key))

    async def _watch(self) -> Never:
        """Notice silence: soon after connecting it has one meaning, later another."""
        session, timing = self._session, self._session.timing
        heard = False
        while True:
            await asyncio.sleep(min(_WATCH_SECONDS, timing.first_report / 4, timing.silence / 4))
            heard = heard or session.reporting
            silent = session.silent_for()
            if not heard and timing.first_report <= silent < timing.silence:
                state, words = self._why_mute()
                session.show(state, words)
            elif silent >= timing.silence:
                session.show(ConnectionState.STALE, f"No report for {silent:.0f} seconds.")
                raise Silent(f"No report for {silent:.0f} seconds.")

    def _why_mute(self) -> tuple[ConnectionState, str]:
        serial = self._session.info.serial
        if self._session.info.trust is Trust.NONE:
            return (
                ConnectionState.SERIAL_MISMATCH,
                f"Connected, but nothing is reported for the serial number {serial}: it is "
                "probably another printer's, or written differently.",
            )
        return (
            ConnectionState.STALE,
            "Connected, but the printer has not reported anything yet.",
        )

    def _explain(self, error: BaseException) -> Trouble:
        """A state and a sentence for what went wrong."""
        where = f"{self._session.info.host}:{self._session.info.port}"
        code = refusal_code(error)
        if isinstance(error, WrongSerial):
            return Trouble(ConnectionState.SERIAL_MISMATCH, str(error), slow=True)
        if isinstance(error, UntrustedCertificate):
            return Trouble(ConnectionState.CERTIFICATE_REJECTED, str(error), slow=True)
        if code in _ACCESS_REFUSED:
            return Trouble(
                ConnectionState.ACCESS_CODE_REJECTED,
                "The printer rejected the access code. It changes when LAN Only or Developer "
                "Mode is switched; enter the one its screen shows.",
                slow=True,
            )
        if isinstance(error, Silent):
            return Trouble(ConnectionState.STALE, str(error))
        if isinstance(error, HalfBroken):
            return Trouble(ConnectionState.CONNECTING, str(error))
        if self._was_connected:
            return Trouble(ConnectionState.CONNECTING, "The connection was lost; connecting again.")
        return Trouble(ConnectionState.OFFLINE, _why_unreachable(error, code, where))


def _why_unreachable(error: BaseException, code: int | None, where: str) -> str:
    if code == _FULL:
        return f"The printer at {where} serves as many clients as it can."
    if code is not None:
        return f"The printer at {where} refused the connection (code {code})."
    if isinstance(error, TimeoutError):
        return f"Nothing answers at {where}: the printer is off, or not on this network."
    if isinstance(error, ConnectionRefusedError):
        return f"{where} refuses connections: the address is not the printer's, or it starts up."
    if isinstance(error, ssl.SSLError):
        return f"No secure connection to {where} ({error.reason or 'TLS failed'})."
    if isinstance(error, OSError):
        return f"{where} cannot be reached ({error.strerror or type(error).__name__})."
    if isinstance(error, aiomqtt.MqttError):
        return f"{where} accepts connections but does not answer; it may serve too many clients."
    return f"The connection to {where} failed ({type(error).__name__})."
