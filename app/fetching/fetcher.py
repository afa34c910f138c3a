"""Fetches the file of every print from its printer, in the background.

What is to be fetched stands in the database with the run that it belongs to, so it survives a
restart and moves with the printer's lease. A print never waits for its file, and no session is
open while bytes travel.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from app.archives import attaching
from app.archives.models import Archive, FileFetch
from app.database import EVERY_TEAM, Database
from app.errors import Conflict, DomainError
from app.events import PrintFailed, PrintFinished, PrintStarted, PrintStopped
from app.fetching.names import PrintedJob
from app.fetching.transfer import NOT_FOUND, fetch
from app.files.store import FileStore
from app.ftps.errors import StorageAccessRefused, StorageUnreachable, StoredFileTooLarge
from app.ftps.storage import PrinterStorages
from app.ftps.target import storage_of
from app.hub import EVENT, Hub, Message
from app.mqtt.run import Run
from app.plates.service import prepared
from app.print_queue.models import QueueItem
from app.printers.catalogue import Family, model_for
from app.printers.models import Printer, PrinterLease, PrintRun
from app.records import record
from app.sealing import Sealer

log = structlog.get_logger(__name__)

AT_ONCE = 8
LOOK_SECONDS = 5.0
TRANSFER_SECONDS = 3600.0
# The file may appear seconds after the print began, or with the end of a long way to the printer.
SOON = timedelta(seconds=5)
SOON_ATTEMPTS = 12
LATER = (60, 300, 900, 3600)
# On these a download disturbs the print, so after a broken one its end is awaited.
_DELICATE = frozenset({Family.P1, Family.A1})
_WAKING = frozenset(kind.kind for kind in (PrintStarted, PrintFinished, PrintFailed, PrintStopped))
FAILED = "The server failed to take the printed file; its log tells why."
WAITS = "The printed file is fetched when the print has ended, so as not to disturb it."


@record
class Errand:
    """What is to be fetched: read once, so that no session is needed on the way."""

    archive_id: int
    attempts: int
    problem: str | None
    printer: Printer
    job: PrintedJob
    is_running: bool
    source_id: int | None
    source_plate: int | None

    @property
    def was_broken(self) -> bool:
        """Whether an earlier try failed otherwise than by not finding the file."""
        return self.attempts > 0 and self.problem != NOT_FOUND

    @property
    def family(self) -> Family:
        """The family of the printer."""
        return model_for(self.printer.serial_number, self.printer.model).family


class Fetcher:
    """One per process; works for the printers that this process holds."""

    def __init__(
        self,
        database: Database,
        hub: Hub,
        files: FileStore,
        storages: PrinterStorages,
        sealer: Sealer,
    ) -> None:
        self._database = database
        self._process_id = hub.process_id
        self._files = files
        self._storages = storages
        self._sealer = sealer
        self._wake = asyncio.Event()
        self._busy: dict[int, asyncio.Task[None]] = {}
        hub.listen(EVENT, self._on_event)

    def _on_event(self, message: Message) -> None:
        if message.key in _WAKING:
            self._wake.set()

    async def run(self) -> None:
        """Fetch until cancelled: one file per printer, a few at once."""
        async with asyncio.TaskGroup() as group:
            while True:
                self._wake.clear()
                try:
                    for errand in await self._due():
                        work = group.create_task(self._do(errand))
                        self._busy[errand.printer.id] = work
                except (DomainError, SQLAlchemyError) as error:
                    log.warning("printed files wait", error=type(error).__name__)
                try:
                    async with asyncio.timeout(LOOK_SECONDS):
                        await self._wake.wait()
                except TimeoutError:
                    continue

    async def _due(self) -> list[Errand]:
        """What can be begun now."""
        room = AT_ONCE - len(self._busy)
        if room <= 0:
            return []
        async with self._database.read(EVERY_TEAM) as session:
            rows = await session.execute(
                select(FileFetch, Archive, Printer, PrintRun, QueueItem)
                .join(Archive, Archive.id == FileFetch.archive_id)
                .join(Printer, Printer.id == FileFetch.printer_id)
                .join(PrinterLease, PrinterLease.printer_id == FileFetch.printer_id)
                .outerjoin(PrintRun, PrintRun.archive_id == FileFetch.archive_id)
                .outerjoin(QueueItem, QueueItem.id == PrintRun.queue_item_id)
                .where(
                    PrinterLease.owner == self._process_id,
                    FileFetch.due_at <= datetime.now(UTC),
                    FileFetch.printer_id.not_in(self._busy),
                )
                .order_by(FileFetch.due_at, FileFetch.archive_id)
                .limit(100)
            )
            errands: dict[int, Errand] = {}
            for found in rows:
                errand = _errand(*found)
                errands.setdefault(errand.printer.id, errand)
        return list(errands.values())[:room]

    async def _do(self, errand: Errand) -> None:
        try:
            await self._fetch(errand)
        except DomainError as error:
            await self._postpone(errand, error)
        except Exception as error:
            # One odd file or a database that is away must not end the work for all printers.
            log.error("a printed file could not be taken", exc_info=error)
            await self._postpone(errand, Conflict(FAILED))
        finally:
            self._busy.pop(errand.printer.id, None)
            self._wake.set()

    async def _fetch(self, errand: Errand) -> None:
        if errand.source_id is not None:
            async with self._database.transaction(EVERY_TEAM) as session:
                if await attaching.attach_stored(
                    session, errand.archive_id, errand.source_id, errand.source_plate
                ):
                    return
        if errand.is_running and errand.was_broken and errand.family in _DELICATE:
            raise Conflict(WAITS)
        target = storage_of(errand.printer, self._sealer)
        async with self._files.incoming.place() as path:
            try:
                async with asyncio.timeout(TRANSFER_SECONDS):
                    file, plate = await fetch(
                        self._storages, target, self._files.incoming, errand.job, path
                    )
            except TimeoutError:
                raise StorageUnreachable("The printed file took too long to come.") from None
            async with (
                prepared(self._files, file) as made,
                self._database.transaction(EVERY_TEAM) as session,
            ):
                await attaching.attach_fetched(session, errand.archive_id, made, plate)

    async def _postpone(self, errand: Errand, error: DomainError) -> None:
        log.info(
            "a printed file did not come",
            printer=errand.printer.id,
            archive=errand.archive_id,
            attempt=errand.attempts + 1,
            problem=error.message,
        )
        try:
            async with self._database.transaction(EVERY_TEAM) as session:
                await attaching.postpone(
                    session,
                    errand.archive_id,
                    error.message,
                    _again(errand, error),
                    counts=error.message != WAITS,
                )
        except (DomainError, SQLAlchemyError) as failure:
            log.warning("a printed file waits", error=type(failure).__name__)


def _again(errand: Errand, error: DomainError) -> datetime | None:
    """When to try again; None when that is of no use, or was tried often enough."""
    now = datetime.now(UTC)
    if isinstance(error, StorageAccessRefused | StoredFileTooLarge):
        return None
    if errand.printer.ip_address is None or errand.printer.sealed_access_code is None:
        return None
    if error.message == WAITS:
        return now + timedelta(seconds=LATER[0])
    if errand.attempts < SOON_ATTEMPTS:
        return now + SOON
    place = errand.attempts - SOON_ATTEMPTS
    return now + timedelta(seconds=LATER[place]) if place < len(LATER) else None


def _errand(
    fetch: FileFetch,
    archive: Archive,
    printer: Printer,
    run: PrintRun | None,
    item: QueueItem | None,
) -> Errand:
    return Errand(
        archive_id=archive.id,
        attempts=fetch.attempts,
        problem=archive.file_problem,
        printer=printer,
        job=_job(archive, run),
        is_running=run is not None and run.ended_at is None,
        source_id=None if item is None else item.archive_id,
        source_plate=None if item is None else item.plate,
    )


def _job(archive: Archive, run: PrintRun | None) -> PrintedJob:
    """What is known of the job: what the lifecycle remembers, else what the record says."""
    try:
        known = Run.decode(run.state) if run is not None else None
    except (ValueError, KeyError, TypeError):
        known = None
    if known is None:
        return PrintedJob(
            archive.name, archive.filename, archive.plate, archive.total_layers, archive.started_at
        )
    return PrintedJob(
        title=known.fingerprint.name or archive.name,
        file=known.fingerprint.file or archive.filename,
        plate=known.plate,
        layers=known.total_layers,
        started_at=known.started_at,
    )
