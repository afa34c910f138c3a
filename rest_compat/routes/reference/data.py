"""Data of the Reference dialect: files that are given to a project."""

from __future__ import annotations

from functools import partial

from app.accounts.models import Scope
from rest_compat.dialects.reference import REFERENCE
from rest_compat.prefixed import PrefixedRef
from rest_compat.routes.platform.parameters import path_id
from rest_compat.routes.reference import answers, shapes
from rest_compat.routes.shapes import payload
from rest_compat.table import Rate, Route, Row, form
from rest_compat.values import Choice, Upload

_Route = partial(Route, dialect=REFERENCE, section="Data")
_FORMAT = Choice({"csv": "CSV", "3mf": "THREEMF", "gcode": "GCODE"})
_EXAMPLE = {
    "id": "data_def456",
    "project_id": "proj_abc123",
    "filename": "data.csv",
    "size": 1024000,
    "format": "csv",
    "rows": 5000,
    "status": "processing",
    "progress": 60,
    "error": None,
    "error_line": None,
    "created_at": "2025-11-29T12:00:00Z",
    "completed_at": None,
}

ROWS: tuple[Row, ...] = (
    _Route(
        method="POST",
        path="/data/upload",
        name="reference_upload_data",
        summary="Upload data to a project; it is processed in the background",
        description="A spool inventory as CSV needs the scope `inventory`, a sliced file "
        "`library`.",
        rate=Rate.WRITE,
        scope=Scope.READ,
        parameters=(
            form("file", Upload(), "file", "Data file to upload.", required=True),
            form(
                "project_id",
                PrefixedRef("Project"),
                "projectId",
                "Target project ID.",
                required=True,
            ),
            form("format", _FORMAT, "format", "File format; told by the content without it."),
        ),
        operation="ReferenceUploadData",
        shape=payload("dataFile", shapes.data_file),
        answer=answers.DATA,
        status=201,
        example=_EXAMPLE,
    ),
    _Route(
        method="GET",
        path="/data/{id}",
        name="reference_get_data",
        summary="What became of uploaded data",
        rate=Rate.READ,
        scope=Scope.READ,
        parameters=(path_id("DataFile", "ID of the data."),),
        operation="ReferenceGetData",
        shape=shapes.data_file,
        answer=answers.DATA,
        example=_EXAMPLE,
    ),
)
