"""Files of the history: uploaded ones become records that can be printed, printed ones are
attached to the record of their print."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import PurePosixPath

from sqlalchemy import select

from app import texts
from app.accounts.models import Scope
from app.accounts.viewer import Viewer
from app.archives import figures, queries
from app.archives.models import Archive, ArchiveStatus, FilamentUse
from app.archives.service import checked_tags, search_text
from app.database import ReadSession, WriteSession
from app.errors import NotFound
from app.events import ArchiveCreated
from app.files.download import Download, download_of
from app.plates import service as plates
from app.plates.queries import plate_of
from app.plates.service import Prepared
from app.projects.models import Project
from app.records import record
from app.threemf.sliced import PlateFilament, SlicedPlate

MAX_NAME = 500
_SUFFIXES = (".gcode.3mf", ".3mf", ".gcode")


@record
class UploadDetails:
    """What a person says of an uploaded file; the file itself tells the rest."""

    name: str | None = None
    plate: int | None = None
    project_id: int | None = None
    notes: str | None = None
    tags: Sequence[str] = ()


async def create_archive(
    session: WriteSession, viewer: Viewer, made: Prepared, details: UploadDetails
) -> Archive:
    """A record that can be printed, of an uploaded file.

    Raises `Forbidden`, `NotFound` for the project, or `Invalid` naming the field.
    """
    viewer.require(Scope.LIBRARY)
    plate = made.printable(details.plate)
    filename = checked_filename(made.filename)
    name = texts.optional(details.name, "name", MAX_NAME) or made.sliced.title or stem(filename)
    now = datetime.now(UTC)
    archive = Archive(
        team_id=viewer.team_id,
        name=name[:MAX_NAME],
        filename=filename,
        status=ArchiveStatus.READY,
        project_id=await _project(session, details.project_id),
        created_at=now,
        updated_at=now,
        notes=texts.optional(details.notes, "notes", 20_000),
        tags=checked_tags(details.tags),
        file_id=await plates.keep(session, viewer.team_id, made),
        plate=plate.number,
        estimated_duration=plate.seconds,
        total_layers=plate.layers,
        filament_used=plates.planned_grams(plate),
        filament_type=filament_types(plate.filaments),
    )
    archive.search_text = search_text(archive)
    session.add(archive)
    await session.flush()
    session.add_all(planned_uses(archive, plate))
    await figures.count_archive(session, archive, 1)
    session.raise_event(ArchiveCreated(team_id=archive.team_id, archive_id=archive.id))
    return archive


def planned_uses(archive: Archive, plate: SlicedPlate) -> list[FilamentUse]:
    """What the file means to use, filament by filament."""
    return [
        FilamentUse(
            team_id=archive.team_id,
            archive_id=archive.id,
            position=position,
            material=item.material,
            color_hex=item.color,
            grams=item.grams,
            meters=item.meters,
        )
        for position, item in enumerate(plate.filaments)
    ]


def filament_types(filaments: Sequence[PlateFilament]) -> str | None:
    """The materials of a plate behind one another, each once."""
    return ", ".join(dict.fromkeys(item.material for item in filaments))[:200] or None


def checked_filename(name: str) -> str:
    """The last part of a file name, whatever folders and odd characters a client sends."""
    last = PurePosixPath(name.replace("\\", "/")).name
    seen = "".join(character for character in last if character.isprintable())
    return texts.required(seen, "file", MAX_NAME)


def stem(filename: str) -> str:
    """A file name without what says its kind."""
    for suffix in _SUFFIXES:
        if filename.lower().endswith(suffix) and len(filename) > len(suffix):
            return filename[: -len(suffix)]
    return filename


async def _project(session: WriteSession, project_id: int | None) -> int | None:
    if project_id is not None and not await session.scalar(
        select(Project.id).where(Project.id == project_id)
    ):
        raise NotFound("There is no such project.", field="project_id")
    return project_id


async def stored_file(session: ReadSession, archive_id: int) -> Download | None:
    """The stored file of an archive, under the archive's file name."""
    archive = (await queries.by_ids(session, [archive_id])).get(archive_id)
    if archive is None:
        return None
    return await download_of(session, archive.file_id, filename=archive.filename)


async def thumbnail(
    session: ReadSession, archive_id: int, plate: int | None = None
) -> Download | None:
    """The picture of a plate of an archive's file; of the printed plate without a number."""
    archive = (await queries.by_ids(session, [archive_id])).get(archive_id)
    if archive is None:
        return None
    found = await plate_of(session, archive.file_id, plate or archive.plate)
    return None if found is None else await download_of(session, found.thumbnail_id)
