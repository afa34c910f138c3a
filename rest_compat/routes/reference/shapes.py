"""Reference bodies from the data of operations: pure functions, one per thing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_compat.prefixed import prefixed
from rest_compat.routes.shapes import moment

Data = Mapping[str, Any]
# Two names of one plan.
_PLANS = {"pro": "professional"}
_FORMATS = {"THREEMF": "3mf"}


def project(data: Data) -> dict[str, Any]:
    """A project."""
    return {
        "id": prefixed(data["id"]),
        "name": data["name"],
        "description": data["description"],
        "settings": data["settings"],
        "status": data["status"].lower(),
        "created_at": moment(data["createdAt"]),
        "updated_at": moment(data["updatedAt"]),
    }


def user(data: Data) -> dict[str, Any]:
    """Who asks, with the plan of the credential."""
    person, plan = data["user"], data["plan"].lower()
    return {
        "id": prefixed(person["id"]),
        "email": person["email"],
        "name": person["name"],
        "created_at": moment(person["createdAt"]),
        "plan": _PLANS.get(plan, plan),
    }


def usage(data: Data) -> dict[str, Any]:
    """What was used, by the day (or as a time where the steps are hours)."""
    return {
        "data": [
            {
                "date": _date(point["start"], data["granularity"]),
                "api_calls": point["apiCalls"],
                "data_processed": int(point["dataProcessed"]),
                "projects_created": point["projectsCreated"],
            }
            for point in data["points"]
        ],
        "summary": {
            "total_api_calls": int(data["totalApiCalls"]),
            "total_data_processed": int(data["totalDataProcessed"]),
            "total_projects": data["totalProjects"],
        },
    }


def _date(start: str, granularity: str) -> str | None:
    return moment(start) if granularity == "HOUR" else start[:10]


def changed_user(data: Data) -> dict[str, Any]:
    """Who asks, after a change."""
    return user({"user": data["user"], "plan": data["viewer"]["plan"]})


def data_file(data: Data) -> dict[str, Any]:
    """A file given to a project."""
    return {
        "id": prefixed(data["id"]),
        "project_id": prefixed(data["project"]["id"]),
        "filename": data["filename"],
        "size": int(data["size"]),
        "format": _FORMATS.get(data["format"], data["format"].lower()),
        "rows": data["rows"],
        "status": data["status"].lower(),
        "progress": data["progress"],
        "error": data["error"],
        "error_line": data["errorLine"],
        "created_at": moment(data["createdAt"]),
        "completed_at": moment(data["completedAt"]),
    }
