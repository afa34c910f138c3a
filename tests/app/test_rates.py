"""Rates as settings write them."""

from __future__ import annotations

import pytest

from app.rates import Rate, rates


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("100/minute", (Rate(100, 60),)),
        ("10/15 minute", (Rate(10, 900),)),
        ("5 per 2 hours", (Rate(5, 7_200),)),
        ("1000/hour; 100/minute", (Rate(100, 60), Rate(1_000, 3_600))),
    ],
)
def test_a_rate_is_an_amount_in_a_time(text: str, found: tuple[Rate, ...]) -> None:
    """The unit may be counted, and the shortest time comes first."""
    assert rates(text) == found


@pytest.mark.parametrize("text", ["", "100", "minute", "1/fortnight", "1/minute;", "-1/hour"])
def test_anything_else_is_none(text: str) -> None:
    """A part that is no rate spoils the whole."""
    with pytest.raises(ValueError, match="is not a rate"):
        rates(text)
