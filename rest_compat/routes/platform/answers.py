"""The bodies of the Platform dialect, for its document."""

from __future__ import annotations

from rest_compat.bodies import STRING, TIME, maybe, record, words

TEAM_REF = record("PlatformTeamRef", "The team of something.", {"id": STRING, "name": STRING})
PROJECT = record(
    "PlatformProject",
    "Prints that belong together.",
    {
        "id": STRING,
        "name": STRING,
        "description": maybe(STRING),
        "status": words("active", "completed", "archived"),
        "visibility": words("private", "public"),
        "settings": {"type": "object"},
        "created_at": TIME,
        "updated_at": TIME,
        "team": TEAM_REF,
    },
)
