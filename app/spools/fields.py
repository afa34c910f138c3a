"""What a spool may hold: how each given field is checked and normalised."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from functools import partial
from typing import Any

from app import texts, weights
from app.errors import FieldError, Invalid

MATERIALS = ("PLA", "PETG", "ABS", "TPU", "ASA", "Nylon", "PC", "HIPS", "PVA", "Custom")
DIAMETERS = (Decimal("1.75"), Decimal("2.85"))
MAX_PRICE = Decimal(1_000_000_000)
_TRAY_UUID = re.compile(r"[0-9A-Fa-f]{32}")


def checked(given: Mapping[str, Any]) -> dict[str, Any]:
    """The given fields as they are stored. Raises `Invalid` naming every field that is refused."""
    found: dict[str, Any] = {}
    errors: list[FieldError] = []
    for name, value in given.items():
        try:
            found[name] = CHECKS[name](value)
        except Invalid as error:
            errors += error.errors
    if errors:
        message = " ".join(error.message for error in errors)
        raise Invalid(message, field=errors[0].path[0], errors=tuple(errors))
    return found


def material(value: str, field: str = "material") -> str:
    """A material as it is spelled here, given in any case. Raises `Invalid` for an unknown one."""
    for known in MATERIALS:
        if known.casefold() == value.strip().casefold():
            return known
    raise Invalid(f"A material is one of {', '.join(MATERIALS)}.", field=field)


def _diameter(value: Decimal) -> Decimal:
    if value not in DIAMETERS:
        raise Invalid("A diameter is 1.75 or 2.85.", field="diameter")
    return value


def _price(value: Decimal | None) -> Decimal | None:
    if value is None:
        return None
    if not value.is_finite() or not 0 <= value <= MAX_PRICE:
        raise Invalid(f"A price lies between 0 and {MAX_PRICE}.", field="purchase_price")
    return value.quantize(Decimal("0.000001"), rounding=ROUND_HALF_EVEN)


def _tray_uuid(value: str | None) -> str | None:
    if value is None or not value.strip():
        return None
    if not _TRAY_UUID.fullmatch(value.strip()):
        raise Invalid("A tag's identity has 32 hexadecimal digits.", field="tray_uuid")
    return value.strip().upper()


def _date(value: date | None) -> date | None:
    return value


# One row per field that can be set: how a given value is checked and normalised.
CHECKS: dict[str, Callable[[Any], Any]] = {
    "material": material,
    "color": partial(texts.required, field="color", limit=100),
    "color_hex": partial(texts.color, field="color_hex"),
    "brand": partial(texts.optional, field="brand", limit=200),
    "finish": partial(texts.optional, field="finish", limit=100),
    "supplier": partial(texts.optional, field="supplier", limit=200),
    "notes": partial(texts.optional, field="notes", limit=20_000),
    "diameter": _diameter,
    "net_weight": partial(weights.required, field="net_weight", positive=True),
    "remaining_weight": partial(weights.required, field="remaining_weight"),
    "spool_weight": partial(weights.optional, field="spool_weight"),
    "purchase_price": _price,
    "purchase_date": _date,
    "tray_uuid": _tray_uuid,
}
