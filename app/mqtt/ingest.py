"""The live farm of one process: which printers it holds, what they report, what they are told.

``Ingest.run`` is started once by the composition root and cancelled at shutdown; the rest may be
called from anywhere in the loop. Printers are shared with other processes by leases.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import structlog
from sqlalchemy import Row
from sqlalchemy.exc import SQLAlchemyError

from app.calls import Calls
from app.database import EVERY_TEAM, Database
from app.errors import DomainError
from app.hub import EVENT, RESYNC, Hub, Message
from app.mqtt.broker import CentralBroker
from app.mqtt.client import ConnectPool
from app.mqtt.control import Control
from app.mqtt.link import LinkParts, PrinterLink
from app.mqtt.notes import Checkpoint, KeyNote, Note, RunNote
from app.mqtt.printer_info import PrinterInfo, info_of, open_code
from app.mqtt.quiet_log import QuietLog
from app.mqtt.recorder import Recorder
from app.mqtt.restore import (
    restore_expected,
    restore_faults,
    restore_run,
    restore_statuses,
)
from app.mqtt.session import Session
from app.mqtt.snapshots import Snapshots
from app.mqtt.timing import Counts, Timing
from app.mqtt.upkeep import PushallBudget
from app.printers import leases
from app.printers.live import LiveFarm
from app.printers.status import ConnectionState, PrinterStatus
from app.sealing import Sealer
from app.settings import Settings

log = structlog.get_logger(__name__)

_PRINTER_EVENTS = frozenset({"printer_added", "printer_updated", "printer_deleted"})
LEASES = "leases"
_LAST_WORDS_SECONDS = 2.0
NO_BROKER = "This printer has no address and no central broker is configured (SPOOLGRAPH_MQTT_URL)."


class Ingest(Control):
    """One per process. Also what commands for printers go through (see ``Control``)."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        hub: Hub,
        calls: Calls,
        live: LiveFarm,
        sealer: Sealer,
        *,
        timing: Timing | None = None,
    ) -> None:
        self.counts = Counts()
        self._timing = timing or Timing(announce=settings.offline_seconds)
        self._settings = settings
        self._database = database
        self._hub = hub
        self._live = live
        self._sealer = sealer
        self._quiet = QuietLog()
        self._sessions: dict[int, Session] = {}
        self._workers: dict[int, asyncio.Task[None]] = {}
        self._codes: dict[int, tuple[bytes | None, str, str | None]] = {}
        self._known: frozenset[str] = frozenset()
        self._seen: frozenset[int] = frozenset()
        self._wake = asyncio.Event()
        self._started_at = datetime.now(UTC)
        self._broker: CentralBroker | None = None
        process_id = hub.process_id
        self._recorder = Recorder(database, process_id, self.counts, self._quiet, self._written)
        self._snapshots = Snapshots(
            database,
            process_id,
            self._timing,
            self._quiet,
            status_of=self._status_of,
            open_runs=self._open_runs,
        )
        super().__init__(database, process_id, calls, self._sessions)
        hub.listen(EVENT, self._on_event)
        hub.listen(RESYNC, lambda _message: self._wake.set())
        hub.listen(LEASES, lambda _message: self._wake.set())

    @property
    def broker_connected(self) -> bool | None:
        """Whether the central broker is connected; None without one."""
        return self._broker.connected if self._broker is not None else None

    @property
    def backlog(self) -> int:
        """Transitions that wait for the database."""
        return self._recorder.backlog

    @property
    def held(self) -> frozenset[int]:
        """The printers this process holds."""
        return frozenset(self._sessions)

    async def run(self) -> None:
        """Hold printers until cancelled, then write what waits and give them back."""
        pool = ConnectPool()
        budget = PushallBudget(self._timing.pushall_rate)
        self._parts = LinkParts(pool, budget, self._settings.printer_ca_file)
        if self._settings.mqtt_url is not None:
            url = self._settings.mqtt_url.reveal()
            self._broker = CentralBroker(
                url, pool, self._timing, self.counts, self._quiet, lambda s: s in self._known
            )
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._recorder.run())
                group.create_task(self._snapshots.run())
                if self._broker is not None:
                    group.create_task(self._broker.run())
                group.create_task(self._tick())
                group.create_task(self._hold(group))
        finally:
            await self._close(pool)

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self._timing.tick)
            for session in list(self._sessions.values()):
                session.tick(loop.time())

    async def _hold(self, group: asyncio.TaskGroup) -> None:
        """Renew leases for ever; start and stop printers as they come and go."""
        while True:
            self._wake.clear()
            try:
                await self._renew(group)
            except (DomainError, SQLAlchemyError) as error:
                self._quiet.warn("leases not renewed", error=repr(error)[:300])
            try:
                async with asyncio.timeout(self._timing.lease):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def _renew(self, group: asyncio.TaskGroup) -> None:
        async with self._database.transaction(EVERY_TEAM) as session:
            holding = await leases.renew(session, self._hub.process_id, self._started_at)
        rows = {row.id: row for row in holding.printers}
        self._known = frozenset(row.serial_number for row in holding.printers)
        await self._restore(sorted(rows.keys() - self._seen))
        for printer_id in self._seen - rows.keys():
            self._live.forget(printer_id)
        self._seen = frozenset(rows)
        for printer_id in self._sessions.keys() - holding.held:
            await self._let_go(printer_id)
        for printer_id in holding.held & rows.keys():
            await self._keep(group, rows[printer_id])

    async def _restore(self, printers: list[int]) -> None:
        await restore_statuses(
            self._database, self._live, printers, process_id=self._hub.process_id
        )

    async def _keep(self, group: asyncio.TaskGroup, row: Row[Any]) -> None:
        """Start, restart or leave alone the session of a printer that is ours."""
        info = self._info(row)
        session = self._sessions.get(row.id)
        if session is None:
            session = await self._open(info)
        elif session.info.same_link(info):
            session.info = info
            return
        else:
            await self._unlink(row.id)
            session.info = info
            session.lost(ConnectionState.CONNECTING, "The connection settings changed.")
        self._workers[row.id] = group.create_task(self._work(session))

    def _info(self, row: Row[Any]) -> PrinterInfo:
        """The row's info; the access code is opened anew only when the row changed."""
        known = self._codes.get(row.id)
        if known is None or known[0] != row.sealed_access_code:
            known = self._codes[row.id] = (
                row.sealed_access_code,
                *open_code(row, self._sealer),
            )
        return info_of(row, known[1], known[2])

    async def _open(self, info: PrinterInfo) -> Session:
        # Another process may have written since this one last looked.
        await self._restore([info.id])
        run, record = await restore_run(self._database, info.id) or (None, None)
        session = Session(
            info,
            timing=self._timing,
            counts=self.counts,
            log=self._quiet,
            live=self._live,
            note=self._recorder.note,
            published=self._snapshots.published,
            restored=self._live.status(info.id),
            run=run,
            record=record,
            faults=await restore_faults(self._database, info.id),
            expected=await restore_expected(self._database, info.id),
        )
        self._sessions[info.id] = session
        session.start()
        return session

    async def _work(self, session: Session) -> None:
        """The connection of one printer, for as long as it is ours."""
        if session.info.host is not None:
            await PrinterLink(session, self._parts).run()
        elif self._broker is not None:
            await self._broker.serve(session, self._parts.budget)
        else:
            session.lost(ConnectionState.OFFLINE, NO_BROKER)

    async def _unlink(self, printer_id: int) -> None:
        worker = self._workers.pop(printer_id)
        worker.cancel()
        await asyncio.wait({worker})

    async def _let_go(self, printer_id: int) -> None:
        """The printer is not ours any more: nothing is written or told of it from here."""
        await self._unlink(printer_id)
        self._sessions.pop(printer_id).stop(last_words=False)
        self._recorder.forget(printer_id)
        self._snapshots.forget(printer_id)
        self._codes.pop(printer_id, None)

    async def _close(self, pool: ConnectPool) -> None:
        for session in self._sessions.values():
            session.stop(last_words=True)
        try:
            async with asyncio.timeout(_LAST_WORDS_SECONDS):
                await self._recorder.flush()
                await self._snapshots.flush()
                async with self._database.transaction(EVERY_TEAM) as writing:
                    await leases.leave(writing, self._hub.process_id)
            self._hub.publish(Message(LEASES, self._hub.process_id, 0, b"{}"))
        except (DomainError, SQLAlchemyError, TimeoutError) as error:
            log.warning("not everything was written at the end", error=repr(error)[:300])
        pool.close()

    def _on_event(self, message: Message) -> None:
        if message.key in _PRINTER_EVENTS:
            self._wake.set()

    def _written(self, note: Note) -> None:
        session = self._sessions.get(note.printer_id)
        if session is None:
            return
        if isinstance(note, RunNote):
            session.written()
        elif isinstance(note, KeyNote):
            session.info = replace(session.info, pinned_key=note.key)

    def _status_of(self, printer_id: int) -> PrinterStatus | None:
        session = self._sessions.get(printer_id)
        return session.status if session is not None else None

    def _open_runs(self) -> Iterator[tuple[int, Checkpoint]]:
        for printer_id, session in self._sessions.items():
            checkpoint = session.checkpoint
            if checkpoint is not None:
                yield printer_id, checkpoint
