"""The rules of data files: who may give what to which project."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from app.accounts.models import Scope
from app.accounts.viewer import Viewer
from app.archives.detaching import wait_for_changes
from app.archives.files import checked_filename
from app.data_files import queries
from app.data_files.formats import detect
from app.data_files.models import DataFile, DataFormat
from app.database import Database, WriteSession
from app.errors import Invalid, NotFound
from app.events import DataUploaded
from app.files import service as files
from app.files.incoming import Received
from app.files.store import FileStore
from app.projects import queries as projects
from app.projects import service as project_service

MEDIA_TYPES = {
    DataFormat.CSV: "text/csv",
    DataFormat.THREEMF: "model/3mf",
    DataFormat.GCODE: "text/x.gcode",
}
# What a file of each format needs: a table adds spools, a sliced file an archive.
SCOPES = {
    DataFormat.CSV: Scope.INVENTORY,
    DataFormat.THREEMF: Scope.LIBRARY,
    DataFormat.GCODE: Scope.LIBRARY,
}


async def upload(
    database: Database,
    store: FileStore,
    viewer: Viewer,
    file: Received,
    project_id: int,
    given: DataFormat | None,
) -> DataFile:
    """Keep a file; it is processed in the background.

    Raises `NotFound` for the project, `Invalid` for an empty file or one of no known format,
    `Forbidden`.
    """
    viewer.require(Scope.READ)
    async with database.read(viewer.team_id) as session:
        if not await projects.by_ids(session, [project_id]):
            raise NotFound("There is no such project.", field="project_id")
    if file.size == 0:
        raise Invalid("The file is empty.", field="file")
    filename = checked_filename(file.filename)
    kind = await asyncio.to_thread(detect, file.path, given)
    viewer.require(SCOPES[kind])
    async with (
        store.admitted(file) as (content,),
        database.transaction(viewer.team_id) as session,
    ):
        (file_id,) = await files.keep(session, viewer.team_id, [(content, MEDIA_TYPES[kind])])
        row = DataFile(
            project_id=project_id,
            user_id=viewer.user_id,
            filename=filename,
            size=file.size,
            format=kind,
            file_id=file_id,
            created_at=datetime.now(UTC),
        )
        session.add(row)
        await session.flush()
        session.raise_event(
            DataUploaded(team_id=viewer.team_id, data_id=row.id, project_id=project_id)
        )
    return row


async def delete_project(session: WriteSession, viewer: Viewer, project_id: int) -> int:
    """Remove a project and its data; what waits is not processed and lets go of its stored file.

    Raises `NotFound`, `Forbidden`.
    """
    viewer.require(Scope.PROJECTS)
    await wait_for_changes(session, project_id)
    kept = await queries.kept_of_project(session, project_id)
    deleted = await project_service.delete_project(session, viewer, project_id)
    await files.release(session, kept)
    return deleted
