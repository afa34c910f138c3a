"""The events of the Reference API."""

from __future__ import annotations

from functools import partial

from app.accounts.models import Invitation
from app.data_files.models import DataFile
from app.database import WriteSession
from app.events import (
    DataFileEvent,
    DataProcessed,
    DataUploaded,
    ProjectCreated,
    ProjectDeleted,
    ProjectEvent,
    ProjectUpdated,
    UserInvited,
)
from app.projects.models import Project
from app.webhooks.models import Dialect
from app.webhooks.payloads.table import Data, EventRow, fresh, moment, prefixed


async def _project(session: WriteSession, event: ProjectEvent) -> Data | None:
    project = await fresh(session, Project, event.project_id)
    if project is None:
        return None
    return {
        "project": {
            "id": prefixed("proj", project.id),
            "name": project.name,
            "description": project.description,
            "settings": project.settings,
            "status": project.status.value,
            "created_at": moment(project.created_at),
            "updated_at": moment(project.updated_at),
        }
    }


async def _gone(_session: WriteSession, event: ProjectDeleted) -> Data:
    return {"project": {"id": prefixed("proj", event.project_id)}}


async def _invitation(session: WriteSession, event: UserInvited) -> Data | None:
    invitation = await fresh(session, Invitation, event.invitation_id)
    if invitation is None:
        return None
    return {
        "invitation": {
            "id": prefixed("inv", invitation.id),
            "email": invitation.email,
            "role": invitation.role.value,
            "created_at": moment(invitation.created_at),
            "expires_at": moment(invitation.expires_at),
        }
    }


async def _data(session: WriteSession, event: DataFileEvent) -> Data | None:
    row = await fresh(session, DataFile, event.data_id)
    if row is None:
        return None
    return {
        "data": {
            "id": prefixed("data", row.id),
            "project_id": prefixed("proj", row.project_id),
            "filename": row.filename,
            "size": row.size,
            "rows": row.rows,
            "status": row.status.value,
            "error": row.error,
            "created_at": moment(row.created_at),
        }
    }


_Row = partial(EventRow, dialect=Dialect.REFERENCE)
ROWS: tuple[EventRow, ...] = (
    _Row(kind=ProjectCreated, name="project.created", data=_project),
    _Row(kind=ProjectUpdated, name="project.updated", data=_project),
    _Row(kind=ProjectDeleted, name="project.deleted", data=_gone),
    _Row(kind=UserInvited, name="user.invited", data=_invitation),
    _Row(kind=DataUploaded, name="data.uploaded", data=_data),
    _Row(kind=DataProcessed, name="data.processed", data=_data),
)
