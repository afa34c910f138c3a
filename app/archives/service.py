"""The rules of the print history: what may be changed, and what follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

from sqlalchemy import delete, select

from app import texts
from app.accounts.models import Scope
from app.accounts.viewer import Viewer
from app.archives import figures, queries, search
from app.archives.entered import FilamentEntry, amount, enter_filaments, enter_grams
from app.archives.models import Archive, ArchiveStatus
from app.database import WriteSession
from app.errors import Conflict, Invalid, NotFound
from app.events import ArchiveDeleted, ArchiveUpdated
from app.plates import service as plates
from app.projects.models import Project
from app.records import record
from app.unset import UNSET, Unset

MAX_TAGS = 50
MAX_TAG = 100
MAX_NOTES = 20_000
MAX_COST = Decimal(1_000_000_000)


@record
class ArchiveChanges:
    """What to change. Grams and cost can be entered by hand where no printer tells them."""

    name: str | Unset = UNSET
    notes: str | Unset | None = UNSET
    tags: Sequence[str] | Unset = UNSET
    project_id: int | Unset | None = UNSET
    filament_used: Decimal | Unset | None = UNSET
    filament_type: str | Unset | None = UNSET
    cost: Decimal | Unset | None = UNSET
    failure_reason: str | Unset | None = UNSET
    filaments: Sequence[FilamentEntry] | Unset = UNSET


async def update_archive(
    session: WriteSession, viewer: Viewer, archive_id: int, changes: ArchiveChanges
) -> Archive:
    """Change an archive; figures that depend on it follow in the same transaction.

    Grams that are entered for a print that ended are taken off the spools they name, once.

    Raises `Forbidden`, `NotFound`, `Invalid` naming the field, or `Conflict` when filaments are
    entered while it prints or after they were taken off their spools.
    """
    viewer.require(Scope.ARCHIVES)
    archive = await _archive(session, archive_id)
    uses = (await queries.uses_of(session, [archive_id]))[archive_id]
    counted, project_id = figures.print_figures(archive, uses), archive.project_id
    await _apply(session, archive, changes)
    await session.flush()
    await figures.move_archive(session, archive, project_id)
    await figures.count_figures(session, counted, -1)
    if changes.filaments is not UNSET:
        uses = await enter_filaments(session, viewer, archive, uses, changes.filaments)
    elif changes.filament_used is not UNSET:
        await enter_grams(session, viewer, archive, uses)
    archive.search_text = search_text(archive)
    archive.updated_at = datetime.now(UTC)
    await session.flush()
    if changes.filament_type is not UNSET and archive.filament_type and len(uses) == 1:
        uses[0].material = archive.filament_type  # the only filament is what was corrected
    await figures.count_print(session, archive, uses, 1)
    session.raise_event(
        ArchiveUpdated(
            team_id=archive.team_id, archive_id=archive.id, printer_id=archive.printer_id
        )
    )
    return archive


async def _apply(session: WriteSession, archive: Archive, changes: ArchiveChanges) -> None:
    if changes.name is not UNSET:
        archive.name = texts.required(changes.name, "name", 500)
    if changes.notes is not UNSET:
        archive.notes = texts.optional(changes.notes, "notes", MAX_NOTES)
    if changes.tags is not UNSET:
        archive.tags = checked_tags(changes.tags)
    if changes.project_id is not UNSET:
        if changes.project_id is not None and not await session.scalar(
            select(Project.id).where(Project.id == changes.project_id)
        ):
            raise NotFound("There is no such project.", field="project_id")
        archive.project_id = changes.project_id
    if changes.filament_used is not UNSET:
        grams = amount(changes.filament_used, "filament_used")
        archive.filament_used = grams
    if changes.cost is not UNSET:
        archive.cost = amount(changes.cost, "cost", MAX_COST, Decimal("0.000001"))
    if changes.filament_type is not UNSET:
        archive.filament_type = texts.optional(changes.filament_type, "filament_type", 64)
    if changes.failure_reason is not UNSET:
        archive.failure_reason = texts.optional(changes.failure_reason, "failure_reason", 1000)


def checked_tags(tags: Sequence[str]) -> list[str]:
    """Tags trimmed, without repeats, in the order given."""
    if len(tags) > MAX_TAGS:
        raise Invalid(f"An archive has at most {MAX_TAGS} tags.", field="tags")
    checked = [texts.required(" ".join(tag.split()), "tags", MAX_TAG) for tag in tags]
    return list(dict.fromkeys(checked))


def search_text(archive: Archive) -> str:
    """Everything a search looks into, in one comparable form; tags stand between line ends."""
    parts = (
        archive.name,
        archive.filename,
        archive.notes or "",
        archive.filament_type or "",
        *archive.tags,
    )
    return search.searchable(parts)


async def delete_archive(session: WriteSession, viewer: Viewer, archive_id: int) -> int:
    """Remove an archive from history and statistics. Raises `Conflict` while it prints."""
    viewer.require(Scope.ARCHIVES)
    archive = await _archive(session, archive_id)
    if archive.status is ArchiveStatus.PRINTING:
        raise Conflict("This print is running; stop it first.", field="id")
    uses = (await queries.uses_of(session, [archive_id]))[archive_id]
    # The order in which a run ends, so that no two transactions wait for each other.
    await figures.count_archive(session, archive, -1)
    await figures.count_print(session, archive, uses, -1)
    await session.execute(delete(Archive).where(Archive.id == archive_id))
    await plates.release(session, archive.file_id)
    session.raise_event(
        ArchiveDeleted(
            team_id=archive.team_id, archive_id=archive.id, printer_id=archive.printer_id
        )
    )
    return archive_id


async def _archive(session: WriteSession, archive_id: int) -> Archive:
    """An archive, locked: two changes at once would take the same old figures out twice."""
    archive: Archive | None = await session.scalar(
        select(Archive).where(Archive.id == archive_id).with_for_update()
    )
    if archive is None:
        raise NotFound("There is no such archive.", field="id")
    return archive
