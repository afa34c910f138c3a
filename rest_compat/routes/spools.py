"""Spools: the inventory."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from app.accounts.models import Scope
from app.spools.fields import DIAMETERS, MATERIALS, MAX_PRICE
from app.weights import MAX_GRAMS
from rest_compat.dialects.batchivo import BATCHIVO, ONE, PAGE, PAGING, page_of, sorting
from rest_compat.routes import shapes, spool_bodies
from rest_compat.scalars import Amount, Flag, OneOf
from rest_compat.table import Rate, Route, Row, Stream, body, form, path_uuid, query
from rest_compat.values import Day, Text, Upload

_Route = partial(Route, dialect=BATCHIVO, section="Spools")
_FILTERS = (
    query("material_type", Text(64), "filter.material", "Of this material, in any case."),
    query("brand", Text(200), "filter.brand", "Of this brand, in any case."),
    query("color", Text(100), "filter.color", "Of this colour, in any case."),
    query("in_stock", Flag(), "filter.inStock", "With anything left, or without."),
    query("low_stock", Flag(), "filter.lowStock", "Below a fifth of the net weight, or not."),
)
_SORTING = sorting(
    (
        "created_at",
        "updated_at",
        "brand",
        "color",
        "color_hex",
        "finish",
        "purchase_price",
        "cost_per_gram",
        "supplier",
        "purchase_date",
        "notes",
        "id",
    ),
    {
        "material_type": "MATERIAL",
        "diameter_mm": "DIAMETER",
        "net_weight_grams": "NET_WEIGHT",
        "remaining_weight_grams": "REMAINING_WEIGHT",
        "spool_weight_grams": "SPOOL_WEIGHT",
    },
)
_ID = path_uuid("Spool", what="Id of the spool.")
_INPUT_ID = path_uuid("Spool", into="input.id", what="Id of the spool.")
_GRAMS, _GRAMS_ABOVE = Amount(MAX_GRAMS), Amount(MAX_GRAMS, above=True)
_MATERIAL = body("material_type", Text(64), "material", f"{', '.join(MATERIALS)}, in any case.")
_COLOR = body("color", Text(100), "color", "Name of the colour.")
_DIAMETER = body("diameter_mm", OneOf(DIAMETERS), "diameter", "Diameter in millimetres.")
_NET = body("net_weight_grams", _GRAMS_ABOVE, "netWeight", "Filament on the full spool.")
_REMAINING = body("remaining_weight_grams", _GRAMS, "remainingWeight", "What is left.")
_DETAILS = (
    body("brand", Text(200, empty=True), "brand", "Brand.", nullable=True),
    body("color_hex", Text(7, empty=True), "colorHex", "Colour, `#rrggbb`.", nullable=True),
    body("finish", Text(100, empty=True), "finish", "Finish.", nullable=True),
    body("spool_weight_grams", _GRAMS, "spoolWeight", "The empty spool.", nullable=True),
    body("purchase_price", Amount(MAX_PRICE), "purchasePrice", "What it cost.", nullable=True),
    body("supplier", Text(200, empty=True), "supplier", "Where it was bought.", nullable=True),
    body("purchase_date", Day(), "purchaseDate", "When it was bought.", nullable=True),
    body("notes", Text(20_000, empty=True), "notes", "Notes.", nullable=True),
    body("tray_uuid", Text(32, empty=True), "trayUuid", "Identity on the tag.", nullable=True),
)
_REQUEST = {
    "material_type": "PLA",
    "brand": "Polymaker",
    "color": "Galaxy Black",
    "color_hex": "#1a1a2e",
    "diameter_mm": 1.75,
    "net_weight_grams": 1000,
    "purchase_price": 24.99,
    "supplier": "Filament Shop",
    "purchase_date": "2024-01-10",
}

ROWS: tuple[Row, ...] = (
    _Route(
        method="GET",
        path="/spools",
        name="list_spools",
        summary="List spools, newest first",
        rate=Rate.READ,
        scope=Scope.READ,
        parameters=(*_FILTERS, *_SORTING, *PAGING),
        operation="ListSpools",
        shape=shapes.nodes(spool_bodies.spool),
        envelope=PAGE,
        answer=spool_bodies.SPOOL,
        example={
            "data": [spool_bodies.EXAMPLE],
            "meta": {"total": 100, "page": 1, "per_page": 20},
        },
    ),
    Stream(
        method="GET",
        path="/spools/export",
        name="export_spools",
        section="Spools",
        summary="Export spools as CSV or XLSX",
        dialect=BATCHIVO,
        rate=Rate.READ,
        scope=Scope.READ,
        parameters=(*_FILTERS, *_SORTING),
        operation="ExportSpools",
        every="spools",
        columns=spool_bodies.COLUMNS,
        lines=spool_bodies.lines,
        filename="spools",
    ),
    _Route(
        method="POST",
        path="/spools/import",
        name="import_spools",
        summary="Add all spools of a CSV table, or none of them",
        description="A dry run answers 200 with every bad line and its column. Without it a table "
        "with a bad line is 422, and nothing is added. Needs the scope `inventory`.",
        rate=Rate.WRITE,
        scope=Scope.INVENTORY,
        parameters=(
            form("file", Upload(alone="text/csv"), "file", "The table, CSV.", required=True),
            form("dry_run", Flag(), "dryRun", "Only tell what would be refused."),
            query("dry_run", Flag(), "input.dryRun", "Only tell what would be refused."),
        ),
        operation="ImportSpools",
        shape=spool_bodies.imported,
        envelope=ONE,
        answer=spool_bodies.IMPORTED,
        status=201,
        status_of=lambda data: 200 if data["dryRun"] else 201,
        example={
            "data": {
                "dry_run": True,
                "rows": 2,
                "imported": 0,
                "ignored_columns": [],
                "errors": [
                    {"line": 3, "field": "net_weight_grams", "message": "This is not a number."}
                ],
            }
        },
    ),
    _Route(
        method="GET",
        path="/spools/{id}",
        name="get_spool",
        summary="Get a spool",
        rate=Rate.READ,
        scope=Scope.READ,
        parameters=(_ID,),
        operation="GetSpool",
        shape=spool_bodies.spool,
        envelope=ONE,
        answer=spool_bodies.SPOOL,
        example={"data": spool_bodies.EXAMPLE},
    ),
    _Route(
        method="POST",
        path="/spools",
        name="create_spool",
        summary="Add a spool; what it holds is its first transaction",
        rate=Rate.WRITE,
        scope=Scope.INVENTORY,
        parameters=(
            *(replace(item, required=True) for item in (_MATERIAL, _COLOR, _DIAMETER, _NET)),
            replace(_REMAINING, description="What is left; all of it without it.", nullable=True),
            *_DETAILS,
        ),
        operation="CreateSpool",
        shape=shapes.payload("spool", spool_bodies.spool),
        envelope=ONE,
        answer=spool_bodies.SPOOL,
        status=201,
        request_example=_REQUEST,
        example={"data": spool_bodies.EXAMPLE},
    ),
    _Route(
        method="PATCH",
        path="/spools/{id}",
        name="update_spool",
        summary="Change a spool; another weight is recorded as an adjustment",
        rate=Rate.WRITE,
        scope=Scope.INVENTORY,
        parameters=(
            _INPUT_ID,
            *(_MATERIAL, _COLOR, _DIAMETER, _NET, _REMAINING),
            *_DETAILS,
            body("reason", Text(500, empty=True), "reason", "Why it weighs so.", nullable=True),
        ),
        operation="UpdateSpool",
        shape=shapes.payload("spool", spool_bodies.spool),
        envelope=ONE,
        answer=spool_bodies.SPOOL,
        request_example={"remaining_weight_grams": 742.5, "notes": "Opened"},
        example={"data": spool_bodies.EXAMPLE},
    ),
    _Route(
        method="DELETE",
        path="/spools/{id}",
        name="delete_spool",
        summary="Delete a spool that nothing was printed from",
        rate=Rate.WRITE,
        scope=Scope.INVENTORY,
        parameters=(_INPUT_ID,),
        operation="DeleteSpool",
        shape=shapes.constant({}),
        status=204,
    ),
    _Route(
        method="POST",
        path="/spools/{id}/deduct",
        name="deduct_spool",
        summary="Take filament off a spool",
        rate=Rate.WRITE,
        scope=Scope.INVENTORY,
        parameters=(
            _INPUT_ID,
            body("weight_grams", _GRAMS_ABOVE, "weightGrams", "How much.", required=True),
            body("reason", Text(500, empty=True), "reason", "What for.", nullable=True),
        ),
        operation="DeductSpool",
        shape=spool_bodies.deduction,
        envelope=ONE,
        answer=spool_bodies.DEDUCTION,
        request_example={"weight_grams": 45.2, "reason": "Benchy"},
        example={
            "data": {
                "id": spool_bodies.EXAMPLE["id"],
                "remaining_weight_grams": 697.3,
                "deducted": 45.2,
            }
        },
    ),
    _Route(
        method="GET",
        path="/spools/{id}/transactions",
        name="list_spool_transactions",
        summary="Every change of the spool's weight, newest first",
        rate=Rate.READ,
        scope=Scope.READ,
        parameters=(_ID, *PAGING),
        operation="ListSpoolTransactions",
        shape=spool_bodies.transactions,
        envelope=page_of("transactions"),
        answer=spool_bodies.TRANSACTION,
        example={
            "data": [spool_bodies.TRANSACTION_EXAMPLE],
            "meta": {"total": 1, "page": 1, "per_page": 20},
        },
    ),
)
