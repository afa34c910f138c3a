"""The printed file comes to the record of its print, whenever that is: at its start, in the middle,
long after its end, or never."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import delete, select

from app.accounts.models import Scope
from app.accounts.viewer import Viewer
from app.archives import figures, queries, usage, uses
from app.archives.files import filament_types
from app.archives.models import Archive, ArchiveStatus, FileFetch
from app.archives.service import search_text
from app.database import WriteSession
from app.errors import Conflict, NotFound
from app.events import ArchiveUpdated
from app.files import service as files
from app.plates import service as plates
from app.plates.models import Plate
from app.plates.queries import of_files
from app.plates.service import Prepared
from app.printers.models import PrintRun


async def attach_by_hand(
    session: WriteSession, viewer: Viewer, archive_id: int, made: Prepared, plate: int | None
) -> Archive:
    """Complete a record that has no file.

    Raises `Forbidden`, `NotFound`, `Conflict` when it has one, `Invalid` for the plate.
    """
    viewer.require(Scope.LIBRARY)
    archive = await _locked(session, archive_id)
    if archive is None:
        raise NotFound("There is no such archive.", field="id")
    if archive.file_id is not None:
        raise Conflict("This archive has a file already.", field="id")
    number = made.printable(plate).number
    file_id = await plates.keep(session, archive.team_id, made)
    await _attach(session, archive, file_id, number)
    return archive


async def attach_fetched(
    session: WriteSession, archive_id: int, made: Prepared, plate: int | None
) -> bool:
    """Attach a file that came from the printer; False when the record is gone or has one."""
    archive = await _locked(session, archive_id)
    if archive is None or archive.file_id is not None:
        await _forget_fetch(session, archive_id)
        return False
    file_id = await plates.keep(session, archive.team_id, made)
    await _attach(session, archive, file_id, plate)
    return True


async def attach_stored(
    session: WriteSession, archive_id: int, source_id: int, plate: int | None
) -> bool:
    """Attach the file of the archive that was printed; False when either has nothing to give or
    to take."""
    source = (await queries.by_ids(session, [source_id])).get(source_id)
    archive = await _locked(session, archive_id)
    if archive is None or archive.file_id is not None:
        await _forget_fetch(session, archive_id)
        return False
    if source is None or source.file_id is None:
        return False
    await files.share(session, source.file_id)
    await _attach(session, archive, source.file_id, plate or source.plate)
    return True


async def postpone(
    session: WriteSession,
    archive_id: int,
    problem: str,
    due_at: datetime | None,
    *,
    counts: bool = True,
) -> None:
    """Say why there is no file yet, and try again at `due_at`, or never. A try that `counts`
    makes the next ones rarer."""
    if due_at is None:
        await _forget_fetch(session, archive_id)
    else:
        fetch = await session.get(FileFetch, archive_id)
        if fetch is not None:
            fetch.attempts += int(counts)
            fetch.due_at = due_at
    archive = await _locked(session, archive_id)
    if archive is not None and archive.file_id is None and archive.file_problem != problem[:500]:
        archive.file_problem = problem[:500]
        _tell(session, archive)


async def _attach(
    session: WriteSession, archive: Archive, file_id: int, number: int | None
) -> None:
    old = (await queries.uses_of(session, [archive.id]))[archive.id]
    await figures.count_print(session, archive, old, -1)
    archive.file_id, archive.file_problem = file_id, None
    plate = _chosen((await of_files(session, [file_id]))[file_id], number)
    if plate is not None:
        _describe(archive, plate)
        await session.flush()
        run = await session.scalar(select(PrintRun).where(PrintRun.archive_id == archive.id))
        used = await uses.rewrite(session, archive, run)
        if archive.status is not ArchiveStatus.PRINTING and not any(use.deducted for use in used):
            await usage.measure(session, archive, used)
            await usage.deduct(session, archive, used)
        old = used
    archive.search_text = search_text(archive)
    archive.updated_at = datetime.now(UTC)
    await session.flush()
    await figures.count_print(session, archive, old, 1)
    await _forget_fetch(session, archive.id)
    _tell(session, archive)


def _chosen(found: list[Plate], number: int | None) -> Plate | None:
    if number is not None:
        return next((plate for plate in found if plate.number == number), None)
    printable = [plate for plate in found if plate.printable]
    return printable[0] if len(printable) == 1 else None


def _describe(archive: Archive, plate: Plate) -> None:
    archive.plate = plate.number
    if plate.estimated_duration is not None:
        archive.estimated_duration = plate.estimated_duration
    if plate.layers is not None:
        archive.total_layers = plate.layers
    archive.filament_type = filament_types(plate.uses) or archive.filament_type


async def _locked(session: WriteSession, archive_id: int) -> Archive | None:
    found: Archive | None = await session.scalar(
        select(Archive).where(Archive.id == archive_id).with_for_update()
    )
    return found


async def _forget_fetch(session: WriteSession, archive_id: int) -> None:
    await session.execute(
        delete(FileFetch)
        .where(FileFetch.archive_id == archive_id)
        .execution_options(synchronize_session=False)
    )


def _tell(session: WriteSession, archive: Archive) -> None:
    session.raise_event(
        ArchiveUpdated(
            team_id=archive.team_id, archive_id=archive.id, printer_id=archive.printer_id
        )
    )
