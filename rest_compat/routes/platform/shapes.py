"""Platform bodies from the data of operations: pure functions, one per thing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_compat.prefixed import prefixed
from rest_compat.problems import not_found
from rest_compat.routes.shapes import moment

Data = Mapping[str, Any]
_STATUS = {
    "PENDING": "queued",
    "IN_PROGRESS": "in_progress",
    "PAUSED": "in_progress",
    "COMPLETED": "success",
    "FAILED": "failed",
    "CANCELLED": "cancelled",
}


def project(data: Data) -> dict[str, Any]:
    """A project with its team."""
    return {
        "id": prefixed(data["id"]),
        "name": data["name"],
        "description": data["description"],
        "status": data["status"].lower(),
        "visibility": data["visibility"].lower(),
        "settings": data["settings"],
        "created_at": moment(data["createdAt"]),
        "updated_at": moment(data["updatedAt"]),
        "team": {"id": prefixed(data["team"]["id"]), "name": data["team"]["name"]},
        "deployments": _deployments(data["productionRuns"]),
    }


def _deployments(data: Data) -> dict[str, Any]:
    latest = data["nodes"][0] if data["nodes"] else None
    return {
        "total": data["totalCount"],
        "latest": None
        if latest is None
        else {
            "id": prefixed(latest["id"]),
            "status": _STATUS[latest["status"]],
            "created_at": moment(latest["createdAt"]),
        },
    }


def deployment(data: Data) -> dict[str, Any]:
    """A production run of a project; one of no project is no deployment."""
    if data["project"] is None:
        raise not_found()
    name = prefixed(data["id"])
    return {
        "id": name,
        "project_id": prefixed(data["project"]["id"]),
        "status": _STATUS[data["status"]],
        "url": f"/platform/v1/deployments/{name}",
        "created_at": moment(data["createdAt"]),
        "started_at": moment(data["startedAt"]),
        "completed_at": moment(data["completedAt"]),
        "failure_reason": data["failureReason"],
    }


def team(data: Data) -> dict[str, Any]:
    """A team."""
    return {
        "id": prefixed(data["id"]),
        "name": data["name"],
        "created_at": moment(data["createdAt"]),
    }


def member(data: Data) -> dict[str, Any]:
    """Somebody in a team."""
    return {
        "id": prefixed(data["user"]["id"]),
        "email": data["user"]["email"],
        "name": data["user"]["name"],
        "role": data["role"].lower(),
        "status": "active",
        "joined_at": moment(data["joinedAt"]),
    }


def added(data: Data) -> dict[str, Any]:
    """Whoever was added, or is invited."""
    if data["member"] is not None:
        return member(data["member"])
    invitation = data["invitation"]
    return {
        "id": prefixed(invitation["id"]),
        "email": invitation["email"],
        "name": None,
        "role": invitation["role"].lower(),
        "status": "invited",
        "joined_at": None,
    }
