"""Short spellings that types are declared with."""

from __future__ import annotations

from typing import Any

import strawberry
from strawberry.types.maybe import Some

from app.unset import UNSET


def about(description: str, **options: Any) -> Any:
    """A plain field with its description."""
    return strawberry.field(description=description, **options)


def given(value: Some[Any] | None) -> Any:
    """An optional input field: what was given, null included, or `UNSET`."""
    return UNSET if value is None else value.value
