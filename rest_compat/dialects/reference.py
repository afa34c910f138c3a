"""Reference: bare bodies, lists with links, errors with a request id, limits per plan."""

from __future__ import annotations

from typing import Any

from app.accounts.models import Plan
from rest_compat.bodies import INTEGER, STRING, many, maybe, record
from rest_compat.pages import Numbered, page_to_offset
from rest_compat.problems import Problem
from rest_compat.table import Asked, Data, Dialect, Envelope, JsonSchema, Rate

_CODES = {
    "UNAUTHORIZED": "INVALID_API_KEY",
    "INVALID_TOKEN": "INVALID_API_KEY",
    "TOKEN_EXPIRED": "INVALID_API_KEY",
    "FORBIDDEN": "INSUFFICIENT_PERMISSIONS",
    "NOT_FOUND": "RESOURCE_NOT_FOUND",
    "RATE_LIMITED": "RATE_LIMIT_EXCEEDED",
}


def _write_problem(problem: Problem, code: str) -> dict[str, Any]:
    fields = [fault.field for fault in problem.faults if fault.field is not None]
    return {
        "error": {
            "code": code,
            "message": problem.message,
            "field": fields[0] if fields else None,
            "request_id": problem.request_id,
        }
    }


REFERENCE = Dialect(
    name="Reference",
    prefix="/reference/v1",
    invalid=(400, "VALIDATION_ERROR"),
    write_problem=_write_problem,
    limits=dict.fromkeys(Rate, "reference.free"),
    plans={
        Plan.FREE: "reference.free",
        Plan.PRO: "reference.professional",
        Plan.PROFESSIONAL: "reference.professional",
        Plan.ENTERPRISE: "reference.enterprise",
    },
    identity=lambda viewer: viewer.credential,
    codes=_CODES,
    error_schema=record(
        "ReferenceError",
        "What went wrong.",
        {
            "error": record(
                "ReferenceErrorBody",
                "`field` names the refused field, `request_id` finds the cause in the log.",
                {
                    "code": STRING,
                    "message": STRING,
                    "field": maybe(STRING),
                    "request_id": STRING,
                },
            )
        },
    ),
)


_PAGINATION = record(
    "ReferencePagination",
    "Which page of how many.",
    dict.fromkeys(("total", "page", "per_page", "total_pages"), INTEGER),
)
_LINKS = record(
    "ReferenceLinks",
    "Where the pages beside this one are.",
    dict.fromkeys(("next", "prev"), maybe(STRING)),
)


def _page(shaped: Any, data: Data, asked: Asked) -> dict[str, Any]:
    page = Numbered.of(data, asked)
    return {
        "data": shaped,
        "pagination": {
            "total": page.total,
            "page": page.number,
            "per_page": page.size,
            "total_pages": page.pages,
        },
        "links": {
            "next": page.link(asked, page.number + 1),
            "prev": page.link(asked, page.number - 1),
        },
    }


def _page_schema(answer: JsonSchema) -> JsonSchema:
    fields = {"data": many(answer), "pagination": _PAGINATION, "links": _LINKS}
    return record(f"{answer['title']}Page", "A page of a list.", fields)


# A list: the answer of a row describes one entry, its shape makes the list of them.
PAGE = Envelope(_page, _page_schema, page_to_offset)
