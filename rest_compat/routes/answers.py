"""What the Bambuddy bodies look like, in JSON Schema."""

from __future__ import annotations

from rest_compat.bodies import INTEGER, NUMBER, STRING, TIME, between, many, maybe, record, words

PRINTER_STATE = words("offline", "idle", "preparing", "printing", "paused", "finished", "failed")
ARCHIVE_STATUS = words("ready", "printing", "success", "failed", "stopped")
QUEUE_STATUS = words("pending", "printing", "completed", "failed", "cancelled", "skipped")
CURRENT_PRINT = record(
    "CurrentPrint",
    "What a printer prints now.",
    {"filename": STRING, "progress": between(0, 100), "remaining_time": maybe(INTEGER)},
)
PRINTER = record(
    "Printer",
    "A printer of the farm.",
    {
        "id": INTEGER,
        "name": STRING,
        "ip_address": maybe(STRING),
        "serial_number": STRING,
        "model": STRING,
        "status": PRINTER_STATE,
        "current_print": maybe(CURRENT_PRINT),
    },
)
TEMPERATURES = record(
    "Temperatures",
    "In °C; null where there is no sensor.",
    {"nozzle": maybe(NUMBER), "bed": maybe(NUMBER), "chamber": maybe(NUMBER)},
)
PRINTER_STATUS = record(
    "PrinterStatus",
    "The live state of a printer.",
    {
        "state": PRINTER_STATE,
        "progress": between(0, 100),
        "remaining_time": INTEGER,
        "current_layer": INTEGER,
        "total_layers": INTEGER,
        "temperatures": TEMPERATURES,
        "hms_status": words("ok", "warning", "error"),
    },
)
ARCHIVE = record(
    "Archive",
    "A record of the print history.",
    {
        "id": INTEGER,
        "name": STRING,
        "filename": STRING,
        "printer_id": maybe(INTEGER),
        "printer_name": maybe(STRING),
        "project_id": maybe(INTEGER),
        "created_at": TIME,
        "started_at": maybe(TIME),
        "completed_at": maybe(TIME),
        "duration": maybe(INTEGER),
        "status": ARCHIVE_STATUS,
        "progress": maybe(between(0, 100)),
        "filament_used": maybe(NUMBER),
        "filament_type": maybe(STRING),
        "cost": maybe(NUMBER),
        "failure_reason": maybe(STRING),
        "notes": maybe(STRING),
        "tags": many(STRING),
    },
)
ARCHIVES = record(
    "Archives", "A page of the history.", {"total": INTEGER, "archives": many(ARCHIVE)}
)
PROJECT = record(
    "Project",
    "Prints that belong together.",
    {
        "id": INTEGER,
        "name": STRING,
        "description": maybe(STRING),
        "color": maybe(STRING),
        "status": words("active", "completed", "archived"),
        "target_count": maybe(INTEGER),
        "completed_count": INTEGER,
        "progress": maybe(NUMBER),
        "archive_count": INTEGER,
        "created_at": TIME,
        "updated_at": TIME,
    },
)
QUEUE_ITEM = record(
    "QueueItem",
    "A print to do.",
    {
        "id": INTEGER,
        "archive_id": INTEGER,
        "archive_name": STRING,
        "printer_id": maybe(INTEGER),
        "printer_name": maybe(STRING),
        "status": QUEUE_STATUS,
        "position": INTEGER,
        "scheduled_time": maybe(TIME),
        "created_at": TIME,
        "started_at": maybe(TIME),
        "completed_at": maybe(TIME),
        "error": maybe(STRING),
    },
)
STATISTICS = record(
    "Statistics",
    "Figures of prints that ended: seconds, grams, money, percent.",
    {
        "total_prints": INTEGER,
        "successful_prints": INTEGER,
        "failed_prints": INTEGER,
        "stopped_prints": INTEGER,
        "success_rate": NUMBER,
        "total_print_time": INTEGER,
        "total_filament_used": NUMBER,
        "total_cost": NUMBER,
    },
)
SYSTEM = record(
    "SystemInfo",
    "The server itself.",
    {
        "version": STRING,
        "uptime": INTEGER,
        "database": record(
            "DatabaseInfo", "Its database.", {"archives": INTEGER, "size_mb": NUMBER}
        ),
    },
)
DONE = record("Done", "That it was done.", {"status": STRING})
HEALTH = record(
    "Health",
    "The truth about the parts a server depends on.",
    {"status": STRING, "database": STRING, "mqtt": STRING, "hub": STRING},
)
TOKENS = record(
    "Tokens",
    "A signed-in session.",
    {
        "access_token": STRING,
        "refresh_token": STRING,
        "token_type": words("bearer"),
        "expires_in": INTEGER,
    },
)
TOKENS_EXAMPLE = {
    "access_token": "eyJ...",
    "refresh_token": "sgr_...",
    "token_type": "bearer",
    "expires_in": 1800,
}
PROFILE_EXAMPLE = {
    "id": "5d0f6a1c-7c0e-4b3d-8a57-2f9d1b6e4c33",
    "email": "user@example.com",
    "name": "Ada",
    "created_at": "2024-01-15T14:30:00Z",
    "tenant_id": "c2b1e9d4-3f58-4a76-9e0d-6b7a8c5f1d20",
}
PROFILE = record(
    "Profile",
    "Who is signed in.",
    {
        "id": {"type": "string", "format": "uuid"},
        "email": STRING,
        "name": maybe(STRING),
        "created_at": TIME,
        "tenant_id": {"type": "string", "format": "uuid"},
    },
)
