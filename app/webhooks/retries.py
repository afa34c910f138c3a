"""When a message is tried again, and when an endpoint is given up."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta

# An endpoint that took nothing for so long is told nothing any more.
GIVE_UP = timedelta(hours=24)
# Messages that may wait for one endpoint; a slower one is given up too.
MAX_WAITING = 50_000
# Seconds after the first, second, … failed attempt; the last one goes on.
_DELAYS = (15, 60, 300, 900, 1800, 3600, 7200, 14_400)
# Endpoints that failed together do not come back together.
JITTER = 0.3

Dice = Callable[[], float]


def next_attempt(
    failed: int,
    now: datetime,
    failing_since: datetime,
    dice: Dice = random.random,
) -> datetime | None:
    """When to try again after `failed` attempts of a message; None to give the endpoint up.

    The first retry comes within 30 s, the last one when 24 hours are over.
    """
    last = failing_since + GIVE_UP
    if now >= last:
        return None
    delay = _DELAYS[min(max(failed, 1), len(_DELAYS)) - 1]
    spread = 1 - JITTER + 2 * JITTER * dice()
    return min(now + timedelta(seconds=delay * spread), last)
