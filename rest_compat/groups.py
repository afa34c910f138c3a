"""Kinds of parameters that hold others, and durations in the units of a document."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from app.records import record
from rest_compat.table import Parameter
from rest_compat.values import Refused


@record
class Group:
    """A JSON object whose fields become those of a GraphQL input; unknown ones are ignored."""

    fields: tuple[Parameter, ...]

    def from_text(self, raw: str) -> Any:
        raise TypeError("an object comes from a body alone")

    def from_json(self, raw: Any) -> dict[str, Any]:
        if not isinstance(raw, dict):
            raise Refused("must be a list of objects")
        found: dict[str, Any] = {}
        for field in self.fields:
            value = raw.get(field.name)
            if value is None:
                if field.required or (field.name in raw and not field.nullable):
                    raise Refused("is required", field.name)
                continue
            try:
                found[_last(field.into)] = field.kind.from_json(value)
            except Refused as refused:
                raise Refused(str(refused), field.name) from None
        return found

    def names(self) -> dict[str, str]:
        return {_last(field.into): field.name for field in self.fields}

    def schema(self) -> dict[str, Any]:
        properties = {
            field.name: {**field.kind.schema(), "description": field.description}
            for field in self.fields
        }
        found: dict[str, Any] = {"type": "object", "properties": properties}
        required = [field.name for field in self.fields if field.required]
        if required:
            found["required"] = required
        return found


def _last(into: str) -> str:
    return into.rpartition(".")[2]


@record
class Span:
    """A duration in a unit of so many seconds, becoming whole seconds."""

    unit: int
    most: int

    def from_text(self, raw: str) -> int:
        raise TypeError("a duration comes from a body alone")

    def from_json(self, raw: Any) -> int:
        if isinstance(raw, bool) or not isinstance(raw, int | float):
            raise Refused("must be a number")
        value = Decimal(str(raw))
        if not value.is_finite() or not 0 <= value * self.unit <= self.most:
            raise Refused(f"must be between 0 and {self.most // self.unit}")
        return int((value * self.unit).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))

    def schema(self) -> dict[str, Any]:
        return {"type": "number", "minimum": 0, "maximum": self.most // self.unit}


def in_units(seconds: int | None, unit: int, places: int) -> float | int | None:
    """Seconds in a unit, as a client gave them; a whole number where it is one."""
    if seconds is None:
        return None
    value = (Decimal(seconds) / unit).quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)
    return int(value) if value == value.to_integral_value() else float(value)
