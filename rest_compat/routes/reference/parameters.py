"""Parameters that many rows of the Reference dialect share."""

from __future__ import annotations

from rest_compat.table import query
from rest_compat.values import MAX_ID, Choice, Whole

MAX_PER_PAGE = 100
PAGING = (
    query("page", Whole(1, MAX_ID // MAX_PER_PAGE), "page", "Page number.", default=1),
    query("per_page", Whole(1, MAX_PER_PAGE), "first", "Items per page.", default=20),
)
ORDER = query(
    "order",
    Choice({word: word.upper() for word in ("asc", "desc")}),
    "orderBy.direction",
    "Which way.",
    default="DESC",
)
