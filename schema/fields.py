"""Short spellings that types are declared with."""

from typing import Any

import strawberry
from strawberry.types.maybe import Some

from app.unset import UNSET
from schema.plans.sources import Source, planned


def about(description: str, *, source: Source | None = None, **options: Any) -> Any:
    """A plain field with its description.

    `source` says where plans find it when that is not the column of its own name.
    """
    metadata = None if source is None else planned(source)
    return strawberry.field(description=description, metadata=metadata, **options)


def given(value: Some[Any] | None) -> Any:
    """An optional input field: what was given, null included, or `UNSET`."""
    return UNSET if value is None else value.value
