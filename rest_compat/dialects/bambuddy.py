"""Bambuddy: bare bodies, `{detail, code}` errors, limits per kind of request."""

from __future__ import annotations

from typing import Any

from rest_compat.bodies import STRING, record
from rest_compat.problems import Problem
from rest_compat.table import Dialect, Rate


def _write_problem(problem: Problem, code: str) -> dict[str, Any]:
    return {"detail": problem.message, "code": code}


BAMBUDDY = Dialect(
    name="Bambuddy",
    prefix="/api/v1",
    invalid=(400, "VALIDATION_ERROR"),
    write_problem=_write_problem,
    limits={
        Rate.READ: "bambuddy.read",
        Rate.WRITE: "bambuddy.write",
        Rate.CONTROL: "bambuddy.control",
    },
    identity=lambda viewer: viewer.credential,
    error_schema=record("BambuddyError", "What went wrong.", {"detail": STRING, "code": STRING}),
)
