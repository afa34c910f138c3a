"""Archives are edited and deleted."""

from decimal import Decimal
from uuid import UUID

import strawberry

from app.archives import service
from app.archives.entered import FilamentEntry
from app.print_queue.source_removal import remove_archive
from app.unset import UNSET
from schema.archives.types import Archive
from schema.context import Info
from schema.errors import UserError, missing, mutate
from schema.fields import about, given
from schema.ids import global_id, integer_id, uuid_id
from schema.scalars import Grams

# No spool has this id.
NOBODY = UUID(int=0)


@strawberry.input(description="What one filament of a print used, as a person tells it.")
class FilamentEntryInput:
    material: str = about("Material, `PLA`.")
    color: str | None = about("Colour, `#rrggbb`.", default=None)
    grams: Grams | None = about("Weight used.", default=None)
    meters: Decimal | None = about("Length used, in metres.", default=None)
    spool_id: strawberry.ID | None = about(
        "The spool it came from; the grams are taken off it. Needs INVENTORY too.", default=None
    )


def _entry(given: FilamentEntryInput) -> FilamentEntry:
    return FilamentEntry(
        material=given.material,
        color_hex=given.color,
        grams=given.grams,
        meters=given.meters,
        spool_id=None if given.spool_id is None else uuid_id(given.spool_id, "Spool") or NOBODY,
    )


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
    filaments: strawberry.Maybe[list[FilamentEntryInput]] = about(
        "All filaments of a print that ended, where no file tells them."
    )


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
        project, filaments = given(input.project_id), given(input.filaments)
        changes = service.ArchiveChanges(
            name=given(input.name),
            notes=given(input.notes),
            tags=given(input.tags),
            project_id=integer_id(project, "Project") or 0 if isinstance(project, str) else project,
            filament_used=given(input.filament_used),
            filament_type=given(input.filament_type),
            cost=given(input.cost),
            failure_reason=given(input.failure_reason),
            filaments=UNSET if filaments is UNSET else [_entry(item) for item in filaments],
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
            lambda session, viewer: remove_archive(session, viewer, archive_id),
            lambda deleted: {"deleted_id": global_id("Archive", deleted)},
        )
