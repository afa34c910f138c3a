"""Files are uploaded into the history."""

from collections.abc import Awaitable, Callable

import strawberry

from app.accounts.models import Scope
from app.accounts.viewer import Viewer
from app.archives import attaching, files, models
from app.archives.files import UploadDetails
from app.database import WriteSession
from app.files.incoming import Received
from app.plates.service import Prepared, prepared
from schema.archives.types import Archive
from schema.context import Info
from schema.errors import USER_ERRORS, UserError, missing, user_errors
from schema.fields import about
from schema.ids import integer_id

# Matches no row: an id of another type, or one that cannot exist.
NOTHING = 0


@strawberry.input(description="A sliced file and what to say of it.")
class UploadArchiveInput:
    file: Received = about("A sliced `.3mf`, or a `.gcode`.")
    name: str | None = about("Title; that of the file without it.", default=None)
    plate: int | None = about("The plate to print; the first one without it.", default=None)
    project_id: strawberry.ID | None = about("Project it belongs to.", default=None)
    notes: str | None = about("Notes.", default=None)
    tags: list[str] = about("Tags, at most 50.", default_factory=list)


@strawberry.type(description="The record of the uploaded file.")
class UploadArchivePayload:
    archive: Archive | None = about("A record that can be printed.", default=None)
    user_errors: list[UserError] = about("Why nothing was kept.", default_factory=list)


@strawberry.input(description="The file of a print that has none.")
class AttachArchiveFileInput:
    id: strawberry.ID = about("Global id of the archive.")
    file: Received = about("The `.3mf` or `.gcode` that was printed.")
    plate: int | None = about("The plate that was printed; the first without it.", default=None)


@strawberry.type(description="The completed record.")
class AttachArchiveFilePayload:
    archive: Archive | None = about("The archive as it is now.", default=None)
    user_errors: list[UserError] = about("Why nothing was kept.", default_factory=list)


Work = Callable[[WriteSession, Viewer, Prepared], Awaitable[models.Archive]]


async def take_in(info: Info, scope: Scope, file: Received, work: Work) -> models.Archive:
    """Read a file, put it where it stays, and keep it by `work` in one transaction.

    Raises the refusals that a payload shows.
    """
    context = info.context
    context.viewer.require(scope)
    async with prepared(context.runtime.files, file) as made, context.transaction() as session:
        archive = await work(session, context.viewer, made)
    context.renew_loaders()
    return archive


@strawberry.type
class ArchiveUploadMutations:
    @strawberry.mutation(
        description="Upload a sliced file as a record that can be printed. Needs LIBRARY."
    )
    async def upload_archive(self, info: Info, input: UploadArchiveInput) -> UploadArchivePayload:
        project = input.project_id
        details = UploadDetails(
            name=input.name,
            plate=input.plate,
            project_id=None if project is None else integer_id(project, "Project") or NOTHING,
            notes=input.notes,
            tags=input.tags,
        )
        try:
            archive = await take_in(
                info,
                Scope.LIBRARY,
                input.file,
                lambda session, viewer, made: files.create_archive(session, viewer, made, details),
            )
        except USER_ERRORS as error:
            return UploadArchivePayload(user_errors=user_errors(error))
        return UploadArchivePayload(archive=Archive.of(archive))

    @strawberry.mutation(
        description="Complete a print whose file could not be had. Grams that its file tells are "
        "taken off the spools it used, once. Needs LIBRARY."
    )
    async def attach_archive_file(
        self, info: Info, input: AttachArchiveFileInput
    ) -> AttachArchiveFilePayload:
        archive_id = integer_id(input.id, "Archive")
        if archive_id is None:
            return AttachArchiveFilePayload(user_errors=missing("archive"))
        try:
            archive = await take_in(
                info,
                Scope.LIBRARY,
                input.file,
                lambda session, viewer, made: attaching.attach_by_hand(
                    session, viewer, archive_id, made, input.plate
                ),
            )
        except USER_ERRORS as error:
            return AttachArchiveFilePayload(user_errors=user_errors(error))
        return AttachArchiveFilePayload(archive=Archive.of(archive))
