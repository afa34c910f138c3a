"""What JSON bodies look like, said in JSON Schema: for the OpenAPI document and its check."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

Schema = Mapping[str, Any]

STRING: Schema = {"type": "string"}
INTEGER: Schema = {"type": "integer"}
NUMBER: Schema = {"type": "number"}
TIME: Schema = {"type": "string", "format": "date-time"}
UUID: Schema = {"type": "string", "format": "uuid"}


def described(schema: Schema, description: str) -> Schema:
    """The same with words."""
    return {**schema, "description": description}


def between(low: int, high: int) -> Schema:
    """A whole number of a range."""
    return {"type": "integer", "minimum": low, "maximum": high}


def words(*allowed: str) -> Schema:
    """One of a few words."""
    return {"type": "string", "enum": list(allowed)}


def maybe(schema: Schema) -> Schema:
    """The same, or null."""
    if "title" in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    found = {**schema, "type": [schema["type"], "null"]}
    if "enum" in schema:
        found["enum"] = [*schema["enum"], None]
    return found


def many(schema: Schema) -> Schema:
    """A list of it."""
    return {"type": "array", "items": schema}


def record(
    title: str, description: str, fields: Mapping[str, Schema], *, optional: Collection[str] = ()
) -> Schema:
    """A named object; its fields are always there unless `optional`."""
    return {
        "title": title,
        "description": description,
        "type": "object",
        "properties": fields,
        "required": [name for name in fields if name not in optional],
    }
