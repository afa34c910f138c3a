"""Products as Batchivo bodies, and what these look like."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_compat.bodies import INTEGER, NUMBER, STRING, TIME, UUID, many, maybe, record
from rest_compat.groups import in_units
from rest_compat.routes.shapes import moment, money

Data = Mapping[str, Any]
MINUTE = 60

_BOOLEAN = {"type": "boolean"}
MATERIAL = record(
    "ProductMaterial",
    "Filament that one piece needs: grams of a material, of any colour or of one.",
    {
        "id": UUID,
        "material_type": STRING,
        "color": maybe(STRING),
        "weight_grams": NUMBER,
        "is_required": _BOOLEAN,
        "notes": maybe(STRING),
        "cost": NUMBER,
    },
)
COMPONENT = record(
    "ProductComponent",
    "So many pieces of another product that one piece is made of.",
    {
        "id": UUID,
        "component_product_id": UUID,
        "component_name": STRING,
        "quantity": INTEGER,
        "notes": maybe(STRING),
        "cost": NUMBER,
    },
)
_FIELDS = {
    "id": UUID,
    "name": STRING,
    "description": maybe(STRING),
    "sku": maybe(STRING),
    "category": maybe(STRING),
    "estimated_print_time_minutes": maybe(NUMBER),
    "notes": maybe(STRING),
    "archive_id": maybe(INTEGER),
    "pieces_per_plate": INTEGER,
    "material_cost": NUMBER,
    "component_cost": NUMBER,
    "total_cost": NUMBER,
    "warnings": many(STRING),
    "created_at": TIME,
    "updated_at": TIME,
}
ENTRY = record("ProductEntry", "A product in a list, with what one piece costs.", _FIELDS)
PRODUCT = record(
    "Product",
    "A product with its bill of material.",
    {**_FIELDS, "materials": many(MATERIAL), "components": many(COMPONENT)},
)
RECALCULATION = record(
    "ProductCost",
    "What one piece costs by the spools as they are now.",
    {
        "id": UUID,
        "material_cost": NUMBER,
        "component_cost": NUMBER,
        "total_cost": NUMBER,
        "cost_breakdown": record(
            "ProductCostBreakdown",
            "The cost of every line.",
            {
                "materials": many(
                    record(
                        "ProductMaterialCost",
                        "The cost of a line of filament.",
                        {
                            "material": STRING,
                            "color": maybe(STRING),
                            "weight": NUMBER,
                            "cost": NUMBER,
                        },
                    )
                ),
                "components": many(
                    record(
                        "ProductComponentCost",
                        "The cost of a component.",
                        {"component": STRING, "quantity": INTEGER, "cost": NUMBER},
                    )
                ),
            },
        ),
        "warnings": many(STRING),
    },
)

COMPONENT_EXAMPLE = {
    "id": "7c1c8a3e-9a2f-4d0b-8f63-0d2f4a6f9b11",
    "component_product_id": "0b8f7d52-2f0e-4c53-9f1e-4f1b6f7c2a90",
    "component_name": "Lamp shade",
    "quantity": 2,
    "notes": None,
    "cost": 2.46,
}
MATERIAL_EXAMPLE = {
    "id": "5a2d9f64-6d6f-4b1c-a0f7-3a7f0c9f1e22",
    "material_type": "PLA",
    "color": "Galaxy Black",
    "weight_grams": 61.5,
    "is_required": True,
    "notes": None,
    "cost": 1.54,
}
ENTRY_EXAMPLE = {
    "id": "9d3b5c1e-7f1a-4a0e-9b61-1c8f2f6d3a44",
    "name": "Desk lamp",
    "description": "Warm light for a desk",
    "sku": "LAMP-1",
    "category": "Light",
    "estimated_print_time_minutes": 210,
    "notes": None,
    "archive_id": 123,
    "pieces_per_plate": 2,
    "material_cost": 1.54,
    "component_cost": 2.46,
    "total_cost": 4.0,
    "warnings": [],
    "created_at": "2024-01-15T14:30:00Z",
    "updated_at": "2024-01-16T09:00:00Z",
}
RECALCULATION_EXAMPLE = {
    **{name: ENTRY_EXAMPLE[name] for name in ("id", "material_cost", "component_cost")},
    "total_cost": ENTRY_EXAMPLE["total_cost"],
    "cost_breakdown": {
        "materials": [{"material": "PLA", "color": "Galaxy Black", "weight": 61.5, "cost": 1.54}],
        "components": [{"component": "Lamp shade", "quantity": 2, "cost": 2.46}],
    },
    "warnings": [],
}
EXAMPLE = {**ENTRY_EXAMPLE, "materials": [MATERIAL_EXAMPLE], "components": [COMPONENT_EXAMPLE]}


def entry(data: Data) -> dict[str, Any]:
    """A product in a list."""
    return {
        "id": data["databaseId"],
        "name": data["name"],
        "description": data["description"],
        "sku": data["sku"],
        "category": data["category"],
        "estimated_print_time_minutes": in_units(data["estimatedPrintTime"], MINUTE, 2),
        "notes": data["notes"],
        "archive_id": data["archive"] and data["archive"]["databaseId"],
        "pieces_per_plate": data["piecesPerPlate"],
        "material_cost": money(data["materialCost"]),
        "component_cost": money(data["componentCost"]),
        "total_cost": money(data["totalCost"]),
        "warnings": data["warnings"],
        "created_at": moment(data["createdAt"]),
        "updated_at": moment(data["updatedAt"]),
    }


def product(data: Data) -> dict[str, Any]:
    """A product with its lines."""
    return {
        **entry(data),
        "materials": [material(row) for row in data["materials"]],
        "components": [component(row) for row in data["components"]],
    }


def material(data: Data) -> dict[str, Any]:
    """A line of filament."""
    return {
        "id": data["databaseId"],
        "material_type": data["material"],
        "color": data["color"],
        "weight_grams": data["weight"],
        "is_required": data["isRequired"],
        "notes": data["notes"],
        "cost": money(data["cost"]),
    }


def component(data: Data) -> dict[str, Any]:
    """A line that is another product."""
    return {
        "id": data["databaseId"],
        "component_product_id": data["component"]["databaseId"],
        "component_name": data["component"]["name"],
        "quantity": data["quantity"],
        "notes": data["notes"],
        "cost": money(data["cost"]),
    }


def recalculation(data: Data) -> dict[str, Any]:
    """The costs of a product, line by line."""
    return {
        "id": data["databaseId"],
        "material_cost": money(data["materialCost"]),
        "component_cost": money(data["componentCost"]),
        "total_cost": money(data["totalCost"]),
        "cost_breakdown": {
            "materials": [
                {
                    "material": row["material"],
                    "color": row["color"],
                    "weight": row["weight"],
                    "cost": money(row["cost"]),
                }
                for row in data["materials"]
            ],
            "components": [
                {
                    "component": row["component"]["name"],
                    "quantity": row["quantity"],
                    "cost": money(row["cost"]),
                }
                for row in data["components"]
            ],
        },
        "warnings": data["warnings"],
    }
