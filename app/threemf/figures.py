"""Numbers and texts as slicers write them, bounded; what makes no sense is not known."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

MAX_TEXT = 200
MAX_SECONDS = 366 * 24 * 3600
MAX_AMOUNT = Decimal(1_000_000)
_COLOR = re.compile(r"#?([0-9A-Fa-f]{6})(?:[0-9A-Fa-f]{2})?")
_DURATION = re.compile(r"(\d{1,9})\s*([dhms])")
_UNITS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_UNSEEN = re.compile(r"[\x00-\x1f\x7f]+")


def clean(value: str | None, limit: int = MAX_TEXT) -> str | None:
    """A text of one line without characters that cannot be seen; None when nothing is left."""
    if value is None:
        return None
    # Lone surrogates cannot be written to any database.
    seen = _UNSEEN.sub(" ", value).encode("utf-8", "ignore").decode()
    return seen.strip()[:limit].strip() or None


def whole(value: str | None, limit: int) -> int | None:
    """A whole number from 0 to a limit; decimals are cut off."""
    amount = decimal(value)
    return int(amount) if amount is not None and amount <= limit else None


def decimal(value: str | None) -> Decimal | None:
    """An exact amount from 0 to a million, to six places."""
    try:
        amount = Decimal((value or "").strip()[:40])
    except InvalidOperation:
        return None
    if not amount.is_finite() or not 0 <= amount <= MAX_AMOUNT:
        return None
    return round(amount, 6) + 0  # -0 becomes 0


def decimals(value: str | None, limit: int = 64) -> list[Decimal | None]:
    """Amounts behind one another, `1.5,2`."""
    return [decimal(item) for item in (value or "").split(",")[:limit]]


def color(value: str | None) -> str | None:
    """`#RRGGBB` in capitals; how transparent it is does not matter."""
    found = _COLOR.fullmatch((value or "").strip())
    return None if found is None else f"#{found.group(1).upper()}"


def duration(value: str | None) -> int | None:
    """Seconds of `1d 2h 3m 4s`."""
    parts = _DURATION.findall((value or "")[:100])
    seconds = sum(int(number) * _UNITS[unit] for number, unit in parts)
    return seconds if parts and seconds <= MAX_SECONDS else None
