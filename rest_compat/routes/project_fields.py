"""What the dialects with prefixed ids let a request say about a project."""

from __future__ import annotations

from typing import Any

from app.records import record
from rest_compat.prefixed import PrefixedRef
from rest_compat.values import Choice, Refused

STATUS = Choice({word: word.upper() for word in ("active", "completed", "archived")})
Visibility = Choice({word: word.upper() for word in ("private", "public")})
BLANK = "blank"


@record
class SettingsObject:
    """A free JSON object; the domain says how large it may be."""

    def from_text(self, raw: str) -> Any:
        raise TypeError("settings come from a body alone")

    def from_json(self, raw: Any) -> Any:
        if not isinstance(raw, dict):
            raise Refused("must be an object")
        return raw

    def schema(self) -> dict[str, Any]:
        return {"type": "object", "additionalProperties": True}


@record
class Template:
    """The word for nothing, or the id of a project to begin with."""

    def from_text(self, raw: str) -> Any:
        raise TypeError("a template comes from a body alone")

    def from_json(self, raw: Any) -> Any:
        return None if raw == BLANK else PrefixedRef("Project").from_json(raw)

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "examples": [BLANK, "proj_123"]}
