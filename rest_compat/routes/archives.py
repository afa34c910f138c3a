"""The print history and its export."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from app.accounts.models import Scope
from app.accounts.viewer import Viewer
from app.archives import files
from app.files.download import Download
from app.runtime import Runtime
from rest_compat.dialects.bambuddy import BAMBUDDY
from rest_compat.routes import answers, shapes
from rest_compat.stored_bytes import OCTETS
from rest_compat.table import Data, File, Rate, Route, Row, Stream, body, form, path_id, query
from rest_compat.values import Bound, Choice, Many, RowId, Text, Upload, Whole

_Route = partial(Route, dialect=BAMBUDDY, section="Archives")
_File = partial(
    File,
    method="GET",
    dialect=BAMBUDDY,
    section="Archives",
    rate=Rate.READ,
    scope=Scope.READ,
    operation="FindArchive",
)
PNG = "image/png"
_STATUSES = Choice(
    {word: [word.upper()] for word in ("success", "failed", "stopped", "printing", "ready")}
)
_FILTERS = (
    query("printer_id", RowId("Printer"), "filter.printerId", "Printed on this printer."),
    query("status", _STATUSES, "filter.status", "How the print stands."),
    query("start_date", Bound(), "filter.createdFrom", "Made on this UTC day or later."),
    query("end_date", Bound(last=True), "filter.createdUntil", "Made on this day or earlier."),
    query("search", Text(500, empty=True), "filter.search", "Every word occurs somewhere."),
    query("project_id", RowId("Project"), "filter.projectId", "Of this project."),
)
_INPUT_ID = path_id("Archive", into="input.id", what="Number of the archive.")
_EXAMPLE = {
    "id": 1,
    "name": "Benchy",
    "filename": "benchy.3mf",
    "printer_id": 1,
    "printer_name": "Workshop X1C",
    "created_at": "2024-01-15T14:30:00Z",
    "duration": 8100,
    "status": "success",
    "filament_used": 45.2,
    "filament_type": "PLA",
}
_COLUMNS = (
    "id",
    "name",
    "filename",
    "printer_id",
    "printer_name",
    "project_id",
    "status",
    "created_at",
    "started_at",
    "completed_at",
    "duration",
    "progress",
    "filament_used",
    "filament_type",
    "cost",
    "failure_reason",
    "notes",
    "tags",
)


async def _threemf(runtime: Runtime, viewer: Viewer, data: Data) -> Download | None:
    async with runtime.database.read(viewer.team_id) as session:
        return await files.stored_file(session, data["found"]["databaseId"])


async def _thumbnail(runtime: Runtime, viewer: Viewer, data: Data) -> Download | None:
    async with runtime.database.read(viewer.team_id) as session:
        return await files.thumbnail(session, data["found"]["databaseId"], data.get("plate"))


def _lines(data: Mapping[str, Any]) -> Iterator[list[Any]]:
    for node in data["nodes"]:
        line = shapes.archive(node)
        line["tags"] = ", ".join(line["tags"])
        yield [line[name] for name in _COLUMNS]


ROWS: tuple[Row, ...] = (
    _Route(
        method="GET",
        path="/archives",
        name="list_archives",
        summary="List the print history, newest first",
        rate=Rate.READ,
        scope=Scope.READ,
        parameters=(
            *_FILTERS,
            query("limit", Whole(1, 500), "first", "How many at most.", default=50),
            query("offset", Whole(0, 2**31 - 1), "offset", "How many to skip.", default=0),
        ),
        operation="ListArchives",
        shape=shapes.archives,
        answer=answers.ARCHIVES,
        example={"total": 1234, "archives": [_EXAMPLE]},
    ),
    Stream(
        method="GET",
        path="/archives/export",
        name="export_archives",
        section="Archives",
        summary="Export the print history as CSV or XLSX",
        dialect=BAMBUDDY,
        rate=Rate.READ,
        scope=Scope.READ,
        parameters=_FILTERS,
        operation="ExportArchives",
        every="archives",
        columns=_COLUMNS,
        lines=_lines,
        filename="archives",
    ),
    _Route(
        method="GET",
        path="/archives/{id}",
        name="get_archive",
        summary="Get an archive",
        rate=Rate.READ,
        scope=Scope.READ,
        parameters=(path_id("Archive", what="Number of the archive."),),
        operation="GetArchive",
        shape=shapes.archive,
        answer=answers.ARCHIVE,
        example=_EXAMPLE,
    ),
    _Route(
        method="POST",
        path="/archives",
        name="upload_archive",
        summary="Upload a sliced file as a record that can be printed",
        rate=Rate.WRITE,
        scope=Scope.LIBRARY,
        parameters=(
            form("file", Upload(), "file", "A sliced .3mf, or a .gcode.", required=True),
            form("name", Text(500), "name", "Title; that of the file without it."),
            form("plate", Whole(1, 999), "plate", "The plate to print; the first without it."),
            form("project_id", RowId("Project"), "projectId", "Project it belongs to."),
            form("notes", Text(20_000), "notes", "Notes."),
        ),
        operation="UploadArchive",
        shape=shapes.payload("archive", shapes.archive),
        answer=answers.ARCHIVE,
        status=201,
    ),
    _File(
        path="/archives/{id}/3mf",
        name="download_archive_file",
        summary="Download the file of an archive",
        parameters=(path_id("Archive", what="Number of the archive."),),
        find=_threemf,
        media_type=OCTETS,
    ),
    _File(
        path="/archives/{id}/thumbnail",
        name="get_archive_thumbnail",
        summary="A picture of an archive's print",
        parameters=(
            path_id("Archive", what="Number of the archive."),
            query("plate", Whole(1, 999), "plate", "Of this plate; of the printed one without it."),
        ),
        find=_thumbnail,
        media_type=PNG,
    ),
    _Route(
        method="PATCH",
        path="/archives/{id}",
        name="update_archive",
        summary="Change an archive",
        rate=Rate.WRITE,
        scope=Scope.ARCHIVES,
        parameters=(
            _INPUT_ID,
            body("name", Text(500), "name", "Title."),
            body("notes", Text(20_000, empty=True), "notes", "Notes.", nullable=True),
            body("tags", Many(Text(100), 50), "tags", "All tags."),
            body("project_id", RowId("Project"), "projectId", "Project.", nullable=True),
        ),
        operation="UpdateArchive",
        shape=shapes.payload("archive", shapes.archive),
        answer=answers.ARCHIVE,
        request_example={
            "name": "Updated Name",
            "notes": "Great print",
            "tags": ["functional", "gift"],
        },
    ),
    _Route(
        method="DELETE",
        path="/archives/{id}",
        name="delete_archive",
        summary="Delete an archive",
        rate=Rate.WRITE,
        scope=Scope.ARCHIVES,
        parameters=(_INPUT_ID,),
        operation="DeleteArchive",
        shape=shapes.constant(shapes.DELETED),
        answer=answers.DONE,
    ),
)
