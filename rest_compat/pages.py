"""Numbered pages of lists: which was asked for, how many there are, and where the others lie."""

from __future__ import annotations

from typing import Any

from app.records import record
from rest_compat.table import Asked, Data

PAGE = "page"


@record
class Numbered:
    """Page `number` (from 1) of `total` rows in pages of `size`."""

    number: int
    size: int
    total: int

    @classmethod
    def of(cls, data: Data, asked: Asked) -> Numbered:
        """The page that a connection's data is."""
        return cls(asked.variables[PAGE], asked.variables["first"], data["totalCount"])

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return -(-self.total // self.size)

    def link(self, asked: Asked, number: int) -> str | None:
        """The address of another page, as the client asked for this one; None where none is."""
        if not 1 <= number <= self.pages:
            return None
        url = asked.url.include_query_params(page=number)
        return f"{url.path}?{url.query}"


def page_to_offset(variables: dict[str, Any]) -> None:
    """Give the operation the offset at which the page begins."""
    variables["offset"] = (variables[PAGE] - 1) * variables["first"]
