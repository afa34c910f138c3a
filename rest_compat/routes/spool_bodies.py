"""Spools and the changes of their weight as Batchivo bodies, and what these look like."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from rest_compat.bodies import INTEGER, NUMBER, STRING, TIME, UUID, many, maybe, record, words
from rest_compat.routes.shapes import moment, money

Data = Mapping[str, Any]

DAY = {"type": "string", "format": "date"}
BOOLEAN = {"type": "boolean"}
LOCATION = record(
    "SpoolLocation",
    "Where a spool is loaded, as its tag tells. Without a unit it hangs on an external holder.",
    {
        "printer_id": INTEGER,
        "printer_name": STRING,
        "ams_unit": maybe(INTEGER),
        "slot": INTEGER,
        "remaining_percent": maybe(INTEGER),
    },
)
SPOOL = record(
    "Spool",
    "A spool of filament: grams, millimetres, money.",
    {
        "id": UUID,
        "material_type": STRING,
        "brand": maybe(STRING),
        "color": STRING,
        "color_hex": maybe(STRING),
        "finish": maybe(STRING),
        "diameter_mm": NUMBER,
        "net_weight_grams": NUMBER,
        "remaining_weight_grams": NUMBER,
        "spool_weight_grams": maybe(NUMBER),
        "purchase_price": maybe(NUMBER),
        "cost_per_gram": maybe(NUMBER),
        "supplier": maybe(STRING),
        "purchase_date": maybe(DAY),
        "notes": maybe(STRING),
        "low_stock": BOOLEAN,
        "tray_uuid": maybe(STRING),
        "loaded_in": maybe(LOCATION),
        "created_at": TIME,
        "updated_at": TIME,
    },
)
DEDUCTION = record(
    "SpoolDeduction",
    "What was taken, and what is left.",
    {"id": UUID, "remaining_weight_grams": NUMBER, "deducted": NUMBER},
)
TRANSACTION = record(
    "InventoryTransaction",
    "One change of a spool's weight. The changes of a spool add up to its weight.",
    {
        "id": UUID,
        "spool_id": UUID,
        "transaction_type": words("usage", "waste", "adjustment", "purchase", "return"),
        "weight_before_grams": NUMBER,
        "change_grams": NUMBER,
        "weight_after_grams": NUMBER,
        "shortfall_grams": NUMBER,
        "reason": maybe(STRING),
        "archive_id": maybe(INTEGER),
        "archive_name": maybe(STRING),
        "production_run_id": maybe(UUID),
        "production_run_number": maybe(STRING),
        "user_id": maybe(UUID),
        "user_name": maybe(STRING),
        "created_at": TIME,
    },
)
EXAMPLE = {
    "id": "3f2b9d3c-5a07-4c1e-9a54-6f0b2f6f2f10",
    "material_type": "PLA",
    "brand": "Polymaker",
    "color": "Galaxy Black",
    "color_hex": "#1a1a2e",
    "finish": "matte",
    "diameter_mm": 1.75,
    "net_weight_grams": 1000.0,
    "remaining_weight_grams": 742.5,
    "spool_weight_grams": 220.0,
    "purchase_price": 24.99,
    "cost_per_gram": 0.02499,
    "supplier": "Filament Shop",
    "purchase_date": "2024-01-10",
    "notes": None,
    "low_stock": False,
    "tray_uuid": None,
    "loaded_in": None,
    "created_at": "2024-01-15T14:30:00Z",
    "updated_at": "2024-01-16T09:00:00Z",
}


LINE_ERROR = record(
    "SpoolLineError",
    "One cause why a line of a table cannot be imported.",
    {"line": INTEGER, "field": maybe(STRING), "message": STRING},
)
IMPORTED = record(
    "SpoolImport",
    "What became of a table. With errors, or in a dry run, nothing was added.",
    {
        "dry_run": BOOLEAN,
        "rows": INTEGER,
        "imported": INTEGER,
        "ignored_columns": many(STRING),
        "errors": many(LINE_ERROR),
    },
)
# The columns of an export; an import reads those that a spool can be given.
TRANSACTION_EXAMPLE = {
    "id": "0b6c1b3e-54c5-5d0e-9d3f-6a1c2b7e8f90",
    "spool_id": EXAMPLE["id"],
    "transaction_type": "usage",
    "weight_before_grams": 787.7,
    "change_grams": -45.2,
    "weight_after_grams": 742.5,
    "shortfall_grams": 0.0,
    "reason": "Benchy",
    "archive_id": None,
    "archive_name": None,
    "production_run_id": None,
    "production_run_number": None,
    "user_id": "5d0f6a1c-7c0e-4b3d-8a57-2f9d1b6e4c33",
    "user_name": "Ada",
    "created_at": "2024-01-15T14:30:00Z",
}
COLUMNS = tuple(name for name in EXAMPLE if name != "loaded_in")


def lines(data: Data) -> Iterator[list[Any]]:
    """The cells of a page of spools."""
    for node in data["nodes"]:
        line = spool(node)
        yield [line[name] for name in COLUMNS]


def exact(value: str | None) -> float | None:
    """An exact number with all its places."""
    return None if value is None else float(value)


def spool(data: Data) -> dict[str, Any]:
    """A spool, with what printers know about it."""
    return {
        "id": data["databaseId"],
        "material_type": data["material"],
        "brand": data["brand"],
        "color": data["color"],
        "color_hex": data["colorHex"],
        "finish": data["finish"],
        "diameter_mm": data["diameter"],
        "net_weight_grams": data["netWeight"],
        "remaining_weight_grams": data["remainingWeight"],
        "spool_weight_grams": data["spoolWeight"],
        "purchase_price": money(data["purchasePrice"]),
        "cost_per_gram": exact(data["costPerGram"]),
        "supplier": data["supplier"],
        "purchase_date": data["purchaseDate"],
        "notes": data["notes"],
        "low_stock": data["lowStock"],
        "tray_uuid": data["trayUuid"],
        "loaded_in": _location(data["loadedIn"]),
        "created_at": moment(data["createdAt"]),
        "updated_at": moment(data["updatedAt"]),
    }


def deduction(data: Data) -> dict[str, Any]:
    """What was taken off a spool."""
    return {
        "id": data["spool"]["databaseId"],
        "remaining_weight_grams": data["spool"]["remainingWeight"],
        "deducted": data["deducted"],
    }


def transactions(data: Data) -> list[dict[str, Any]]:
    """The weight changes of a spool."""
    return [_transaction(data["databaseId"], node) for node in data["transactions"]["nodes"]]


def _transaction(spool_id: str, node: Data) -> dict[str, Any]:
    archive, user = node["archive"] or {}, node["user"] or {}
    run = node["productionRun"] or {}
    return {
        # Ids of this API are UUIDs; a transaction's is named by its spool and its number.
        "id": str(uuid.uuid5(uuid.UUID(spool_id), str(node["databaseId"]))),
        "spool_id": spool_id,
        "transaction_type": node["type"].lower(),
        "weight_before_grams": node["weightBefore"],
        "change_grams": node["change"],
        "weight_after_grams": node["weightAfter"],
        "shortfall_grams": node["shortfall"],
        "reason": node["reason"],
        "archive_id": archive.get("databaseId"),
        "archive_name": archive.get("name"),
        "production_run_id": run.get("databaseId"),
        "production_run_number": run.get("runNumber"),
        "user_id": user.get("uid"),
        "user_name": user.get("name"),
        "created_at": moment(node["createdAt"]),
    }


def imported(data: Data) -> dict[str, Any]:
    """What became of a table."""
    return {
        "dry_run": data["dryRun"],
        "rows": data["rows"],
        "imported": data["imported"],
        "ignored_columns": data["ignoredColumns"],
        "errors": [
            {"line": error["line"], "field": error["column"], "message": error["message"]}
            for error in data["lineErrors"]
        ],
    }


def _location(data: Data | None) -> dict[str, Any] | None:
    if data is None:
        return None
    return {
        "printer_id": data["printer"]["databaseId"],
        "printer_name": data["printer"]["name"],
        "ams_unit": data["amsUnit"],
        "slot": data["slot"],
        "remaining_percent": data["remaining"],
    }
