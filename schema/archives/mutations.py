"""Archives are edited and deleted."""

from __future__ import annotations

from decimal import Decimal

import strawberry

from app.archives import service
from schema.archives.types import Archive
from schema.context import Info
from schema.errors import UserError, missing, mutate
from schema.fields import about, given
from schema.ids import global_id, integer_id
from schema.scalars import Grams


@strawberry.input(description="What to change; what is left out stays as it is.")
class UpdateArchiveInput:
    id: strawberry.ID = about("Global id of the archive.")
    name: strawberry.Maybe[str] = about("Title.")
    notes: strawberry.Maybe[str | None] = about("Notes.")
    tags: strawberry.Maybe[list[str]] = about("All tags, at most 50.")
    project_id: strawberry.Maybe[strawberry.ID | None] = about("Project; null for none.")
    filament_used: strawberry.Maybe[Grams | None] = about("Filament used.")
    filament_type: strawberry.Maybe[str | None] = about("Materials.")
    cost: strawberry.Maybe[Decimal | None] = about("Cost of the filament.")
    failure_reason: strawberry.Maybe[str | None] = about("Why it failed or was stopped.")


@strawberry.type(description="The changed archive.")
class UpdateArchivePayload:
    archive: Archive | None = about("The archive as it is now.", default=None)
    user_errors: list[UserError] = about("Why nothing was changed.", default_factory=list)


@strawberry.input(description="The archive to delete.")
class DeleteArchiveInput:
    id: strawberry.ID = about("Global id of the archive.")


@strawberry.type(description="The deleted archive.")
class DeleteArchivePayload:
    deleted_id: strawberry.ID | None = about("Global id of what is gone.", default=None)
    user_errors: list[UserError] = about("Why nothing was deleted.", default_factory=list)


@strawberry.type
class ArchiveMutations:
    @strawberry.mutation(description="Change an archive. Needs the scope ARCHIVES.")
    async def update_archive(self, info: Info, input: UpdateArchiveInput) -> UpdateArchivePayload:
        archive_id = integer_id(input.id, "Archive")
        if archive_id is None:
            return UpdateArchivePayload(user_errors=missing("archive"))
        project = given(input.project_id)
        changes = service.ArchiveChanges(
            name=given(input.name),
            notes=given(input.notes),
            tags=given(input.tags),
            project_id=integer_id(project, "Project") or 0 if isinstance(project, str) else project,
            filament_used=given(input.filament_used),
            filament_type=given(input.filament_type),
            cost=given(input.cost),
            failure_reason=given(input.failure_reason),
        )
        return await mutate(
            info,
            UpdateArchivePayload,
            lambda session, viewer: service.update_archive(session, viewer, archive_id, changes),
            lambda row: {"archive": Archive.of(row)},
        )

    @strawberry.mutation(description="Delete an archive. Needs the scope ARCHIVES.")
    async def delete_archive(self, info: Info, input: DeleteArchiveInput) -> DeleteArchivePayload:
        archive_id = integer_id(input.id, "Archive")
        if archive_id is None:
            return DeleteArchivePayload(user_errors=missing("archive"))
        return await mutate(
            info,
            DeleteArchivePayload,
            lambda session, viewer: service.delete_archive(session, viewer, archive_id),
            lambda deleted: {"deleted_id": global_id("Archive", deleted)},
        )
