"""Global ids: opaque for clients, a type name and a database id inside."""

from __future__ import annotations

import base64
import binascii
from functools import lru_cache
from uuid import UUID

import strawberry

# No row has it: stands for ids that are none.
NO_UUID = UUID(int=0)
# The largest id a database column holds.
MAX_ID = 2**31 - 1
# Characters of an id; that of a UUID and a long type name has fewer than half of them.
LONGEST = 200


def global_id(kind: str, key: int | UUID | str) -> strawberry.ID:
    """The global id of a row."""
    return strawberry.ID(base64.b64encode(f"{kind}:{key}".encode()).decode())


def split_id(value: str) -> tuple[str, str] | None:
    """Type name and key in a global id, None for anything else."""
    return _split(value) if len(value) <= LONGEST else None


@lru_cache(maxsize=5_000)
def _split(value: str) -> tuple[str, str] | None:
    try:
        kind, separator, key = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return (kind, key) if separator else None


def integer_id(value: str, kind: str) -> int | None:
    """The number in a global id of this type; None when there can be no such row."""
    parts = split_id(value)
    if parts is None or parts[0] != kind or not parts[1].isascii() or not parts[1].isdigit():
        return None
    number = int(parts[1]) if len(parts[1]) <= 10 else 0
    return number if 1 <= number <= MAX_ID else None


def uuid_id(value: str, kind: str) -> UUID | None:
    """The UUID in a global id of this type; None when there can be no such row."""
    parts = split_id(value)
    if parts is None or parts[0] != kind:
        return None
    try:
        return UUID(parts[1])
    except ValueError:
        return None


def optional_uuid(value: str | None, kind: str) -> UUID | None:
    """The UUID in a global id, where one is given; one that no row has for anything else."""
    return None if value is None else uuid_id(value, kind) or NO_UUID
