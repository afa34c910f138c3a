"""Products and production runs as tables: what their lists show, and what runs cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from app.accounts.models import Scope
from rest_compat.dialects.batchivo import BATCHIVO, PAGING
from rest_compat.routes import product_bodies, production_runs, products, run_bodies
from rest_compat.routes.shapes import money
from rest_compat.table import Parameter, Rate, Row, Stream

Data = Mapping[str, Any]
_Table = partial(Stream, method="GET", dialect=BATCHIVO, rate=Rate.READ, scope=Scope.READ)
_COSTS = {
    "material_cost": "materialCost",
    "component_cost": "componentCost",
    "total_cost": "totalCost",
    "cost_per_piece": "costPerPiece",
}
PRODUCT_COLUMNS = tuple(product_bodies.ENTRY_EXAMPLE)
RUN_COLUMNS = (*run_bodies.ENTRY_EXAMPLE, "items", "successful_quantity", *_COSTS)


def _asked(rows: Sequence[Row], name: str) -> tuple[Parameter, ...]:
    """The filters and orders of a list."""
    (row,) = (row for row in rows if row.name == name)
    return tuple(parameter for parameter in row.parameters if parameter not in PAGING)


def _products(data: Data) -> Iterator[list[Any]]:
    for node in data["nodes"]:
        line = product_bodies.entry(node)
        line["warnings"] = " ".join(line["warnings"])
        yield [line[name] for name in PRODUCT_COLUMNS]


def _runs(data: Data) -> Iterator[list[Any]]:
    for node in data["nodes"]:
        line = run_bodies.entry(node)
        items = node["items"]
        line["items"] = ", ".join(
            f"{item['quantity']} x {item['product']['name']}" for item in items
        )
        line["successful_quantity"] = sum(item["successfulQuantity"] or 0 for item in items)
        line |= {name: money(node["cost"][field]) for name, field in _COSTS.items()}
        yield [line[name] for name in RUN_COLUMNS]


ROWS: tuple[Row, ...] = (
    _Table(
        path="/products/export",
        name="export_products",
        section="Products",
        summary="Export products with what a piece costs, as CSV or XLSX",
        parameters=_asked(products.ROWS, "list_products"),
        operation="ExportProducts",
        every="products",
        columns=PRODUCT_COLUMNS,
        lines=_products,
        filename="products",
    ),
    _Table(
        path="/production-runs/export",
        name="export_production_runs",
        section="Production runs",
        summary="Export production runs with their costs, as CSV or XLSX",
        parameters=_asked(production_runs.ROWS, "list_production_runs"),
        operation="ExportProductionRuns",
        every="productionRuns",
        columns=RUN_COLUMNS,
        lines=_runs,
        filename="production-runs",
    ),
)
