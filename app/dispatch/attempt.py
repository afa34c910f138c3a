"""One attempt to print an item: the file is sent, the order given, and its beginning awaited."""

from __future__ import annotations

import asyncio
import hashlib
import unicodedata
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from app.dispatch.desk import Desk
from app.dispatch.watch import watch
from app.errors import DomainError, Unreachable
from app.events import QueueItemUploading
from app.files.models import FileContent, StoredFile
from app.ftps.errors import StorageUnreachable
from app.ftps.names import remote_name, without_suffix
from app.ftps.target import storage_of
from app.print_queue import running
from app.print_queue.facts import printables_of
from app.print_queue.fit import feeds
from app.print_queue.models import Dispatch, DispatchStage, QueueItem
from app.print_queue.obstacles import Obstacle
from app.print_queue.running import Sending
from app.print_queue.wishes import filaments_of, options_of
from app.printers.catalogue import Family, model_for
from app.printers.models import Printer
from app.printers.orders import Feed, PrintOrder, ShownJob, StartVerdict
from app.records import record

Result = TypeVar("Result")
# Room for the number of the item and of the attempt in a name of at most 255 bytes.
_LONGEST_STEM = 180


class CalledOff(Exception):
    """Somebody took the item back while its file was sent."""


@record
class Parcel:
    """What is sent where: read once, so that no session is needed meanwhile."""

    dispatch: Dispatch
    item: QueueItem
    printer: Printer
    key: str
    feeds: tuple[Feed | None, ...]
    before: ShownJob


async def attempt(desk: Desk, item_id: int, printer_id: int) -> bool:
    """Try to print an item on a printer; False when it was not even begun."""
    parcel = await _pack(desk, item_id, printer_id)
    if parcel is None:
        return False
    try:
        async with desk.listening(printer_id) as news:
            md5 = await _unless_cancelled(desk, parcel, news, _send(desk, parcel))
    except CalledOff:
        await _give_back(desk, parcel, DispatchStage.CANCELLED, None, again=None)
        return True
    except DomainError as error:
        # Another time may help, or another printer.
        retry = isinstance(error, StorageUnreachable) or not parcel.item.is_bound
        again = desk.timing.again(parcel.item.attempts + 1) if retry else None
        await _give_back(desk, parcel, DispatchStage.FAILED, error.message, again=again)
        return True
    await _order(desk, parcel, md5)
    return True


async def _pack(desk: Desk, item_id: int, printer_id: int) -> Parcel | None:
    """Look once more whether it fits, and put the attempt into the database."""
    try:
        before = await desk.commands.shown_job(printer_id)
    except Unreachable:
        return None
    if not before.is_at_rest:
        return None
    async with desk.read() as session:
        item = await session.get(QueueItem, item_id)
        printer = await session.get(Printer, printer_id)
        if item is None or printer is None:
            return None
        printable = (await printables_of(session, [item]))[item.id]
        if printable.plate is None or printable.file_id is None:
            return None
        key = await _key_of(session, printable.file_id)
    found: tuple[Feed | None, ...] | Obstacle = ()
    if printable.is_package:
        status = desk.live.status(printer_id)
        wishes, options = filaments_of(item), options_of(item)
        found = feeds(printable.plate, printer, status, wishes, any_color=options.any_color)
    if key is None or isinstance(found, Obstacle):
        return None
    sending = Sending(
        printer_id,
        printable.plate.number,
        _stem(printable.filename),
        ".3mf" if printable.is_package else ".gcode",
        before.as_dict(),
        _loaded(desk, printer_id, found),
    )
    async with desk.transaction() as writing:
        dispatch = await running.reserve(writing, item_id, sending)
    if dispatch is None:
        return None
    return Parcel(dispatch, item, printer, key, found, before)


def _loaded(desk: Desk, printer_id: int, feeds_of: tuple[Feed | None, ...]) -> list[dict[str, Any]]:
    """What lies in the slots that feed the print."""
    status = desk.live.status(printer_id)
    trays = [tray for unit in status.ams for tray in unit.trays]
    return [
        {
            "material": tray.material,
            "color": tray.color,
            "tray_uuid": tray.tray_uuid,
            "unit": tray.unit,
            "slot": tray.slot,
        }
        for tray in (*trays, *status.external_spools)
        if tray.material and Feed(tray.unit, tray.slot) in feeds_of
    ]


async def _key_of(session: Any, file_id: int) -> str | None:
    """Where the bytes of a stored file are."""
    stored = await session.get(StoredFile, file_id)
    content = None if stored is None else await session.get(FileContent, stored.sha256)
    return None if content is None else content.key


def _stem(filename: str) -> str:
    """A name that every printer stores and shows: plain letters, no blanks."""
    plain = unicodedata.normalize("NFKD", filename).encode("ascii", "ignore").decode()
    return without_suffix(remote_name(plain))[:_LONGEST_STEM]


