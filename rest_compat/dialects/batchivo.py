"""Batchivo: `{detail, code}` errors that list the refused fields, limits per user."""

from __future__ import annotations

from typing import Any

from rest_compat.bodies import STRING, many, record
from rest_compat.problems import Problem
from rest_compat.table import Dialect, Rate


def _write_problem(problem: Problem, code: str) -> dict[str, Any]:
    written: dict[str, Any] = {"detail": problem.message, "code": code}
    named = [fault for fault in problem.faults if fault.field is not None]
    if named:
        written["errors"] = [{"field": fault.field, "message": fault.message} for fault in named]
    return written


_FIELD_ERROR = record(
    "BatchivoFieldError", "A refused field.", {"field": STRING, "message": STRING}
)

BATCHIVO = Dialect(
    name="Batchivo",
    prefix="/api/v1",
    invalid=(422, "VALIDATION_ERROR"),
    write_problem=_write_problem,
    limits=dict.fromkeys(Rate, "batchivo"),
    identity=lambda viewer: f"user:{viewer.user_id}",
    error_schema=record(
        "BatchivoError",
        "What went wrong; `errors` names the refused fields.",
        {
            "detail": STRING,
            "code": STRING,
            "errors": many(
                record(
                    "BatchivoFieldError", "A refused field.", {"field": STRING, "message": STRING}
                )
            ),
        },
        optional=("errors",),
    ),
)
