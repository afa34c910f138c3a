"""Files that are given to a project."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.data_files import models
from app.data_files.models import DataFormat, DataStatus
from schema.context import Info
from schema.fields import about
from schema.ids import global_id
from schema.nodes import Node
from schema.projects.types import Project

if TYPE_CHECKING:
    from schema.archives.types import Archive


@strawberry.type(
    description="A file given to a project: a table of spools, or a sliced file. It is processed "
    "in the background."
)
class DataFile(Node):
    row: strawberry.Private[models.DataFile]
    filename: str = about("What its sender called it.")
    size: float = about("Bytes.")
    format: DataFormat = about("What it is, told by its content.")
    status: DataStatus = about("How it stands.")
    progress: int = about("Percent.")
    rows: int | None = about("Rows of data in a table, once they are known.")
    error: str | None = about("Why it failed.")
    error_line: int | None = about("The first line of a table that is wrong.")
    created_at: datetime = about("When it was given.")
    completed_at: datetime | None = about("When it was done, well or not.")

    @classmethod
    def of(cls, row: models.DataFile) -> "DataFile":
        return cls(
            row=row,
            id=global_id("DataFile", row.id),
            filename=row.filename,
            size=float(row.size),
            format=row.format,
            status=row.status,
            progress=row.progress,
            rows=row.rows,
            error=row.error,
            error_line=row.error_line,
            created_at=row.created_at,
            completed_at=row.completed_at,
        )

    @strawberry.field(description="The project it was given to.")
    async def project(self, info: Info) -> Project:
        row = await info.context.loaders.projects.get(self.row.project_id)
        if row is None:
            raise RuntimeError("a data file without its project")
        return Project.of(row)

    @strawberry.field(description="The archive a sliced file became.")
    async def archive(
        self, info: Info
    ) -> Annotated["Archive", strawberry.lazy("schema.archives.types")] | None:
        from schema.archives.types import Archive

        row = await info.context.loaders.archives.get(self.row.archive_id)
        return None if row is None else Archive.of(row)
