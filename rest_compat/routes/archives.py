"""The print history and its export."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from app.accounts.models import Scope
from rest_compat.dialects.bambuddy import BAMBUDDY
from rest_compat.routes import answers, shapes
from rest_compat.table import Rate, Route, Row, Stream, body, path_id, query
from rest_compat.values import Bound, Choice, Many, RowId, Text, Whole

_Route = partial(Route, dialect=BAMBUDDY, section="Archives")
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
