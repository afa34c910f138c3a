"""Requests by method, route and status, named as starlette-exporter names them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.types import Scope

from app.tallies import Count, Counts, Durations, Histogram

PREFIX = "spoolgraph"
SHOWN_AT = "/metrics"
UNKNOWN = "__unknown__"
# The client went away before there was an answer.
GONE = 499

_LABELS = ("method", "path", "status_code", "app_name")
_answered = Counts(f"{PREFIX}_requests", "Total HTTP requests", _LABELS)
_durations = Histogram(
    f"{PREFIX}_request_duration_seconds", "HTTP request duration, in seconds", _LABELS
)


class _Running(Collector):
    """Requests that are being answered, by method."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        REGISTRY.register(self)

    def collect(self) -> Iterable[Metric]:
        """As Prometheus reads it."""
        family = GaugeMetricFamily(
            f"{PREFIX}_requests_in_progress",
            "Total HTTP requests currently in progress",
            labels=("method", "app_name"),
        )
        for method, number in list(self.numbers.items()):
            family.add_metric((method, PREFIX), number)
        yield family


_running = _Running()


def begin(method: str) -> None:
    """A request has come in."""
    _running.numbers[method] = _running.numbers.get(method, 0) + 1


def end(scope: Scope, status: int | None, seconds: float) -> None:
    """It is answered; without a status nobody was there to take the answer.

    The router has left the route that answered in the scope, so that none is looked for again.
    """
    method = scope["method"]
    _running.numbers[method] -= 1
    path = getattr(scope.get("route"), "path", UNKNOWN)
    if path != SHOWN_AT:
        number, durations = _figures(method, path, status or GONE)
        number.add()
        durations.add(seconds)


@cache
def _figures(method: str, path: str, status: int) -> tuple[Count, Durations]:
    labels = (method, path, str(status), PREFIX)
    return _answered.of(*labels), _durations.of(*labels)
