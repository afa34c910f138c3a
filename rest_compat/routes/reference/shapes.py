"""Reference bodies from the data of operations: pure functions, one per thing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_compat.prefixed import prefixed
from rest_compat.routes.shapes import moment

Data = Mapping[str, Any]


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
