"""What production runs can be sorted by, each way."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Text, func

from app.keyset import Key, Order, nullable, nulls_last
from app.production.models import ProductionRun

# Long texts are compared by how they begin, so that cursors stay short.
_BEGINNING = 100
_TEXTS = ("quality_notes", "notes")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Columns that may be null, with a value of their type.
_FILLERS: dict[str, Any] = {
    "printer_name": "",
    "started_at": _EPOCH,
    "completed_at": _EPOCH,
    "estimated_print_time": 0,
    "actual_print_time": 0,
    "estimated_total_filament": Decimal(0),
    "actual_total_filament": Decimal(0),
    "quality_rating": 0,
}
_NAMES = ("created_at", "updated_at", "run_number", "status", *_FILLERS, *_TEXTS)


def _keys(name: str, *, descending: bool) -> tuple[Key, ...]:
    column = getattr(ProductionRun, name)
    if name in _TEXTS:
        beginning = func.substr(column, 1, _BEGINNING, type_=Text)
        return nullable(beginning, _beginning_of(name), "", descending=descending)
    if name in _FILLERS:
        return nulls_last(column, _FILLERS[name], descending=descending)
    return (column,)


def _beginning_of(name: str) -> Any:
    def of(row: ProductionRun) -> str | None:
        text: str | None = getattr(row, name)
        return None if text is None else text[:_BEGINNING]

    return of


ORDERS: dict[tuple[str, bool], Order] = {
    (name, descending): Order(
        f"production_runs.{name}.{descending}",
        (*_keys(name, descending=descending), ProductionRun.id),
        descending,
    )
    for name in _NAMES
    for descending in (False, True)
} | {
    ("id", descending): Order(f"production_runs.id.{descending}", (ProductionRun.id,), descending)
    for descending in (False, True)
}
NEWEST_FIRST = ORDERS["created_at", True]
