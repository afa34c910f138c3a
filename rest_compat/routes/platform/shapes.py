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
