"""Batchivo: wrapped answers, pages by `skip` and `limit`, errors that list the refused fields."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rest_compat.bodies import INTEGER, STRING, many, record
from rest_compat.problems import Problem
from rest_compat.table import Asked, Data, Dialect, Envelope, JsonSchema, Parameter, Rate, query
from rest_compat.values import Choice, Whole

Write = Callable[[Any, Data, Asked], Any]
DEFAULT_LIMIT, MAX_LIMIT = 20, 100


def _write_problem(problem: Problem, code: str) -> dict[str, Any]:
    written: dict[str, Any] = {"detail": problem.message, "code": code}
    named = [fault for fault in problem.faults if fault.field is not None]
    if named:
        written["errors"] = [{"field": fault.field, "message": fault.message} for fault in named]
    return written


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

# Where a page begins and how long it is.
PAGING = (
    query("skip", Whole(0, 2**31 - 1), "offset", "How many to skip.", default=0),
    query("limit", Whole(1, MAX_LIMIT), "first", "How many at most.", default=DEFAULT_LIMIT),
)
_META = record(
    "BatchivoMeta",
    "How many there are in all; `page` is skip // limit + 1.",
    {"total": INTEGER, "page": INTEGER, "per_page": INTEGER},
)


def sorting(fields: Sequence[str], renamed: dict[str, str] | None = None) -> tuple[Parameter, ...]:
    """`sort_by` one of these fields and `sort_order`.

    A field is the value of the schema's order enum in small letters, unless `renamed` names it.
    """
    values = {name: name.upper() for name in fields} | (renamed or {})
    orders = Choice({"asc": "ASC", "desc": "DESC"})
    return (
        query("sort_by", Choice(values), "orderBy.field", "By which field.", example=fields[0]),
        query("sort_order", orders, "orderBy.direction", "Which way; `desc` without it."),
    )


def _page_of(name: str | None) -> Write:
    def write(shaped: Any, data: Data, asked: Asked) -> dict[str, Any]:
        connection = data if name is None else data[name]
        skip, limit = asked.variables["offset"], asked.variables["first"]
        meta = {"total": connection["totalCount"], "page": skip // limit + 1, "per_page": limit}
        return {"data": shaped, "meta": meta}

    return write


def _page_schema(answer: JsonSchema) -> JsonSchema:
    fields = {"data": many(answer), "meta": _META}
    return record(f"{answer['title']}Page", "A page of a list.", fields)


def _one_schema(answer: JsonSchema) -> JsonSchema:
    return record(f"{answer['title']}Answer", answer["description"], {"data": answer})


def page_of(name: str) -> Envelope:
    """A list that is the connection `name` of what the operation found."""
    return Envelope(_page_of(name), _page_schema)


# A list: the answer of a row describes one entry, its shape makes the list of them.
PAGE = Envelope(_page_of(None), _page_schema)
ONE = Envelope(lambda shaped, _data, _asked: {"data": shaped}, _one_schema)
