"""The items and materials of production runs."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from app.accounts.models import Scope
from app.production.lines import MAX_QUANTITY
from app.weights import MAX_GRAMS
from rest_compat.dialects.batchivo import BATCHIVO, ONE
from rest_compat.routes import run_bodies, shapes
from rest_compat.scalars import Amount, RowUuid
from rest_compat.table import Rate, Route, Row, body, path_uuid
from rest_compat.values import Whole

_Route = partial(
    Route,
    dialect=BATCHIVO,
    section="Production runs",
    rate=Rate.WRITE,
    scope=Scope.INVENTORY,
    envelope=ONE,
)
_OF_RUN = path_uuid("ProductionRun", "input.productionRunId", "Id of the run.")
_ITEM_ID = path_uuid("RunItem", "input.id", "Id of the item.", "iid")
_MATERIAL_ID = path_uuid("RunMaterial", "input.id", "Id of the material.", "mid")
_GRAMS, _COUNT = Amount(MAX_GRAMS), Whole(0, MAX_QUANTITY)
_QUANTITY = body("quantity", Whole(1, MAX_QUANTITY), "quantity", "How many pieces to make.")
_RESULTS = (
    body("successful_quantity", _COUNT, "successfulQuantity", "How many came out well."),
    body("failed_quantity", _COUNT, "failedQuantity", "How many did not."),
)
NEW_ITEM = (
    body("product_id", RowUuid("Product"), "productId", "The product.", required=True),
    replace(_QUANTITY, required=True),
    *_RESULTS,
)
_ESTIMATE = body("estimated_weight_grams", _GRAMS, "estimatedWeight", "What should be used.")
_WEIGHTS = tuple(
    body(name, _GRAMS, into, description, nullable=True)
    for name, into, description in (
        ("actual_weight_grams", "actualWeight", "What was used: before less after."),
        ("spool_weight_before_grams", "spoolWeightBefore", "The spool before, on the scale."),
        ("spool_weight_after_grams", "spoolWeightAfter", "The spool after, on the scale."),
        ("estimated_purge_grams", "estimatedPurge", "How much of it should be purged."),
        ("actual_purge_grams", "actualPurge", "How much of it was purged."),
    )
)
NEW_MATERIAL = (
    body("spool_id", RowUuid("Spool"), "spoolId", "The spool.", required=True),
    replace(_ESTIMATE, required=True),
    *_WEIGHTS,
)

ROWS: tuple[Row, ...] = (
    _Route(
        method="POST",
        path="/production-runs/{id}/items",
        name="add_run_item",
        summary="Add a product to a run",
        parameters=(_OF_RUN, *NEW_ITEM),
        operation="AddRunItem",
        shape=shapes.payload("item", run_bodies.item),
        answer=run_bodies.ITEM,
        status=201,
        request_example={"product_id": run_bodies.ITEM_EXAMPLE["product_id"], "quantity": 4},
        example={"data": run_bodies.ITEM_EXAMPLE},
    ),
    _Route(
        method="PATCH",
        path="/production-runs/{id}/items/{iid}",
        name="update_run_item",
        summary="Change an item of a run",
        parameters=(_OF_RUN, _ITEM_ID, _QUANTITY, *_RESULTS),
        operation="UpdateRunItem",
        shape=shapes.payload("item", run_bodies.item),
        answer=run_bodies.ITEM,
        request_example={"successful_quantity": 3, "failed_quantity": 1},
        example={"data": run_bodies.ITEM_EXAMPLE},
    ),
    _Route(
        method="DELETE",
        path="/production-runs/{id}/items/{iid}",
        name="remove_run_item",
        summary="Remove an item of a run",
        parameters=(_OF_RUN, _ITEM_ID),
        operation="RemoveRunItem",
        shape=shapes.constant({}),
        status=204,
    ),
    _Route(
        method="POST",
        path="/production-runs/{id}/materials",
        name="add_run_material",
        summary="Add a spool to a run",
        parameters=(_OF_RUN, *NEW_MATERIAL),
        operation="AddRunMaterial",
        shape=shapes.payload("material", run_bodies.material),
        answer=run_bodies.MATERIAL,
        status=201,
        request_example={
            "spool_id": run_bodies.MATERIAL_EXAMPLE["spool_id"],
            "estimated_weight_grams": 246,
        },
        example={"data": run_bodies.MATERIAL_EXAMPLE},
    ),
    _Route(
        method="PATCH",
        path="/production-runs/{id}/materials/{mid}",
        name="update_run_material",
        summary="Change a material of a run; weighed before and after, it used the difference",
        parameters=(_OF_RUN, _MATERIAL_ID, _ESTIMATE, *_WEIGHTS),
        operation="UpdateRunMaterial",
        shape=shapes.payload("material", run_bodies.material),
        answer=run_bodies.MATERIAL,
        request_example={"spool_weight_before_grams": 962.5, "spool_weight_after_grams": 710.1},
        example={"data": run_bodies.MATERIAL_EXAMPLE},
    ),
    _Route(
        method="DELETE",
        path="/production-runs/{id}/materials/{mid}",
        name="remove_run_material",
        summary="Remove a material of a run",
        parameters=(_OF_RUN, _MATERIAL_ID),
        operation="RemoveRunMaterial",
        shape=shapes.constant({}),
        status=204,
    ),
)
