"""Short spellings that types are declared with."""

from __future__ import annotations

from typing import Any, TypeVar

import strawberry
from strawberry.types.maybe import Some

from app.unset import UNSET, Unset

Value = TypeVar("Value")


def about(description: str, **options: Any) -> Any:
    """A plain field with its description."""
    return strawberry.field(description=description, **options)


def given(value: Some[Value] | None) -> Value | Unset:
    """An optional input field: what was given, null included, or `UNSET`."""
    return UNSET if value is None else value.value
