"""Data files are worked on in the background: by one process each, again when one dies."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from app.accounts.models import Role, Scope
from app.accounts.viewer import Viewer
from app.archives.files import UploadDetails, create_archive
from app.data_files import queries
from app.data_files.models import DataFile, DataFormat, DataStatus
from app.database import EVERY_TEAM, Database, WriteSession
from app.errors import DomainError, Unavailable
from app.events import DataProcessed, DataUploaded
from app.files import service as files
from app.files.models import FileContent, StoredFile
from app.files.store import FileStore
from app.hub import EVENT, Hub, Message
from app.plates.service import prepared
from app.records import record
from app.spools.importing import MAX_BYTES, LineError, Sheet, import_sheet, sheet_of

log = structlog.get_logger(__name__)

# How long one process may work on a file before another may take it over.
CLAIM_SECONDS = 300.0
# Uploads of other processes wake this one too; this is for those that nobody told of.
LOOK_SECONDS = 15.0
# A file that ended so many processes is not tried again.
MAX_ATTEMPTS = 3
_SUFFIXES = {DataFormat.THREEMF: ".3mf", DataFormat.GCODE: ".gcode"}


class Failed(Exception):
    """Why a file is no good; `line` is where a table is wrong, from 1, `rows` how many it has."""

    def __init__(self, message: str, *, line: int | None = None, rows: int | None = None) -> None:
        super().__init__(message)
        self.line = line
        self.rows = rows


@record
class _Job:
    row: DataFile
    viewer: Viewer
    path: Path


class DataProcessor:
    """One per process; `run` works on what waits, one file after the other."""

    def __init__(self, database: Database, store: FileStore, hub: Hub) -> None:
        self._database = database
        self._store = store
        self._ready = asyncio.Event()
        hub.listen(EVENT, self._on_event)

    def _on_event(self, message: Message) -> None:
        if message.key == DataUploaded.kind:
            self._ready.set()

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            self._ready.clear()
            try:
                while await self.work_once():
                    pass
            except (DomainError, SQLAlchemyError) as error:
                log.warning("data files must wait", error=type(error).__name__)
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._ready.wait()
            except TimeoutError:
                continue

    async def work_once(self) -> bool:
        """Work on the oldest file nobody works on; False when there is none."""
        async with self._database.transaction(EVERY_TEAM) as session:
            row = await queries.claim(session, datetime.now(UTC), CLAIM_SECONDS)
        if row is None:
            return False
        try:
            if row.attempts > MAX_ATTEMPTS:
                raise Failed("The server was stopped several times while it read this.")
            await self._process(row)
        except Failed as failed:
            await self._end(row, failed)
        except Unavailable:
            raise  # tried again once the claim is over
        except DomainError as error:
            await self._end(row, Failed(error.message))
        return True

    async def _process(self, row: DataFile) -> None:
        viewer = Viewer(
            team_id=row.team_id,
            user_id=row.user_id or 0,
            role=Role.OPERATOR,
            scopes=frozenset({Scope.READ, Scope.INVENTORY, Scope.LIBRARY}),
            credential="data upload",
        )
        async with self._store.local(await self._key(row)) as path:
            job = _Job(row, viewer, path)
            if row.format is DataFormat.CSV:
                await self._table(job)
            else:
                await self._sliced(job)

    async def _key(self, row: DataFile) -> str:
        async with self._database.read(EVERY_TEAM) as session:
            key = await session.scalar(
                select(FileContent.key)
                .join(StoredFile, StoredFile.sha256 == FileContent.sha256)
                .where(StoredFile.id == row.file_id)
            )
        if key is None:
            raise Failed("The stored file is gone.")
        return key

    async def _table(self, job: _Job) -> None:
        """Every spool of a table, or none when a line is bad."""
        if job.row.size > MAX_BYTES:
            raise Failed(f"A table has at most {MAX_BYTES} bytes.")
        sheet = await asyncio.to_thread(lambda: sheet_of(job.path.read_bytes()))
        _require_sound(sheet.errors, sheet)
        async with self._database.transaction(job.row.team_id) as session:
            await queries.note(session, job.row.id, 60, sheet.rows)
        async with self._database.transaction(job.row.team_id) as session:
            row = await queries.locked(session, job.row.id)
            if row is None:
                return
            done = await import_sheet(session, job.viewer, sheet)
            _require_sound(done.errors, sheet)
            await _complete(session, row, sheet.rows)
            session.raise_event(_processed(row))

    async def _sliced(self, job: _Job) -> None:
        """An archive of the project that can be printed."""
        name, suffix = job.row.filename, _SUFFIXES[job.row.format]
        if not name.lower().endswith(suffix):
            name += suffix
        received = await self._store.incoming.measured(job.path, name)
        async with (
            prepared(self._store, received) as made,
            self._database.transaction(job.row.team_id) as session,
        ):
            row = await queries.locked(session, job.row.id)
            if row is None:
                return
            details = UploadDetails(project_id=row.project_id)
            row.archive_id = (await create_archive(session, job.viewer, made, details)).id
            await _complete(session, row, None)
            session.raise_event(_processed(row))

    async def _end(self, row: DataFile, failed: Failed) -> None:
        async with self._database.transaction(row.team_id) as session:
            found = await queries.locked(session, row.id)
            if found is None:
                return
            found.status = DataStatus.FAILED
            found.error = str(failed)[:1000]
            found.error_line = failed.line
            found.rows = failed.rows
            found.completed_at = datetime.now(UTC)
            await _let_go(session, found)
            session.raise_event(_processed(found))


def _require_sound(errors: Sequence[LineError], sheet: Sheet) -> None:
    """Raises `Failed` with the first bad line and how many more there are."""
    if not errors:
        return
    first = errors[0]
    place = f"Line {first.line}" if first.column is None else f"Line {first.line}, {first.column}"
    more = f" ({len(errors) - 1} more)" if len(errors) > 1 else ""
    rows = sheet.rows or None
    raise Failed(f"{place}: {first.message}{more}", line=first.line, rows=rows)


async def _let_go(session: WriteSession, row: DataFile) -> None:
    """What was read is not needed any more; an archive of it holds its own use of the bytes."""
    if row.file_id is not None:
        await files.release(session, [row.file_id])
        row.file_id = None


async def _complete(session: WriteSession, row: DataFile, rows: int | None) -> None:
    row.status = DataStatus.COMPLETED
    row.progress = 100
    row.rows = rows
    row.completed_at = datetime.now(UTC)
    await _let_go(session, row)


def _processed(row: DataFile) -> DataProcessed:
    return DataProcessed(team_id=row.team_id, data_id=row.id, project_id=row.project_id)
