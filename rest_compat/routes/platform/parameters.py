"""Parameters that many rows of the Platform dialect share."""

from __future__ import annotations

from rest_compat.prefixed import PREFIXES, PrefixedPath
from rest_compat.table import Parameter, Source, query
from rest_compat.values import MAX_ID, Whole

MAX_LIMIT = 100
PAGING = (
    query("page", Whole(1, MAX_ID // MAX_LIMIT), "page", "Which page, from 1.", default=1),
    query("limit", Whole(1, MAX_LIMIT), "first", "How many on a page.", default=20),
)


def path_id(kind: str, what: str, into: str = "id", name: str = "id") -> Parameter:
    """An id in a path."""
    return Parameter(
        name,
        PrefixedPath(kind),
        into,
        Source.PATH,
        required=True,
        description=what,
        example=f"{PREFIXES[kind]}_123",
    )
