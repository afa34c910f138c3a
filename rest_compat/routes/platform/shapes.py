"""Platform bodies from the data of operations: pure functions, one per thing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_compat.prefixed import prefixed
from rest_compat.routes.shapes import moment

Data = Mapping[str, Any]


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
