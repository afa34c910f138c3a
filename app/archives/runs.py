"""From a run on a printer to its archive. Called by ingest, idempotent by run.

These functions work in sessions that see every team: the team is that of the printer.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

from sqlalchemy import delete, select

from app.archives import figures, queries, usage, uses
from app.archives.feeds import Feed
from app.archives.models import Archive, ArchiveStatus, FilamentUse, FileFetch
from app.archives.service import search_text
from app.database import WriteSession
from app.events import (
    ArchiveUpdated,
    PrintFailed,
    PrintFinished,
    PrintPaused,
    PrintResumed,
    PrintStarted,
    PrintStopped,
)
from app.printers.models import Printer, PrintRun
from app.records import record

Outcome = Literal["success", "failed", "stopped"]
_STATUS: dict[str, ArchiveStatus] = {
    "success": ArchiveStatus.SUCCESS,
    "failed": ArchiveStatus.FAILED,
    "stopped": ArchiveStatus.STOPPED,
}
COMPLETE = 100
# Names of the job before may be shown when a job begins, so its file is not looked for at once.
FILE_SETTLES = timedelta(seconds=12)


@record
class ObservedFilament:
    """A filament that a run uses, since a percentage of it, from a slot (`unit` None: an external
    holder; `slot` None: not known). Grams are known only when the printed file tells them."""

    material: str
    color_hex: str | None = None
    grams: Decimal | None = None
    tray_uuid: str | None = None
    unit: int | None = None
    slot: int | None = None
    since: int = 0

    @property
    def feed(self) -> Feed:
        """The slot that gave it."""
        return Feed(self.material, self.color_hex, self.unit, self.slot, self.tray_uuid, self.since)


async def open_run(session: WriteSession, printer_id: int) -> PrintRun | None:
    """The run of a printer that has not ended."""
    found: PrintRun | None = await session.scalar(
        select(PrintRun).where(PrintRun.printer_id == printer_id, PrintRun.ended_at.is_(None))
    )
    return found


async def begin_run(
    session: WriteSession,
    *,
    printer: Printer,
    name: str,
    filename: str,
    origin: str,
    state: bytes,
    started_at: datetime | None,
    observed_at: datetime,
    estimated_duration: int | None = None,
    total_layers: int | None = None,
    filaments: Sequence[ObservedFilament] = (),
    milestone: int = 0,
    queue_item_id: int | None = None,
    source: Archive | None = None,
    slots: Sequence[int] = (),
) -> PrintRun:
    """Open a run and its archive; an open run of the printer is returned as it is.

    A run that prints a queue item takes its names and project from the archive that is printed.
    """
    known = await open_run(session, printer.id)
    if known is not None:
        return known
    archive = Archive(
        team_id=printer.team_id,
        name=name[:500],
        filename=filename[:500],
        status=ArchiveStatus.PRINTING,
        printer_id=printer.id,
        created_at=observed_at,
        started_at=started_at,
        updated_at=observed_at,
        estimated_duration=estimated_duration,
        total_layers=total_layers,
        progress=0,
        tags=[],
    )
    if source is not None:
        _name_after(archive, source)
    _note_filaments(archive, filaments)
    archive.search_text = search_text(archive)
    session.add(archive)
    await session.flush()
    await figures.count_archive(session, archive, 1)
    run = PrintRun(
        team_id=printer.team_id,
        printer_id=printer.id,
        archive_id=archive.id,
        origin=origin,
        state=state,
        milestone=milestone,
        started_at=started_at,
        last_seen_at=observed_at,
    )
    run.queue_item_id = queue_item_id
    session.add(run)
    printer.last_print_at = observed_at
    await session.flush()
    await _note_uses(session, run, archive, filaments, slots)
    session.add(
        FileFetch(
            team_id=run.team_id,
            archive_id=archive.id,
            printer_id=printer.id,
            # What this server sent it has already.
            due_at=observed_at + (FILE_SETTLES if source is None else timedelta(0)),
        )
    )
    session.raise_event(
        PrintStarted(
            team_id=run.team_id,
            printer_id=printer.id,
            archive_id=archive.id,
            queue_item_id=queue_item_id,
        )
    )
    return run


async def attribute(session: WriteSession, run: PrintRun, source: Archive | None) -> None:
    """A run turned out to print a queue item: its archive takes over what the source is called."""
    if run.archive_id is None or source is None:
        return
    # Locked as it is now: its project may just have been changed by hand, and is counted.
    archive = await session.scalar(
        select(Archive)
        .where(Archive.id == run.archive_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if archive is None:
        return
    project_id = archive.project_id
    _name_after(archive, source)
    archive.search_text = search_text(archive)
    await session.flush()
    await figures.move_archive(session, archive, project_id)
    session.raise_event(
        ArchiveUpdated(team_id=run.team_id, archive_id=archive.id, printer_id=run.printer_id)
    )


def _name_after(archive: Archive, source: Archive) -> None:
    archive.name, archive.filename = source.name, source.filename
    archive.project_id = source.project_id
    if archive.estimated_duration is None:
        archive.estimated_duration = source.estimated_duration


def _note_filaments(archive: Archive, filaments: Sequence[ObservedFilament]) -> None:
    materials = list(dict.fromkeys(item.material for item in filaments if item.material))
    archive.filament_type = ", ".join(materials)[:200] or None


async def _note_uses(
    session: WriteSession,
    run: PrintRun,
    archive: Archive,
    filaments: Sequence[ObservedFilament],
    slots: Sequence[int],
) -> None:
    """Remember what feeds the run, and write what it uses as far as that is known."""
    feeds = await uses.note_feeds(session, run, [item.feed for item in filaments], slots)
    if archive.file_id is not None:
        await uses.rewrite(session, archive, run)
        return
    if not filaments:
        return
    _note_filaments(archive, filaments)
    await session.execute(delete(FilamentUse).where(FilamentUse.archive_id == archive.id))
    session.add_all(
        FilamentUse(
            team_id=archive.team_id,
            archive_id=archive.id,
            spool_id=feed.spool_id,
            position=position,
            material=item.material[:64],
            color_hex=item.color_hex,
            grams=item.grams,
        )
        for position, (item, feed) in enumerate(zip(filaments, feeds, strict=True))
    )


async def update_run(
    session: WriteSession,
    run_id: int,
    *,
    state: bytes,
    last_seen_at: datetime,
    name: str | None = None,
    filename: str | None = None,
    progress: int | None = None,
    total_layers: int | None = None,
    estimated_duration: int | None = None,
    filaments: Sequence[ObservedFilament] | None = None,
    slots: Sequence[int] = (),
) -> None:
    """Remember how far an open run got; what became known of it late is told.

    `filaments` are all that were seen so far; an estimate is kept once there is one.
    """
    run, archive = await _open(session, run_id)
    if run is None:
        return
    run.state = state
    run.last_seen_at = last_seen_at
    if run.queue_item_id is not None:
        name = filename = None  # it is called what the printed archive is called
    if archive is None:
        return
    if progress is not None:
        archive.progress = progress
    if total_layers is not None and archive.file_id is None:
        archive.total_layers = total_layers
    known = (archive.name, archive.filename, archive.estimated_duration, archive.filament_type)
    archive.name, archive.filename = (name or known[0])[:500], (filename or known[1])[:500]
    archive.estimated_duration = known[2] if known[2] is not None else estimated_duration
    if filaments or slots:
        await _note_uses(session, run, archive, filaments or (), slots)
    if known != (
        archive.name,
        archive.filename,
        archive.estimated_duration,
        archive.filament_type,
    ):
        archive.search_text = search_text(archive)
        archive.updated_at = last_seen_at
        session.raise_event(
            ArchiveUpdated(team_id=run.team_id, archive_id=archive.id, printer_id=run.printer_id)
        )


async def pause_run(
    session: WriteSession, run_id: int, *, state: bytes, reason: str | None
) -> None:
    """The print stands still."""
    run, archive = await _open(session, run_id)
    if run is not None and archive is not None:
        run.state = state
        session.raise_event(
            PrintPaused(
                team_id=run.team_id,
                printer_id=run.printer_id,
                archive_id=archive.id,
                queue_item_id=run.queue_item_id,
                reason=reason,
            )
        )


async def resume_run(session: WriteSession, run_id: int, *, state: bytes) -> None:
    """The print goes on."""
    run, archive = await _open(session, run_id)
    if run is not None and archive is not None:
        run.state = state
        session.raise_event(
            PrintResumed(
                team_id=run.team_id,
                printer_id=run.printer_id,
                archive_id=archive.id,
                queue_item_id=run.queue_item_id,
            )
        )


async def end_run(
    session: WriteSession,
    run_id: int,
    *,
    outcome: Outcome,
    ended_at: datetime,
    progress: int | None,
    reason: str | None,
    plate_dirty: bool,
    state: bytes | None = None,
) -> Archive | None:
    """End a run and its archive; None when it had ended before, which changes nothing."""
    run, archive = await _open(session, run_id)
    if run is None:
        return None
    run.ended_at = ended_at
    run.outcome = outcome
    if state is not None:
        run.state = state
    if plate_dirty and run.printer_id is not None:
        printer = await session.get(Printer, run.printer_id)
        if printer is not None and printer.requires_plate_clear:
            printer.awaiting_plate_clear = True
    if archive is None:
        return None
    await figures.count_archive(session, archive, -1)
    _close(archive, outcome, ended_at, progress, reason)
    used = await _uses_at_the_end(session, run, archive)
    await usage.measure(session, archive, used)
    await session.flush()
    await figures.count_archive(session, archive, 1)
    await usage.deduct(session, archive, used)
    await figures.count_print(session, archive, used, 1)
    session.raise_event(_ended(run, archive.id, outcome, reason))
    return archive


async def _uses_at_the_end(
    session: WriteSession, run: PrintRun, archive: Archive
) -> Sequence[FilamentUse]:
    if archive.file_id is not None:
        return await uses.rewrite(session, archive, run)
    return (await queries.uses_of(session, [archive.id]))[archive.id]


def _close(
    archive: Archive,
    outcome: Outcome,
    ended_at: datetime,
    progress: int | None,
    reason: str | None,
) -> None:
    archive.status = _STATUS[outcome]
    archive.completed_at = ended_at
    archive.updated_at = ended_at
    archive.progress = COMPLETE if outcome == "success" else progress or archive.progress
    archive.failure_reason = None if outcome == "success" or reason is None else reason[:1000]
    if archive.started_at is not None:
        archive.duration = max(0, round((ended_at - archive.started_at).total_seconds()))


def _ended(
    run: PrintRun, archive_id: int, outcome: Outcome, reason: str | None
) -> PrintFinished | PrintFailed | PrintStopped:
    about = {
        "team_id": run.team_id,
        "printer_id": run.printer_id,
        "archive_id": archive_id,
        "queue_item_id": run.queue_item_id,
    }
    if outcome == "success":
        return PrintFinished(**about)  # type: ignore[arg-type]
    kind = PrintFailed if outcome == "failed" else PrintStopped
    return kind(**about, reason=reason)  # type: ignore[arg-type]


async def _open(session: WriteSession, run_id: int) -> tuple[PrintRun | None, Archive | None]:
    """A run that has not ended and its archive, both locked for this transaction."""
    run = await session.scalar(
        select(PrintRun).where(PrintRun.id == run_id, PrintRun.ended_at.is_(None)).with_for_update()
    )
    if run is None or run.archive_id is None:
        return run, None
    archive = await session.scalar(
        select(Archive).where(Archive.id == run.archive_id).with_for_update()
    )
    return run, archive
