"""Ids with a prefix that says what they name: `proj_12` is project 12, `deploy_12` a run.

The part behind the prefix is the row's own id, a number or the hex digits of a UUID, written in
one way only, so that an id is the same for ever and two ids are never the same row.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.records import record
from rest_compat.values import MAX_ID, NoSuchRow, Refused
from schema.ids import global_id, split_id

PREFIXES: Mapping[str, str] = {
    "Project": "proj",
    "Team": "team",
    "User": "user",
    "ProductionRun": "deploy",
    "DataFile": "data",
    "Invitation": "inv",
    "Webhook": "hook",
}
_NUMBER = re.compile(r"[1-9][0-9]{0,9}")
_HEX = re.compile(r"[0-9a-f]{32}")


def prefixed(gid: str) -> str:
    """The id of a row in the dialects with prefixes, from its global id."""
    parts = split_id(gid)
    if parts is None:
        raise ValueError("not a global id")
    kind, key = parts
    return f"{PREFIXES[kind]}_{key.replace('-', '')}"


def _global(kind: str, text: str) -> str | None:
    """The global id; None for a text that no row of this kind can have as its id."""
    prefix, _, key = text.partition("_")
    if prefix != PREFIXES[kind]:
        return None
    if _NUMBER.fullmatch(key) and int(key) <= MAX_ID:
        return global_id(kind, int(key))
    return global_id(kind, UUID(key)) if _HEX.fullmatch(key) else None


@record
class PrefixedPath:
    """The row a path is about. Whatever cannot be an id is not found, rather than wrong."""

    type: str

    def from_text(self, raw: str) -> str:
        found = _global(self.type, raw)
        if found is None:
            raise NoSuchRow
        return found

    def from_json(self, raw: Any) -> str:
        raise TypeError("an id of a path never comes from a body")

    def schema(self) -> dict[str, Any]:
        return _schema(self.type)


@record
class PrefixedRef:
    """A row that a query or a body names. A text that no row can have is just unknown."""

    type: str

    def from_text(self, raw: str) -> str:
        return self.from_json(raw)

    def from_json(self, raw: Any) -> str:
        if not isinstance(raw, str):
            raise Refused(f"must be an id such as {PREFIXES[self.type]}_123")
        return _global(self.type, raw) or global_id(self.type, 0)

    def schema(self) -> dict[str, Any]:
        return _schema(self.type)


def _schema(kind: str) -> dict[str, Any]:
    return {"type": "string", "pattern": f"^{PREFIXES[kind]}_[0-9a-f]+$"}
