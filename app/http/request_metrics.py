"""Requests by method, route and status, as starlette-exporter counts them."""

from __future__ import annotations

import time
from functools import cache
from typing import Any

from starlette.types import Message, Receive, Scope, Send
from starlette_exporter import PrometheusMiddleware

SHOWN_AT = "/metrics"
UNKNOWN = "__unknown__"
# The client went away before there was an answer.
GONE = 499


class RequestMetrics(PrometheusMiddleware):
    """The figures of starlette-exporter under the path of the route that answered.

    The router has left that route in the scope, so that no route is looked for a second time, and
    figures with the same labels are found once.
    """

    def __init__(self, app: Any, *, prefix: str) -> None:
        super().__init__(app, app_name=prefix, prefix=prefix)
        self._running = cache(self._running_of)
        self._ended = cache(self._ended_of)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count one request and its time."""
        if scope["type"] != "http" or scope["path"] == SHOWN_AT:
            await self.app(scope, receive, send)
            return
        method: str = scope["method"]
        status = GONE
        began = time.perf_counter()

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        running = self._running(method)
        running.inc()
        try:
            await self.app(scope, receive, noting)
        except Exception:
            status = 500
            raise
        finally:
            running.dec()
            path = getattr(scope.get("route"), "path", UNKNOWN)
            number, seconds = self._ended(method, path, status)
            number.inc()
            seconds.observe(time.perf_counter() - began)

    def _running_of(self, method: str) -> Any:
        return self.requests_in_progress.labels(method, self.app_name)

    def _ended_of(self, method: str, path: str, status: int) -> tuple[Any, Any]:
        labels = (method, path, status, self.app_name)
        return self.request_count.labels(*labels), self.request_time.labels(*labels)
