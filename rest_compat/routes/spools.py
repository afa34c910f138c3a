"""Spools: the inventory."""

from __future__ import annotations

from functools import partial

from app.accounts.models import Scope
from rest_compat.dialects.batchivo import BATCHIVO, ONE, PAGE, PAGING, sorting
from rest_compat.routes import shapes, spool_bodies
from rest_compat.scalars import Flag
from rest_compat.table import Rate, Route, Row, path_uuid, query
from rest_compat.values import Text

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
    _Route(
        method="GET",
        path="/spools/{id}",
        name="get_spool",
        summary="Get a spool",
        rate=Rate.READ,
        scope=Scope.READ,
        parameters=(path_uuid("Spool", what="Id of the spool."),),
        operation="GetSpool",
        shape=spool_bodies.spool,
        envelope=ONE,
        answer=spool_bodies.SPOOL,
        example={"data": spool_bodies.EXAMPLE},
    ),
)
