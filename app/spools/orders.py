"""What spools can be sorted by, each way."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Text, func, type_coerce

from app.keyset import Key, Order, nullable, nulls_last
from app.spools.models import Spool

# A price has six places more than a whole, a weight three: millionths per gram.
_COST_PER_GRAM = (
    type_coerce(Spool.purchase_price, BigInteger)
    * 1000
    // type_coerce(Spool.net_weight, BigInteger)
)

# Long texts are compared by how they begin, so that cursors stay short.
_NOTES_LENGTH = 100
_NOTES = func.substr(Spool.notes, 1, _NOTES_LENGTH, type_=Text)


def _notes(spool: Spool) -> str | None:
    return None if spool.notes is None else spool.notes[:_NOTES_LENGTH]


def _cost_per_gram(spool: Spool) -> int | None:
    if spool.purchase_price is None:
        return None
    return int(spool.purchase_price.scaleb(6)) * 1000 // int(spool.net_weight.scaleb(3))


def _keys(name: str, *, descending: bool) -> tuple[Key, ...]:
    if name == "cost_per_gram":
        return nullable(_COST_PER_GRAM, _cost_per_gram, 0, descending=descending)
    if name == "notes":
        return nullable(_NOTES, _notes, "", descending=descending)
    column = getattr(Spool, name)
    if name in _FILLERS:
        return nulls_last(column, _FILLERS[name], descending=descending)
    return (column,)


# Columns that may be null, with a value of their type.
_FILLERS: dict[str, Any] = {
    "brand": "",
    "color_hex": "",
    "finish": "",
    "spool_weight": Decimal(0),
    "purchase_price": Decimal(0),
    "supplier": "",
    "purchase_date": date.min,
}
_NAMES = (
    "created_at",
    "updated_at",
    "material",
    "brand",
    "color",
    "color_hex",
    "finish",
    "diameter",
    "net_weight",
    "remaining_weight",
    "spool_weight",
    "purchase_price",
    "cost_per_gram",
    "supplier",
    "purchase_date",
    "notes",
)
ORDERS: dict[tuple[str, bool], Order] = {
    (name, descending): Order(
        f"spools.{name}.{descending}",
        (*_keys(name, descending=descending), Spool.id),
        descending,
    )
    for name in _NAMES
    for descending in (False, True)
} | {
    ("id", descending): Order(f"spools.id.{descending}", (Spool.id,), descending)
    for descending in (False, True)
}
