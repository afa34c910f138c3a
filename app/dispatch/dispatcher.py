"""The dispatcher: one process of the farm starts what is due and looks after what it started."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, Never

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from app.database import EVERY_TEAM
from app.dispatch import lease
from app.dispatch.attempt import attempt
from app.dispatch.desk import Desk, NotLeading
from app.dispatch.janitor import Janitor
from app.dispatch.watch import cancelled_before_start, stop, watch
from app.errors import DomainError
from app.hub import EVENT, RESYNC, STATUS, Hub, Message
from app.print_queue import running
from app.print_queue.facts import queue_of_teams
from app.print_queue.models import Dispatch, DispatchStage, QueueItem, QueueStatus
from app.printers.models import PrintRun
from app.printers.status import PrinterStatus

log = structlog.get_logger(__name__)

# Attempts under way at the same time; each has a thread of its own while it sends its file.
AT_ONCE = 64
# A printer that could not be asked is left alone for so long.
_REST_SECONDS = 5.0
_LEAVE_SECONDS = 2.0
_TOGETHER_SECONDS = 0.05
_WAKING = frozenset(
    {
        "queue_item_added",
        "queue_item_updated",
        "queue_item_moved",
        "queue_item_removed",
        "queue_resumed",
        "printer_added",
        "printer_updated",
        "printer_deleted",
        "printer_connected",
        "print_finished",
        "print_failed",
        "print_stopped",
    }
)


class Dispatcher:
    """One per process; ``run`` is started once by the composition root."""

    def __init__(self, desk: Desk, hub: Hub) -> None:
        self.desk = desk
        self._janitor = Janitor(desk)
        self._wake = asyncio.Event()
        self._seen: dict[int, tuple[object, ...]] = {}
        self._resting: dict[int, float] = {}
        self._attempts: dict[int, int] = {}  # item to printer
        self._watched: set[int] = set()
        self._stopped: set[int] = set()
        self._leads = False
        self._held_until = 0.0
        hub.listen(EVENT, self._on_event)
        hub.listen(STATUS, self._on_status)
        hub.listen(RESYNC, lambda _message: self._wake.set())

    def _on_event(self, message: Message) -> None:
        if message.key in _WAKING:
            self._wake.set()
        if message.key in ("print_started", "queue_item_updated"):
            for printer_id in list(self.desk.news):
                self.desk.tell(printer_id)

    def _on_status(self, message: Message) -> None:
        """Wake when a printer becomes free, is loaded anew, or changes what it does."""
        if not self._leads:
            return
        printer_id = int(message.key)
        status = self.desk.live.status(printer_id)
        shown = _of_interest(status)
        if self._seen.get(printer_id) != shown:
            self._seen[printer_id] = shown
            self.desk.tell(printer_id)
            self._wake.set()

    async def run(self) -> Never:
        """Dispatch whenever no other process does, until cancelled."""
        leading: asyncio.Task[None] | None = None
        try:
            while True:
                holds = self._leads = await self._renew()
                if leading is not None and (leading.done() or not holds):
                    await self._end(leading)
                    leading = None
                if holds and leading is None:
                    leading = asyncio.create_task(self._lead())
                await asyncio.sleep(self.desk.timing.lease)
        finally:
            if leading is not None:
                await self._end(leading)
                await self._leave()

    async def _renew(self) -> bool:
        """Whether this process dispatches. While the database is away it does as long as nobody
        else can have taken over."""
        desk, now = self.desk, asyncio.get_running_loop().time
        asked_at = now()
        try:
            async with desk.database.transaction(EVERY_TEAM) as session:
                held = await lease.take(session, desk.process_id, desk.timing.lease_ttl)
        except (DomainError, SQLAlchemyError) as error:
            log.warning("the dispatch lease was not renewed", error=type(error).__name__)
            return now() < self._held_until
        self._held_until = asked_at + desk.timing.lease_ttl if held else 0.0
        return held

    async def _end(self, leading: asyncio.Task[None]) -> None:
        """Stop leading; a death of its own is loud."""
        self._leads = False
        leading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await leading

    async def _leave(self) -> None:
        desk = self.desk
        try:
            async with (
                asyncio.timeout(_LEAVE_SECONDS),
                desk.database.transaction(EVERY_TEAM) as session,
            ):
                await lease.leave(session, desk.process_id)
        except (DomainError, SQLAlchemyError, TimeoutError) as error:
            log.warning("the dispatch lease was not given back", error=type(error).__name__)

    async def _lead(self) -> None:
        """Look at the queue whenever something may have changed, and now and then anyway."""
        self._attempts.clear()
        self._watched.clear()
        async with asyncio.TaskGroup() as group:
            while True:
                self._wake.clear()
                wait = self.desk.timing.tick
                try:
                    await self._look_after(group)
                    await self._start_due(group)
                    wait = await self._until_due(wait)
                except (DomainError, SQLAlchemyError, NotLeading) as error:
                    log.warning("the queue was not looked at", error=repr(error)[:300])
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await self._wake.wait()
                # What happens together is looked at together.
                await asyncio.sleep(_TOGETHER_SECONDS)

    def _spawn(self, group: asyncio.TaskGroup, work: Coroutine[Any, Any, object]) -> None:
        group.create_task(self._guarded(work))

    async def _guarded(self, work: Coroutine[Any, Any, object]) -> None:
        """One attempt's trouble ends that attempt's task; what it left is taken up again."""
        try:
            await work
        except (DomainError, SQLAlchemyError, NotLeading) as error:
            log.warning("an attempt was interrupted", error=repr(error)[:300])
        except Exception as error:
            log.error("an attempt broke", error=repr(error)[:500], exc_info=error)
        finally:
            self._wake.set()

    async def _look_after(self, group: asyncio.TaskGroup) -> None:
        """Take up what another process, or an attempt that broke, left; clean up behind prints."""
        async with self.desk.read() as session:
            rows = (
                await session.execute(
                    select(Dispatch, QueueItem)
                    .join(QueueItem, QueueItem.id == Dispatch.queue_item_id)
                    .where(Dispatch.ended_at.is_(None))
                )
            ).all()
        self._stopped &= {dispatch.id for dispatch, _item in rows}
        for dispatch, item in rows:
            if item.id in self._attempts or dispatch.id in self._watched:
                continue
            if dispatch.stage is DispatchStage.UPLOADING:
                await self._call_off(dispatch)
            elif dispatch.stage is DispatchStage.STARTED:
                self._stop_cancelled(group, dispatch, item)
            else:
                self._watched.add(dispatch.id)
                self._spawn(group, self._watch(dispatch.id))
        await self._settle()
        for printer_id, files in (await self._janitor.left()).items():
            self._spawn(group, self._janitor.clean(printer_id, files))

    async def _watch(self, dispatch_id: int) -> None:
        try:
            await watch(self.desk, dispatch_id)
        finally:
            self._watched.discard(dispatch_id)

    async def _call_off(self, dispatch: Dispatch) -> None:
        """Nothing was ordered yet: the item waits as before."""
        async with self.desk.transaction() as session:
            await running.give_back(
                session,
                dispatch.id,
                DispatchStage.CANCELLED,
                "The server was interrupted while it sent the file.",
                again=timedelta(0),
                counts=False,
            )

    def _stop_cancelled(
        self, group: asyncio.TaskGroup, dispatch: Dispatch, item: QueueItem
    ) -> None:
        """Stop a print whose item was cancelled before it began."""
        if not cancelled_before_start(item) or dispatch.id in self._stopped:
            return
        self._stopped.add(dispatch.id)
        if dispatch.printer_id is not None:
            self._spawn(group, stop(self.desk, dispatch.printer_id))

    async def _settle(self) -> None:
        """End items whose run was ended elsewhere, as when its printer was removed."""
        over = (
            select(PrintRun)
            .join(QueueItem, QueueItem.id == PrintRun.queue_item_id)
            .where(
                QueueItem.status == QueueStatus.PRINTING,
                QueueItem.result_archive_id == PrintRun.archive_id,
                PrintRun.ended_at.is_not(None),
            )
        )
        async with self.desk.read() as session:
            found = [run.id for run in await session.scalars(over)]
        for run_id in found:
            async with self.desk.transaction() as session:
                run = await session.get(PrintRun, run_id)
                if run is not None:
                    await running.ended(session, run, None)

    async def _start_due(self, group: asyncio.TaskGroup) -> None:
        room = AT_ONCE - len(self._attempts)
        if room <= 0:
            return
        async with self.desk.read() as session:
            teams = list(
                await session.scalars(
                    select(QueueItem.team_id)
                    .where(QueueItem.status == QueueStatus.PENDING)
                    .distinct()
                )
            )
            queues = await queue_of_teams(session, teams) if teams else {}
        now = asyncio.get_running_loop().time()
        busy = set(self._attempts.values())
        for known in queues.values():
            for item, printer in known.plan(self.desk.live).starts:
                rests = self._resting.get(printer.id, 0.0) > now
                if room <= 0 or item.id in self._attempts or printer.id in busy or rests:
                    continue
                room -= 1
                busy.add(printer.id)
                self._attempts[item.id] = printer.id
                self._spawn(group, self._attempt(item.id, printer.id))

    async def _attempt(self, item_id: int, printer_id: int) -> None:
        try:
            if not await attempt(self.desk, item_id, printer_id):
                rest = asyncio.get_running_loop().time() + _REST_SECONDS
                self._resting[printer_id] = rest
        finally:
            self._attempts.pop(item_id, None)

    async def _until_due(self, longest: float) -> float:
        """Seconds until the next item is due by its time."""
        now = datetime.now(UTC)
        async with self.desk.read() as session:
            rows = await session.execute(
                select(QueueItem.scheduled_time, QueueItem.retry_at).where(
                    QueueItem.status == QueueStatus.PENDING,
                    (QueueItem.scheduled_time > now) | (QueueItem.retry_at > now),
                )
            )
            times: list[datetime] = [time for row in rows for time in row if time and time > now]
        if not times:
            return longest
        return min(longest, max(0.01, (min(times) - now).total_seconds()))


def _of_interest(status: PrinterStatus) -> tuple[object, ...]:
    """What decides about the queue; how warm and how damp it is does not."""
    trays = [tray for unit in status.ams for tray in unit.trays]
    loaded = tuple(
        (tray.unit, tray.slot, tray.present, tray.material, tray.color)
        for tray in (*trays, *status.external_spools)
    )
    return status.state, status.connection, status.job, loaded
