"""The server, the user and the usage of the Reference dialect."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from app import __version__
from app.accounts.models import Scope
from app.health import health
from app.runtime import Runtime
from rest_compat.dialects.reference import REFERENCE
from rest_compat.routes.reference import answers, shapes
from rest_compat.table import Caller, Rate, Route, Row, body, query
from rest_compat.values import Bound, Choice, Text

_Route = partial(Route, dialect=REFERENCE)
_USER = {
    "id": "user_123",
    "email": "user@example.com",
    "name": "John Doe",
    "created_at": "2025-01-15T10:00:00Z",
    "plan": "professional",
}
_STEPS = Choice({word: word.upper() for word in ("hour", "day", "week", "month")})


async def _health(runtime: Runtime, _caller: Caller, _data: Mapping[str, Any]) -> dict[str, Any]:
    return await health(runtime)


async def _status(runtime: Runtime, _caller: Caller, _data: Mapping[str, Any]) -> dict[str, Any]:
    found = await health(runtime)
    words = {"healthy": "operational", "degraded": "degraded", "unhealthy": "outage"}
    return {
        "status": words[found["status"]],
        "version": __version__,
        "timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


ROWS: tuple[Row, ...] = (
    _Route(
        method="GET",
        path="/status",
        name="reference_get_status",
        section="Status",
        summary="The state of the API",
        rate=Rate.READ,
        scope=Scope.READ,
        service=_status,
        shape=dict,
        answer=answers.STATUS,
        example={
            "status": "operational",
            "version": "1.0.0",
            "timestamp": "2025-11-29T12:00:00Z",
        },
    ),
    _Route(
        method="GET",
        path="/health",
        name="reference_get_health",
        section="Status",
        summary="Whether the parts of the server work",
        rate=None,
        scope=None,
        service=_health,
        shape=dict,
        answer=answers.HEALTH,
        status_of=lambda data: 503 if data["status"] == "unhealthy" else 200,
    ),
    _Route(
        method="GET",
        path="/users/me",
        name="reference_get_current_user",
        section="Users",
        summary="Who asks",
        rate=Rate.READ,
        scope=Scope.READ,
        operation="ReferenceWhoAmI",
        shape=shapes.user,
        answer=answers.USER,
        example=_USER,
    ),
    _Route(
        method="PUT",
        path="/users/me",
        name="reference_update_current_user",
        section="Users",
        summary="Change who asks",
        description="Needs the scope `read` of a sign-in, and `admin` of a key or an application.",
        rate=Rate.WRITE,
        scope=Scope.READ,
        parameters=(
            body("name", Text(200, empty=True), "name", "User's name.", nullable=True),
            body("email", Text(320, form="email"), "email", "User's email."),
        ),
        operation="ReferenceUpdateProfile",
        shape=shapes.changed_user,
        answer=answers.USER,
        request_example={"name": "John Doe"},
        example=_USER,
    ),
    _Route(
        method="GET",
        path="/analytics/usage",
        name="reference_get_usage",
        section="Analytics",
        summary="What the team used",
        rate=Rate.READ,
        scope=Scope.READ,
        parameters=(
            query("start_date", Bound(), "filter.start", "Start date (ISO 8601 format)."),
            query("end_date", Bound(last=True), "filter.end", "End date (ISO 8601 format)."),
            query("granularity", _STEPS, "filter.granularity", "Data granularity.", default="DAY"),
        ),
        operation="ReferenceUsage",
        shape=shapes.usage,
        answer=answers.USAGE,
        example={
            "data": [
                {
                    "date": "2025-11-01",
                    "api_calls": 1250,
                    "data_processed": 5242880,
                    "projects_created": 3,
                },
                {
                    "date": "2025-11-02",
                    "api_calls": 1150,
                    "data_processed": 4718592,
                    "projects_created": 1,
                },
            ],
            "summary": {
                "total_api_calls": 35000,
                "total_data_processed": 157286400,
                "total_projects": 45,
            },
        },
    ),
)
