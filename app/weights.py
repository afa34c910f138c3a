"""Checks of the weights people give: grams to three places, refused by the name of the field."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

from app.errors import Invalid

MAX_GRAMS = Decimal(1_000_000)
_UNIT = Decimal("0.001")


def required(value: Decimal, field: str, *, positive: bool = False) -> Decimal:
    """A weight from 0 (or above it) to the most that can be."""
    if not value.is_finite() or not 0 <= value <= MAX_GRAMS:
        raise Invalid(f"A weight lies between 0 and {MAX_GRAMS} g.", field=field)
    rounded = value.quantize(_UNIT, rounding=ROUND_HALF_EVEN)
    if positive and rounded == 0:
        raise Invalid("This weight must be above 0.", field=field)
    return rounded


def optional(value: Decimal | None, field: str) -> Decimal | None:
    """A weight that may be missing."""
    return None if value is None else required(value, field)
