"""Production runs as Batchivo bodies, and what these look like."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_compat.bodies import INTEGER, NUMBER, STRING, TIME, UUID, many, maybe, record, words
from rest_compat.groups import in_units
from rest_compat.routes.shapes import moment, money
from rest_compat.routes.spool_bodies import exact

Data = Mapping[str, Any]
HOUR = 3_600
STATUSES = ("pending", "in_progress", "paused", "completed", "failed", "cancelled")
_BOOLEAN = {"type": "boolean"}

ITEM = record(
    "ProductionRunItem",
    "So many pieces of a product; the estimates are those of all pieces when it was added.",
    {
        "id": UUID,
        "product_id": UUID,
        "product_name": STRING,
        "quantity": INTEGER,
        "successful_quantity": INTEGER,
        "failed_quantity": INTEGER,
        "estimated_material_cost": NUMBER,
        "estimated_total_cost": NUMBER,
    },
)
MATERIAL = record(
    "ProductionRunMaterial",
    "Filament of one spool. Purge is a part of the weights; `settled_weight_grams` is what prints "
    "of the run have taken off the spool already.",
    {
        "id": UUID,
        "spool_id": UUID,
        "spool_name": STRING,
        "estimated_weight_grams": NUMBER,
        "actual_weight_grams": maybe(NUMBER),
        "spool_weight_before_grams": maybe(NUMBER),
        "spool_weight_after_grams": maybe(NUMBER),
        "estimated_purge_grams": maybe(NUMBER),
        "actual_purge_grams": maybe(NUMBER),
        "cost_per_gram": maybe(NUMBER),
        "settled_weight_grams": NUMBER,
    },
)
_FIELDS = {
    "id": UUID,
    "run_number": STRING,
    "status": words(*STATUSES),
    "printer_name": maybe(STRING),
    "project_id": maybe(INTEGER),
    "started_at": maybe(TIME),
    "completed_at": maybe(TIME),
    "estimated_print_time_hours": maybe(NUMBER),
    "actual_print_time_hours": maybe(NUMBER),
    "estimated_total_filament_grams": maybe(NUMBER),
    "actual_total_filament_grams": maybe(NUMBER),
    "quality_rating": maybe(INTEGER),
    "quality_notes": maybe(STRING),
    "notes": maybe(STRING),
    "failure_reason": maybe(STRING),
    "created_at": TIME,
    "updated_at": TIME,
}
ENTRY = record("ProductionRunEntry", "A production run in a list.", _FIELDS)
RUN = record(
    "ProductionRun",
    "A production run with its lines. Costs are those of the filament that was used, and of "
    "components as they were estimated; null while a use or a price is not known.",
    {
        **_FIELDS,
        "items": many(ITEM),
        "materials": many(MATERIAL),
        "variance_analysis": record(
            "ProductionRunVariance",
            "Actual less estimated; null without one of them.",
            {
                "material_variance_grams": maybe(NUMBER),
                "material_variance_percent": maybe(NUMBER),
                "time_variance_hours": maybe(NUMBER),
                "time_variance_percent": maybe(NUMBER),
            },
        ),
        "material_cost": maybe(NUMBER),
        "component_cost": NUMBER,
        "total_cost": maybe(NUMBER),
        "cost_per_piece": maybe(NUMBER),
    },
)
ENDING = record(
    "ProductionRunEnding",
    "A run that has ended, and what its spools gave for that.",
    {
        "id": UUID,
        "status": words(*STATUSES[3:]),
        "completed_at": TIME,
        "inventory_updated": _BOOLEAN,
        "spools_updated": many(
            record(
                "SpoolUpdate",
                "What a spool gave; nothing, where prints had taken it before.",
                {
                    "spool_id": UUID,
                    "previous_weight": NUMBER,
                    "new_weight": NUMBER,
                    "deducted": NUMBER,
                },
            )
        ),
    },
)

ITEM_EXAMPLE = {
    "id": "1f6b9c0e-3a56-4b78-9f3f-5f2a6d1c7e30",
    "product_id": "9d3b5c1e-7f1a-4a0e-9b61-1c8f2f6d3a44",
    "product_name": "Desk lamp",
    "quantity": 4,
    "successful_quantity": 3,
    "failed_quantity": 1,
    "estimated_material_cost": 6.16,
    "estimated_total_cost": 16.0,
}
MATERIAL_EXAMPLE = {
    "id": "4e0a7d2b-8c3d-4f6e-8a91-2b7c5d9e1f55",
    "spool_id": "3f2b9d3c-5a07-4c1e-9a54-6f0b2f6f2f10",
    "spool_name": "Polymaker PLA Galaxy Black",
    "estimated_weight_grams": 246.0,
    "actual_weight_grams": 252.4,
    "spool_weight_before_grams": 962.5,
    "spool_weight_after_grams": 710.1,
    "estimated_purge_grams": 6.0,
    "actual_purge_grams": 5.2,
    "cost_per_gram": 0.02499,
    "settled_weight_grams": 0.0,
}
ENTRY_EXAMPLE = {
    "id": "8a4c2e6f-0d1b-4e3a-b5c7-9f8e7d6c5b66",
    "run_number": "20240115-001",
    "status": "completed",
    "printer_name": "X1 Carbon",
    "project_id": None,
    "started_at": "2024-01-15T14:30:00Z",
    "completed_at": "2024-01-15T18:00:00Z",
    "estimated_print_time_hours": 3.25,
    "actual_print_time_hours": 3.5,
    "estimated_total_filament_grams": 246.0,
    "actual_total_filament_grams": 252.4,
    "quality_rating": 4,
    "quality_notes": "A little stringing",
    "notes": None,
    "failure_reason": None,
    "created_at": "2024-01-15T14:00:00Z",
    "updated_at": "2024-01-15T18:00:00Z",
}
EXAMPLE = {
    **ENTRY_EXAMPLE,
    "items": [ITEM_EXAMPLE],
    "materials": [MATERIAL_EXAMPLE],
    "variance_analysis": {
        "material_variance_grams": 6.4,
        "material_variance_percent": 2.6,
        "time_variance_hours": 0.25,
        "time_variance_percent": 7.7,
    },
    "material_cost": 6.31,
    "component_cost": 9.84,
    "total_cost": 16.15,
    "cost_per_piece": 5.38,
}
ENDING_EXAMPLE = {
    "id": ENTRY_EXAMPLE["id"],
    "status": "completed",
    "completed_at": "2024-01-15T18:00:00Z",
    "inventory_updated": True,
    "spools_updated": [
        {
            "spool_id": MATERIAL_EXAMPLE["spool_id"],
            "previous_weight": 742.5,
            "new_weight": 490.1,
            "deducted": 252.4,
        }
    ],
}
WASTE_EXAMPLE = [{"spool_id": MATERIAL_EXAMPLE["spool_id"], "grams": 41.5}]
_WASTED = [
    {
        "spool_id": MATERIAL_EXAMPLE["spool_id"],
        "previous_weight": 742.5,
        "new_weight": 701.0,
        "deducted": 41.5,
    }
]
CANCELLED_EXAMPLE = {**ENDING_EXAMPLE, "status": "cancelled", "spools_updated": _WASTED}
FAILED_EXAMPLE = {**ENDING_EXAMPLE, "status": "failed", "spools_updated": _WASTED}


def entry(data: Data) -> dict[str, Any]:
    """A run in a list."""
    return {
        "id": data["databaseId"],
        "run_number": data["runNumber"],
        "status": data["status"].lower(),
        "printer_name": data["printerName"],
        "project_id": data["project"] and data["project"]["databaseId"],
        "started_at": moment(data["startedAt"]),
        "completed_at": moment(data["completedAt"]),
        "estimated_print_time_hours": in_units(data["estimatedPrintTime"], HOUR, 3),
        "actual_print_time_hours": in_units(data["actualPrintTime"], HOUR, 3),
        "estimated_total_filament_grams": data["estimatedTotalFilament"],
        "actual_total_filament_grams": data["actualTotalFilament"],
        "quality_rating": data["qualityRating"],
        "quality_notes": data["qualityNotes"],
        "notes": data["notes"],
        "failure_reason": data["failureReason"],
        "created_at": moment(data["createdAt"]),
        "updated_at": moment(data["updatedAt"]),
    }


def run(data: Data) -> dict[str, Any]:
    """A run with its lines, its variance and what it cost."""
    off, cost = data["variance"], data["cost"]
    return {
        **entry(data),
        "items": [item(row) for row in data["items"]],
        "materials": [material(row) for row in data["materials"]],
        "variance_analysis": {
            "material_variance_grams": off["materialGrams"],
            "material_variance_percent": off["materialPercent"],
            "time_variance_hours": in_units(off["time"], HOUR, 3),
            "time_variance_percent": off["timePercent"],
        },
        "material_cost": money(cost["materialCost"]),
        "component_cost": money(cost["componentCost"]),
        "total_cost": money(cost["totalCost"]),
        "cost_per_piece": money(cost["costPerPiece"]),
    }


def item(data: Data) -> dict[str, Any]:
    """A product that a run makes."""
    return {
        "id": data["databaseId"],
        "product_id": data["product"]["databaseId"],
        "product_name": data["product"]["name"],
        "quantity": data["quantity"],
        "successful_quantity": data["successfulQuantity"],
        "failed_quantity": data["failedQuantity"],
        "estimated_material_cost": money(data["estimatedMaterialCost"]),
        "estimated_total_cost": money(data["estimatedTotalCost"]),
    }


def material(data: Data) -> dict[str, Any]:
    """A spool that a run uses."""
    return {
        "id": data["databaseId"],
        "spool_id": data["spool"]["databaseId"],
        "spool_name": data["spoolName"],
        "estimated_weight_grams": data["estimatedWeight"],
        "actual_weight_grams": data["actualWeight"],
        "spool_weight_before_grams": data["spoolWeightBefore"],
        "spool_weight_after_grams": data["spoolWeightAfter"],
        "estimated_purge_grams": data["estimatedPurge"],
        "actual_purge_grams": data["actualPurge"],
        "cost_per_gram": exact(data["costPerGram"]),
        "settled_weight_grams": data["settledWeight"],
    }


def ending(data: Data) -> dict[str, Any]:
    """How a run ended, and what its spools gave."""
    ended = data["productionRun"]
    return {
        "id": ended["databaseId"],
        "status": ended["status"].lower(),
        "completed_at": moment(ended["completedAt"]),
        "inventory_updated": data["inventoryUpdated"],
        "spools_updated": [
            {
                "spool_id": row["spool"]["databaseId"],
                "previous_weight": row["previousWeight"],
                "new_weight": row["newWeight"],
                "deducted": row["deducted"],
            }
            for row in data["spools"]
        ],
    }
