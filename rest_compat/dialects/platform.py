"""Platform: `{data, pagination}`, errors with details, limits per plan, prefixed ids."""

from __future__ import annotations

from typing import Any

from app.accounts.models import Plan
from rest_compat.bodies import INTEGER, STRING, many, record
from rest_compat.pages import Numbered, page_to_offset
from rest_compat.problems import Fault, Problem
from rest_compat.table import Asked, Data, Dialect, Envelope, JsonSchema, Rate


def _write_problem(problem: Problem, code: str) -> dict[str, Any]:
    details = [_detail(fault) for fault in problem.faults if fault.field is not None]
    message = "The request data is invalid" if details else problem.message
    return {"error": {"code": code.lower(), "message": message, "details": details}}


def _detail(fault: Fault) -> dict[str, Any]:
    """The refused field; a message that begins in the middle gets the field before it."""
    name = str(fault.field)
    label = name.replace("_", " ").capitalize()
    said = fault.message
    return {"field": name, "message": f"{label} {said}" if said[:1].islower() else said}


PLATFORM = Dialect(
    name="Platform",
    prefix="/platform/v1",
    invalid=(422, "validation_error"),
    write_problem=_write_problem,
    limits=dict.fromkeys(Rate, "platform.free"),
    plans={
        Plan.FREE: "platform.free",
        Plan.PRO: "platform.pro",
        Plan.PROFESSIONAL: "platform.pro",
        Plan.ENTERPRISE: "platform.enterprise",
    },
    identity=lambda viewer: viewer.credential,
    spans_teams=True,
    error_schema=record(
        "PlatformError",
        "What went wrong.",
        {
            "error": record(
                "PlatformErrorBody",
                "The code is for programs, the message for people.",
                {
                    "code": STRING,
                    "message": STRING,
                    "details": many(
                        record(
                            "PlatformFieldError",
                            "A refused field.",
                            {"field": STRING, "message": STRING},
                        )
                    ),
                },
            )
        },
    ),
)


_PAGINATION = record(
    "PlatformPagination",
    "Which page of how many.",
    dict.fromkeys(("page", "limit", "total", "pages"), INTEGER),
)


def _page(shaped: Any, data: Data, asked: Asked) -> dict[str, Any]:
    page = Numbered.of(data, asked)
    return {
        "data": shaped,
        "pagination": {
            "page": page.number,
            "limit": page.size,
            "total": page.total,
            "pages": page.pages,
        },
    }


def _page_schema(answer: JsonSchema) -> JsonSchema:
    fields = {"data": many(answer), "pagination": _PAGINATION}
    return record(f"{answer['title']}Page", "A page of a list.", fields)


def _one_schema(answer: JsonSchema) -> JsonSchema:
    return record(f"{answer['title']}Answer", answer["description"], {"data": answer})


# A list: the answer of a row describes one entry, its shape makes the list of them.
PAGE = Envelope(_page, _page_schema, page_to_offset)


def page_of(name: str) -> Envelope:
    """The page of a list that hangs on one thing: `name` is its connection."""
    return Envelope(
        lambda shaped, data, asked: _page(shaped, data[name], asked), _page_schema, page_to_offset
    )


ONE = Envelope(lambda shaped, _data, _asked: {"data": shaped}, _one_schema)
