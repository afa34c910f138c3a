"""The bodies of the Platform dialect, for its document."""

from __future__ import annotations

from rest_compat.bodies import INTEGER, STRING, TIME, maybe, record, words

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
_STATUS = words("queued", "in_progress", "success", "failed", "cancelled")
DEPLOYMENT = record(
    "PlatformDeployment",
    "A production run of a project; its status follows the printers.",
    {
        "id": STRING,
        "project_id": STRING,
        "status": _STATUS,
        "url": STRING,
        "created_at": TIME,
        "started_at": maybe(TIME),
        "completed_at": maybe(TIME),
        "failure_reason": maybe(STRING),
    },
)
_LATEST = record(
    "PlatformLatestDeployment",
    "The newest deployment of a project.",
    {"id": STRING, "status": _STATUS, "created_at": TIME},
)
_DEPLOYMENTS = record(
    "PlatformDeployments",
    "The deployments of a project.",
    {"total": INTEGER, "latest": maybe(_LATEST)},
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
        "deployments": _DEPLOYMENTS,
    },
)