async def _send(desk: Desk, parcel: Parcel) -> str:
    """Upload the file; its MD5. Raises a ``DomainError``."""
    target = storage_of(parcel.printer, desk.sealer)
    told = _Progress(desk, parcel)
    async with desk.files.local(parcel.key) as path:
        md5 = await asyncio.to_thread(_md5, path)
        async with desk.storages.open(target) as storage:
            await storage.upload(path, parcel.dispatch.remote_path, progress=told)
    return md5


class _Progress:
    """Tells everybody each new percentage."""

    def __init__(self, desk: Desk, parcel: Parcel) -> None:
        self._desk = desk
        self._dispatch = parcel.dispatch
        self._last = -1

    def __call__(self, done: int, total: int) -> None:
        percent = done * 100 // total if total else 100
        if percent != self._last:
            self._last = percent
            dispatch = self._dispatch
            event = QueueItemUploading(
                team_id=dispatch.team_id,
                queue_item_id=dispatch.queue_item_id,
                printer_id=dispatch.printer_id,
                progress=percent,
            )
            self._desk.database.tell([event])


def _md5(path: Path) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest().upper()


async def _unless_cancelled(
    desk: Desk, parcel: Parcel, news: asyncio.Event, work: Awaitable[Result]
) -> Result:
    """Do the work unless somebody takes the item back meanwhile; raises ``CalledOff`` then."""
    working = asyncio.ensure_future(work)
    try:
        while True:
            hearing = asyncio.ensure_future(news.wait())
            await asyncio.wait({working, hearing}, return_when=asyncio.FIRST_COMPLETED)
            hearing.cancel()
            if working.done():
                return working.result()
            news.clear()
            if await _is_called_off(desk, parcel.dispatch.id):
                raise CalledOff
    finally:
        if not working.done():
            working.cancel()
            await asyncio.wait({working})


async def _is_called_off(desk: Desk, dispatch_id: int) -> bool:
    async with desk.read() as session:
        dispatch = await session.get(Dispatch, dispatch_id)
        if dispatch is None or dispatch.ended_at is not None:
            return True
        item = await session.get(QueueItem, dispatch.queue_item_id)
        return item is None or item.cancel_requested_at is not None


async def _order(desk: Desk, parcel: Parcel, md5: str) -> None:
    """Give the order. It is in the database before the printer hears it."""
    now = datetime.now(UTC)
    async with desk.transaction() as session:
        go_on = await running.commanded(session, parcel.dispatch.id, now)
    if not go_on:
        await _give_back(desk, parcel, DispatchStage.CANCELLED, None, again=None)
        return
    answer = await desk.commands.start_print(parcel.printer.id, _order_of(desk, parcel, md5, now))
    if answer.verdict in (StartVerdict.ACCEPTED, StartVerdict.LOST):
        if answer.verdict is StartVerdict.ACCEPTED:
            async with desk.transaction() as session:
                await running.accepted(session, parcel.dispatch.id)
        await watch(desk, parcel.dispatch.id)
        return
    not_sent = answer.verdict is StartVerdict.NOT_SENT
    stage = DispatchStage.CANCELLED if not_sent else DispatchStage.REJECTED
    # A printer that somebody else uses is no failure of the item.
    used = not_sent and desk.live.status(parcel.printer.id).is_active
    again = timedelta(0) if used else desk.timing.again(parcel.item.attempts + 1)
    await _give_back(desk, parcel, stage, answer.reason, again=again, counts=not used)


def _order_of(desk: Desk, parcel: Parcel, md5: str, now: datetime) -> PrintOrder:
    options = options_of(parcel.item)
    model = model_for(parcel.printer.serial_number, parcel.printer.model)
    return PrintOrder(
        subtask_id=parcel.dispatch.subtask_id,
        remote_path=parcel.dispatch.remote_path,
        plate=parcel.dispatch.plate,
        md5=md5,
        feeds=parcel.feeds,
        before=parcel.before,
        expires_at=now + timedelta(seconds=desk.timing.send),
        patience=desk.timing.limit(model.family),
        bed_levelling=options.bed_levelling,
        flow_calibration=options.flow_calibration,
        # Asking for what a family cannot do makes some printers refuse the job.
        vibration_calibration=options.vibration_calibration and model.name != "P2S",
        layer_inspection=options.layer_inspection and model.family is Family.X1,
        timelapse=options.timelapse,
        loaded=tuple(parcel.dispatch.loaded or ()),
    )


async def _give_back(
    desk: Desk,
    parcel: Parcel,
    stage: DispatchStage,
    reason: str | None,
    *,
    again: timedelta | None,
    counts: bool = True,
) -> None:
    async with desk.transaction() as session:
        await running.give_back(
            session,
            parcel.dispatch.id,
            stage,
            reason,
            again=again,
            counts=counts,
        )
