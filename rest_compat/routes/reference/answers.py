"""The bodies of the Reference dialect, for its document."""

from __future__ import annotations

from rest_compat.bodies import INTEGER, STRING, TIME, between, many, maybe, record, words

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
DATA = record(
    "ReferenceData",
    "A file given to a project. `rows` is null until known; `error_line` is where it is wrong.",
    {
        "id": STRING,
        "project_id": STRING,
        "filename": STRING,
        "size": INTEGER,
        "format": words("csv", "3mf", "gcode"),
        "rows": maybe(INTEGER),
        "status": words("processing", "completed", "failed"),
        "progress": between(0, 100),
        "error": maybe(STRING),
        "error_line": maybe(INTEGER),
        "created_at": TIME,
        "completed_at": maybe(TIME),
    },
)
STATUS = record(
    "ReferenceStatus",
    "The state of the API.",
    {"status": words("operational", "degraded", "outage"), "version": STRING, "timestamp": TIME},
)
HEALTH = record(
    "ReferenceHealth",
    "The truth about the parts a server depends on.",
    {"status": STRING, "database": STRING, "mqtt": STRING, "hub": STRING},
)
USER = record(
    "ReferenceUser",
    "Who asks.",
    {
        "id": STRING,
        "email": STRING,
        "name": maybe(STRING),
        "created_at": TIME,
        "plan": words("free", "professional", "enterprise"),
    },
)
USAGE = record(
    "ReferenceUsage",
    "What a team used.",
    {
        "data": many(
            record(
                "ReferenceUsagePoint",
                "One hour, day, week or month.",
                {
                    "date": STRING,
                    "api_calls": INTEGER,
                    "data_processed": INTEGER,
                    "projects_created": INTEGER,
                },
            )
        ),
        "summary": record(
            "ReferenceUsageSummary",
            "The sums of the period; `total_projects` is how many there are now.",
            dict.fromkeys(("total_api_calls", "total_data_processed", "total_projects"), INTEGER),
        ),
    },
)
DELETED = record(
    "ReferenceDeleted", "That it is gone.", {"success": {"type": "boolean"}, "message": STRING}
)
