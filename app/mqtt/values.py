"""Tolerant coercion of what printers send.

Any number may arrive as an integer, a float or a numeric string, and booleans as strings (seen in
reports of real printers). Every function answers None for what it cannot read.
"""

import math

# What one text field may hold; a title from a printer ends in database columns and on screens.
MAX_TEXT = 250
_MAX_DIGITS = 40


def number(value: object) -> float | None:
    """A finite number, else None."""
    if type(value) is float:
        return value if math.isfinite(value) else None
    if type(value) is int:
        return float(value) if -(2**63) <= value < 2**64 else None
    if type(value) is str and len(value) <= _MAX_DIGITS:
        try:
            parsed = float(value)
        except ValueError:
            return None
        return parsed if math.isfinite(parsed) else None
    return None


def integer(value: object) -> int | None:
    """A whole number, cut towards zero where the printer sent a fraction, else None."""
    if type(value) is int:
        return value if -(2**63) <= value < 2**64 else None
    parsed = number(value)
    return int(parsed) if parsed is not None and abs(parsed) < 2**64 else None


def percent(value: object) -> int | None:
    """A whole number from 0 to 100; what lies outside means "not known"."""
    parsed = integer(value)
    return parsed if parsed is not None and 0 <= parsed <= 100 else None


def hex_bits(value: object) -> int | None:
    """A bit field sent as hexadecimal text without prefix, up to 128 bits."""
    if type(value) is str and 0 < len(value) <= 32:
        try:
            return int(value, 16)
        except ValueError:
            return None
    return None


def boolean(value: object) -> bool | None:
    """True or false, also as text or number."""
    if type(value) is bool:
        return value
    if type(value) is str:
        return {"true": True, "1": True, "false": False, "0": False}.get(value.lower())
    if type(value) is int:
        return bool(value)
    return None


def text(value: object) -> str:
    """Printable text without surrounding space, at most 250 characters; "" for anything else.

    Control characters go: titles have been seen with stray bytes in them, and databases refuse
    NUL.
    """
    if type(value) is not str:
        return ""
    value = value[: MAX_TEXT * 2].strip()
    if not value.isprintable():
        value = "".join(sign for sign in value if sign.isprintable()).strip()
    return value[:MAX_TEXT]


def packed(value: object) -> tuple[float, float] | None:
    """Current and target temperature in °C from one integer: target above, current in the low 16.

    Newer families report all temperatures this way (seen in reports of real printers). Values
    over 500 °C are garbage.
    """
    parsed = integer(value)
    if parsed is None or parsed < 0:
        return None
    current, target = parsed & 0xFFFF, (parsed >> 16) & 0xFFFF
    return (float(current), float(target)) if current <= 500 and target <= 500 else None


def mapping(value: object) -> dict[str, object]:
    """The object itself, or an empty one in place of anything else."""
    return value if type(value) is dict else {}


def objects(value: object) -> list[dict[str, object]]:
    """The objects of a list; whatever else is in it is left out."""
    return [item for item in value if type(item) is dict] if type(value) is list else []
