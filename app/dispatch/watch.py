"""Seeing to it that an ordered print begins, or that it is known not to."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import structlog

from app.dispatch.desk import Desk
from app.dispatch.judgement import Finding, Judgement, judge
from app.errors import Conflict, DomainError, Unreachable
from app.print_queue import running
from app.print_queue.models import Dispatch, DispatchStage, QueueItem
from app.printers.catalogue import model_for
from app.printers.models import Printer
from app.printers.status import ConnectionState

log = structlog.get_logger(__name__)

# How often an end that nobody saw is told to the ingest before it is given up.
_TELLINGS = 5
_STOPS = 3
_UNSEEN = frozenset({Finding.DONE_UNSEEN, Finding.FAILED_UNSEEN})


async def watch(desk: Desk, dispatch_id: int) -> None:
    """Wait until the print of an attempt has begun, or end the attempt."""
    found = await _read(desk, dispatch_id)
    if found is None:
        return
    async with desk.listening(found[0].printer_id or 0) as news:
        watching = _Watch(desk, dispatch_id)
        while await watching.goes_on():
            await _wait(news, desk.timing.look)


class _Watch:
    """What would end an attempt must be seen twice: the ingest may be about to write down that it
    began."""

    def __init__(self, desk: Desk, dispatch_id: int) -> None:
        self._desk = desk
        self._dispatch_id = dispatch_id
        self._last: Judgement | None = None
        self._told = 0

    async def goes_on(self) -> bool:
        """Look once; False when there is nothing more to wait for."""
        desk = self._desk
        found = await _read(desk, self._dispatch_id)
        if found is None:
            return False
        dispatch, item, printer = found
        if printer is None:
            judgement = Judgement(Finding.GAVE_UP, "The printer was removed.")
            return await self._end(dispatch, item, judgement)
        if dispatch.stage is DispatchStage.STARTED:
            if cancelled_before_start(item):
                await stop(desk, printer.id)
            return False
        judgement = await _look(desk, dispatch, printer)
        if judgement.finding is Finding.ACCEPTED:
            async with desk.transaction() as session:
                await running.accepted(session, dispatch.id)
        elif judgement.finding in _UNSEEN:
            self._told += 1
            if self._told > _TELLINGS:
                judgement = Judgement(Finding.GAVE_UP, "It ended while nobody was watching.")
                return await self._end(dispatch, item, judgement)
            await _tell_unseen(desk, printer.id, judgement)
        elif judgement == self._last and judgement.finding is not Finding.WAIT:
            return await self._end(dispatch, item, judgement)
        self._last = judgement
        return True

    async def _end(self, dispatch: Dispatch, item: QueueItem, judgement: Judgement) -> bool:
        """End the attempt; one that was lost may have met a connection that carries nothing."""
        desk = self._desk
        again = judgement.finding in (Finding.REJECTED, Finding.LOST)
        rejected = judgement.finding is Finding.REJECTED
        async with desk.transaction() as session:
            await running.give_back(
                session,
                dispatch.id,
                DispatchStage.REJECTED if rejected else DispatchStage.LOST,
                judgement.reason,
                again=desk.timing.again(item.attempts) if again else None,
            )
        if judgement.finding is Finding.LOST and dispatch.printer_id is not None:
            try:
                await desk.commands.reconnect(dispatch.printer_id)
            except DomainError as error:
                log.info("no connection to renew", error=error.message)
        return False


async def _wait(news: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await news.wait()
    except TimeoutError:
        return
    news.clear()


async def _read(desk: Desk, dispatch_id: int) -> tuple[Dispatch, QueueItem, Printer | None] | None:
    """An open attempt with its item and printer."""
    async with desk.read() as session:
        dispatch = await session.get(Dispatch, dispatch_id)
        if dispatch is None or dispatch.ended_at is not None:
            return None
        item = await session.get(QueueItem, dispatch.queue_item_id)
        if item is None:
            return None
        printer = None
        if dispatch.printer_id is not None:
            printer = await session.get(Printer, dispatch.printer_id)
        return dispatch, item, printer


async def _look(desk: Desk, dispatch: Dispatch, printer: Printer) -> Judgement:
    """What the printer tells about an order."""
    status = desk.live.status(printer.id)
    refused = status.connection is ConnectionState.CONTROL_REFUSED
    if refused and dispatch.stage is DispatchStage.COMMANDED:
        return Judgement(Finding.REJECTED, status.connection_detail)
    limit = desk.timing.limit(model_for(printer.serial_number, printer.model).family)
    now = datetime.now(UTC)
    try:
        shown = await desk.commands.shown_job(printer.id)
    except Unreachable:
        ordered = dispatch.commanded_at or dispatch.created_at
        if now - ordered < timedelta(seconds=limit + desk.timing.unreachable):
            return Judgement(Finding.WAIT)
        return Judgement(
            Finding.GAVE_UP,
            "The printer could not be reached after it was told to print; whether it printed is "
            "not known.",
        )
    return judge(dispatch, shown, now, limit)


async def _tell_unseen(desk: Desk, printer_id: int, judgement: Judgement) -> None:
    completed = judgement.finding is Finding.DONE_UNSEEN
    try:
        await desk.commands.record_unseen(printer_id, completed=completed)
    except DomainError as error:
        log.info("an unseen end is told again later", printer=printer_id, error=error.message)


def cancelled_before_start(item: QueueItem) -> bool:
    """Whether the item was taken back when there was no print yet that could be stopped."""
    asked = item.cancel_requested_at
    return asked is not None and (item.started_at is None or asked <= item.started_at)


async def stop(desk: Desk, printer_id: int) -> None:
    """Stop a print whose item was cancelled before it began."""
    for attempt in range(_STOPS):
        try:
            await desk.commands.stop(printer_id)
        except Conflict:
            return  # it has ended by itself
        except DomainError as error:
            log.warning("a cancelled print goes on", printer=printer_id, error=error.message)
            await asyncio.sleep(desk.timing.look * (attempt + 1))
        else:
            return
