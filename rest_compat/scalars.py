"""Kinds of parameters of the dialects that name rows by UUID and count in decimals."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from app.records import record
from rest_compat.values import NoSuchRow, Refused
from schema.ids import global_id

_YES, _NO = ("true", "1", "yes"), ("false", "0", "no")


@record
class Amount:
    """A decimal number, above (or from) `low` up to `high`; becomes a GraphQL decimal exactly.

    Digits beyond what is stored are rounded half-even by the domain.
    """

    high: Decimal
    low: Decimal = Decimal(0)
    above: bool = False

    def from_text(self, raw: str) -> str:
        raise TypeError("an amount comes from a body alone")

    def from_json(self, raw: Any) -> str:
        if isinstance(raw, bool) or not isinstance(raw, int | float):
            raise Refused("must be a number")
        # The shortest text of a float is what the client wrote.
        value = Decimal(str(raw))
        if not value.is_finite() or not self.low <= value <= self.high:
            raise Refused(f"must be between {self.low} and {self.high}")
        if self.above and value == self.low:
            raise Refused(f"must be above {self.low}")
        return f"{value:f}"

    def schema(self) -> dict[str, Any]:
        lowest = "exclusiveMinimum" if self.above else "minimum"
        return {"type": "number", lowest: float(self.low), "maximum": float(self.high)}


@record
class OneOf:
    """One of a few exact numbers."""

    numbers: tuple[Decimal, ...]

    def from_text(self, raw: str) -> str:
        raise TypeError("a number comes from a body alone")

    def from_json(self, raw: Any) -> str:
        known = isinstance(raw, int | float) and not isinstance(raw, bool)
        if not known or Decimal(str(raw)) not in self.numbers:
            raise Refused(f"must be one of {', '.join(map(str, self.numbers))}")
        return str(raw)

    def schema(self) -> dict[str, Any]:
        return {"type": "number", "enum": [float(number) for number in self.numbers]}


@record
class Flag:
    """Yes or no."""

    def from_text(self, raw: str) -> bool:
        word = raw.strip().lower()
        if word not in (*_YES, *_NO):
            raise Refused("must be true or false")
        return word in _YES

    def from_json(self, raw: Any) -> bool:
        if not isinstance(raw, bool):
            raise Refused("must be true or false")
        return raw

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


@record
class PathUuid:
    """The row a path is about. Whatever cannot be an id is not found, rather than wrong."""

    type: str

    def from_text(self, raw: str) -> str:
        found = _uuid(raw)
        if found is None:
            raise NoSuchRow
        return global_id(self.type, found)

    def from_json(self, raw: Any) -> str:
        raise TypeError("an id of a path never comes from a body")

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "uuid"}


@record
class RowUuid:
    """A row that a query or a body names."""

    type: str

    def from_text(self, raw: str) -> str:
        return self.from_json(raw)

    def from_json(self, raw: Any) -> str:
        found = _uuid(raw) if isinstance(raw, str) else None
        if found is None:
            raise Refused("must be a UUID")
        return global_id(self.type, found)

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "uuid"}


def _uuid(raw: str) -> UUID | None:
    try:
        return UUID(raw) if len(raw) == 36 else None
    except ValueError:
        return None
