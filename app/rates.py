"""Rates as settings and tables write them: `100/minute`, `10/15 minute`, `5/second;100/hour`."""

from __future__ import annotations

import re

from app.records import record

_SECONDS = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}
_RATE = re.compile(rf"\s*(\d+)\s*(?:/|per)\s*(\d*)\s*({'|'.join(_SECONDS)})s?\s*", re.IGNORECASE)


@record
class Rate:
    """`amount` times within `seconds`."""

    amount: int
    seconds: int


def rates(text: str) -> tuple[Rate, ...]:
    """All rates of a text, that of the shortest time first. Raises `ValueError`."""
    return tuple(sorted(map(_rate, text.split(";")), key=lambda rate: rate.seconds))


def _rate(text: str) -> Rate:
    found = _RATE.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not a rate")
    amount, times, unit = found.groups()
    return Rate(int(amount), int(times or 1) * _SECONDS[unit.lower()])
