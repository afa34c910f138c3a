"""Log lines about what may happen thousands of times: one per kind and interval, with a count."""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import Any

import structlog

INTERVAL_SECONDS = 30.0
_KINDS = 200

log = structlog.get_logger("app.mqtt")


class QuietLog:
    """Says the first of a kind at once, then at most one line per interval and kind."""

    def __init__(self, interval: float = INTERVAL_SECONDS) -> None:
        self._interval = interval
        self._said: OrderedDict[tuple[str, object], tuple[float, int]] = OrderedDict()

    def warn(self, event: str, about: object = None, **details: Any) -> None:
        """Warn, unless the same was said about the same a short while ago."""
        name, now = (event, about), time.monotonic()
        last, unsaid = self._said.get(name, (None, 0))
        if last is not None and now - last < self._interval:
            self._said[name] = (last, unsaid + 1)
            return
        if about is not None:
            details["about"] = about
        if unsaid:
            details["times"] = unsaid + 1
        log.warning(event, **details)
        self._said[name] = (now, 0)
        self._said.move_to_end(name)
        if len(self._said) > _KINDS:
            self._said.popitem(last=False)
