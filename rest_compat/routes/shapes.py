"""Bambuddy bodies from the data of operations: pure functions, one per thing."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

Data = Mapping[str, Any]

DELETED = {"status": "deleted"}
_STATES = {"UNKNOWN": "offline"}
_QUEUE_STATUS = {"UPLOADING": "printing"}


def moment(value: str | None) -> str | None:
    """A time to whole seconds, as older clients parse it."""
    return None if value is None else value[:19] + "Z"


def money(value: str | None) -> float | None:
    """An exact amount as a number of two places."""
    if value is None:
        return None
    return float(value if value[-3:-2] == "." else round(Decimal(value), 2))


def _related(value: Data | None) -> tuple[int | None, str | None]:
    return (None, None) if value is None else (value["databaseId"], value["name"])


def state(value: str) -> str:
    """What a printer is doing, in small letters; one nobody has heard of is offline."""
    return _STATES.get(value, value).lower()


def printer(data: Data) -> dict[str, Any]:
    """A printer; `current_print` is null when nothing prints."""
    job = data["currentPrint"]
    return {
        "id": data["databaseId"],
        "name": data["name"],
        "ip_address": data["ipAddress"],
        "serial_number": data["serialNumber"],
        "model": data["model"],
        "status": state(data["status"]["state"]),
        "current_print": None
        if job is None
        else {
            # The record has the name people gave the file; it travels under another.
            "filename": (job["archive"] or job)["filename"],
            "progress": job["progress"],
            "remaining_time": job["remainingTime"],
        },
    }


def printer_status(data: Data) -> dict[str, Any]:
    """The live state of a printer."""
    status = data["status"]
    heat = status["temperatures"]
    return {
        "state": state(status["state"]),
        "progress": status["progress"] or 0,
        "remaining_time": status["remainingTime"] or 0,
        "current_layer": status["currentLayer"] or 0,
        "total_layers": status["totalLayers"] or 0,
        "temperatures": {name: heat[name] for name in ("nozzle", "bed", "chamber")},
        "hms_status": status["health"]["status"].lower(),
    }


def archive(data: Data) -> dict[str, Any]:
    """A record of the history."""
    printer_id, printer_name = _related(data["printer"])
    return {
        "id": data["databaseId"],
        "name": data["name"],
        "filename": data["filename"],
        "printer_id": printer_id,
        "printer_name": printer_name,
        "project_id": data["project"] and data["project"]["databaseId"],
        "created_at": moment(data["createdAt"]),
        "started_at": moment(data["startedAt"]),
        "completed_at": moment(data["completedAt"]),
        "duration": data["duration"],
        "status": data["status"].lower(),
        "progress": data["progress"],
        "filament_used": data["filamentUsed"],
        "filament_type": data["filamentType"],
        "cost": money(data["cost"]),
        "failure_reason": data["failureReason"],
        "notes": data["notes"],
        "tags": data["tags"],
    }


def archives(data: Data) -> dict[str, Any]:
    """A page of the history and how many there are."""
    return {"total": data["totalCount"], "archives": [archive(node) for node in data["nodes"]]}


def project(data: Data) -> dict[str, Any]:
    """A project."""
    return {
        "id": data["databaseId"],
        "name": data["name"],
        "description": data["description"],
        "color": data["color"],
        "status": data["status"].lower(),
        "target_count": data["targetCount"],
        "completed_count": data["completedCount"],
        "progress": data["progress"],
        "archive_count": data["archiveCount"],
        "created_at": moment(data["createdAt"]),
        "updated_at": moment(data["updatedAt"]),
    }


def queue_item(data: Data) -> dict[str, Any]:
    """A print to do."""
    archive_id, archive_name = _related(data["archive"])
    printer_id, printer_name = _related(data["printer"])
    return {
        "id": data["databaseId"],
        "archive_id": archive_id,
        "archive_name": archive_name,
        "printer_id": printer_id,
        "printer_name": printer_name,
        "status": _QUEUE_STATUS.get(data["status"], data["status"].lower()),
        "position": data["position"],
        "scheduled_time": moment(data["scheduledTime"]),
        "created_at": moment(data["createdAt"]),
        "started_at": moment(data["startedAt"]),
        "completed_at": moment(data["completedAt"]),
        "error": data["error"],
    }


def statistics(data: Data) -> dict[str, Any]:
    """Figures of prints that ended; seconds, grams, money."""
    return {
        "total_prints": data["totalPrints"],
        "successful_prints": data["successfulPrints"],
        "failed_prints": data["failedPrints"],
        "stopped_prints": data["stoppedPrints"],
        "success_rate": data["successRate"],
        "total_print_time": data["totalPrintTime"],
        "total_filament_used": data["totalFilamentUsed"],
        "total_cost": money(data["totalCost"]),
    }


def system(data: Data) -> dict[str, Any]:
    """The server: version, seconds it has been running, archives, megabytes."""
    return {
        "version": data["version"],
        "uptime": data["uptime"],
        "database": {
            "archives": data["archiveCount"],
            "size_mb": round(data["databaseBytes"] / 1_000_000, 1),
        },
    }


def nodes(shape: Any) -> Any:
    """The shape of a bare list: every node of a connection in its own shape."""
    return lambda data: [shape(node) for node in data["nodes"]]


def nodes_of(name: str, shape: Any) -> Any:
    """The shape of a list that hangs on one thing: the nodes of its connection."""
    return lambda data: [shape(node) for node in data[name]["nodes"]]


def payload(name: str, shape: Any) -> Any:
    """The shape of a changed entity in the payload of a mutation."""
    return lambda data: shape(data[name])


def constant(body: Mapping[str, Any]) -> Any:
    """The shape of an answer that says nothing but that it was done."""
    return lambda _data: dict(body)
