"""The bodies of the Reference dialect, for its document."""

from __future__ import annotations

from rest_compat.bodies import STRING, TIME, maybe, record, words

PROJECT = record(
    "ReferenceProject",
    "Prints that belong together.",
    {
        "id": STRING,
        "name": STRING,
        "description": maybe(STRING),
        "settings": {"type": "object"},
        "status": words("active", "completed", "archived"),
        "created_at": TIME,
        "updated_at": TIME,
    },
)
DELETED = record(
    "ReferenceDeleted", "That it is gone.", {"success": {"type": "boolean"}, "message": STRING}
)
