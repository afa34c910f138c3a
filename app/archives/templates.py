"""Projects that begin with what another one has."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import func, select

from app.accounts.viewer import Viewer
from app.archives import figures
from app.archives.models import Archive, ArchiveStatus
from app.archives.service import search_text
from app.database import WriteSession
from app.errors import NotFound
from app.files import service as files
from app.projects import queries, service
from app.projects.models import Project
from app.projects.service import NewProject

# What a record of the history says about the file itself, not about one print of it.
_OF_THE_FILE = (
    "name",
    "filename",
    "file_id",
    "plate",
    "estimated_duration",
    "total_layers",
    "filament_type",
    "tags",
)


async def create_from(
    session: WriteSession, viewer: Viewer, new: NewProject, template_id: int | None
) -> Project:
    """A new project; with a template it begins with that one's settings, visibility and files.

    Raises `NotFound` for a template that is not of the team, and what `create_project` raises.
    """
    if template_id is None:
        return await service.create_project(session, viewer, new)
    template = (await queries.by_ids(session, [template_id])).get(template_id)
    if template is None:
        raise NotFound("There is no such project.", field="template_id")
    project = await service.create_project(
        session,
        viewer,
        replace(
            new,
            settings=template.settings if new.settings is None else new.settings,
            visibility=new.visibility or template.visibility,
        ),
    )
    await _copy_archives(session, template.id, project.id)
    return project


async def _copy_archives(session: WriteSession, source_id: int, project_id: int) -> None:
    """Each file of a project once, as an archive that has not been printed."""
    newest = (
        select(func.max(Archive.id))
        .where(Archive.project_id == source_id)
        .group_by(Archive.filename)
    )
    rows = await session.scalars(select(Archive).where(Archive.id.in_(newest)).order_by(Archive.id))
    now = datetime.now(UTC)
    for row in rows.all():
        copy = Archive(
            **{name: getattr(row, name) for name in _OF_THE_FILE},
            status=ArchiveStatus.READY,
            project_id=project_id,
            created_at=now,
            updated_at=now,
        )
        copy.search_text = search_text(copy)
        session.add(copy)
        await session.flush()
        if copy.file_id is not None:
            await files.share(session, copy.file_id)
        await figures.count_archive(session, copy, 1)
