"""Checks of the texts people give: trimmed, bounded, refused by the name of the field."""

from __future__ import annotations

import re

from app.errors import Invalid

_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def required(value: str, field: str, limit: int) -> str:
    """A text that is not empty once trimmed."""
    text = optional(value, field, limit)
    if not text:
        raise Invalid("This must not be empty.", field=field)
    return text


def optional(value: str | None, field: str, limit: int) -> str | None:
    """A text of at most `limit` characters; blank becomes None."""
    if value is None:
        return None
    text = value.strip()
    if len(text) > limit:
        raise Invalid(f"This is longer than {limit} characters.", field=field)
    if _CONTROL.search(text):
        raise Invalid("This contains control characters.", field=field)
    return text or None


def color(value: str | None, field: str) -> str | None:
    """A colour as `#rrggbb`, in lower case."""
    if value is None or not value.strip():
        return None
    if not _COLOR.fullmatch(value.strip()):
        raise Invalid("A colour is written #rrggbb.", field=field)
    return value.strip().lower()


def like_pattern(word: str) -> str:
    """A LIKE pattern (escape character `\\`) that finds the word anywhere."""
    escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
