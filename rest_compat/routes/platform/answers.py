"""The bodies of the Platform dialect, for its document."""

from __future__ import annotations

from rest_compat.bodies import STRING, TIME, maybe, record, words

TEAM_REF = record("PlatformTeamRef", "The team of something.", {"id": STRING, "name": STRING})
TEAM = record(
    "PlatformTeam", "People who share a farm.", {"id": STRING, "name": STRING, "created_at": TIME}
)
MEMBER = record(
    "PlatformMember",
    "A person in a team; with the status `invited` an invitation, whose id is none of a user.",
    {
        "id": STRING,
        "email": STRING,
        "name": maybe(STRING),
        "role": words("owner", "admin", "operator", "viewer"),
        "status": words("active", "invited"),
        "joined_at": maybe(TIME),
    },
)
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
