"""Hosts that serve one dialect at `/v1`: a legacy client changes its DNS name and nothing else."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

BASE = "/v1"


class DialectHosts:
    """For requests to a known host (the port does not matter) `/v1` is the prefix of its dialect.

    `scope["asked_path"]` keeps the path the client used, for the links of an answer.
    """

    def __init__(self, app: ASGIApp, prefixes: Mapping[str, str]) -> None:
        self._app = app
        self._prefixes = prefixes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._prefixes and scope["type"] == "http":
            path = scope["path"]
            prefix = self._prefixes.get(_host(Headers(scope=scope).get("host", "")))
            if prefix is not None and (path == BASE or path.startswith(f"{BASE}/")):
                moved = prefix + path.removeprefix(BASE)
                scope.update(path=moved, raw_path=moved.encode(), asked_path=path)
        await self._app(scope, receive, send)


def _host(header: str) -> str:
    """The name in a `Host` header, without its port."""
    name = header.lower()
    if not name.endswith("]"):  # an IPv6 address without a port
        name = name.rpartition(":")[0] or name
    return name.rstrip(".")
