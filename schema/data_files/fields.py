"""Data files are given, listed and read."""

import strawberry

from app.accounts.models import Scope
from app.data_files import queries, service
from app.data_files.models import DataFormat
from app.files.incoming import Received
from schema.context import Info
from schema.data_files.types import DataFile
from schema.errors import USER_ERRORS, UserError, user_errors
from schema.fields import about
from schema.ids import integer_id
from schema.pagination import Connection, connection, window

# Matches no row: an id of another type, or one that cannot exist.
NOTHING = 0


@strawberry.input(description="A file and the project it is for.")
class UploadDataInput:
    file: Received = about("A spool inventory as CSV, a sliced `.3mf`, or a `.gcode`.")
    project_id: strawberry.ID = about("Global id of the project.")
    format: DataFormat | None = about("What it is; told by its content without it.", default=None)


@strawberry.type(description="The file as it was kept; it is processed in the background.")
class UploadDataPayload:
    data_file: DataFile | None = about("The file.", default=None)
    user_errors: list[UserError] = about("Why nothing was kept.", default_factory=list)


@strawberry.type
class DataFileQueries:
    @strawberry.field(description="One data file; null when there is none with this id.")
    async def data_file(self, info: Info, id: strawberry.ID) -> DataFile | None:
        info.context.viewer.require(Scope.READ)
        row = await info.context.loaders.data_files.get(integer_id(id, "DataFile"))
        return None if row is None else DataFile.of(row)

    @strawberry.field(description="The data files, newest first.")
    async def data_files(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        offset: int | None = None,
        project_id: strawberry.ID | None = None,
    ) -> Connection[DataFile]:
        context = info.context
        context.viewer.require(Scope.READ)
        asked = window(context, first=first, after=after, last=last, before=before, offset=offset)
        wanted = None if project_id is None else integer_id(project_id, "Project") or NOTHING

        async def count() -> int:
            async with context.read() as session:
                return await queries.count(session, wanted)

        async with context.read() as session:
            page = await queries.page(session, wanted, asked)
        return connection(page, DataFile.of, count)


@strawberry.type
class DataFileMutations:
    @strawberry.mutation(
        description="Give a file to a project. A table of spools needs the scope INVENTORY, a "
        "sliced file LIBRARY."
    )
    async def upload_data(self, info: Info, input: UploadDataInput) -> UploadDataPayload:
        context = info.context
        try:
            row = await service.upload(
                context.runtime.database,
                context.runtime.files,
                context.viewer,
                input.file,
                integer_id(input.project_id, "Project") or NOTHING,
                input.format,
            )
        except USER_ERRORS as error:
            return UploadDataPayload(user_errors=user_errors(error))
        context.runtime.usage.count_bytes(context.viewer.team_id, row.size)
        return UploadDataPayload(data_file=DataFile.of(row))
