"""Requests by method, route and status, as starlette-exporter counts them."""

from __future__ import annotations

from functools import cache
from typing import Any

from starlette.types import Receive, Scope, Send
from starlette_exporter import PrometheusMiddleware

SHOWN_AT = "/metrics"
UNKNOWN = "__unknown__"
# The client went away before there was an answer.
GONE = 499


async def _nothing(_scope: Scope, _receive: Receive, _send: Send) -> None:
    """What the exporter is put around: here it counts what others run."""


class RequestMetrics:
    """The figures of starlette-exporter under the path of the route that answered.

    The router has left that route in the scope, so that no route is looked for a second time, and
    figures with the same labels are found once.
    """

    def __init__(self, prefix: str) -> None:
        self._exporter = PrometheusMiddleware(_nothing, app_name=prefix, prefix=prefix)
        self._running = cache(self._running_of)
        self._ended = cache(self._ended_of)

    def begin(self, scope: Scope) -> None:
        """A request has come in."""
        self._running(scope["method"]).inc()

    def end(self, scope: Scope, status: int | None, seconds: float) -> None:
        """It is answered; without a status nobody was there to take the answer."""
        method = scope["method"]
        self._running(method).dec()
        path = getattr(scope.get("route"), "path", UNKNOWN)
        if path != SHOWN_AT:
            number, duration = self._ended(method, path, status or GONE)
            number.inc()
            duration.observe(seconds)

    def _running_of(self, method: str) -> Any:
        return self._exporter.requests_in_progress.labels(method, self._exporter.app_name)

    def _ended_of(self, method: str, path: str, status: int) -> tuple[Any, Any]:
        labels = (method, path, status, self._exporter.app_name)
        return (
            self._exporter.request_count.labels(*labels),
            self._exporter.request_time.labels(*labels),
        )
