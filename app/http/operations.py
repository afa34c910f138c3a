"""Routes for whoever runs the server: health, metrics, the OpenAPI document."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from ipaddress import ip_address
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette_exporter import handle_metrics

from app.errors import Unauthenticated, Unavailable
from app.health import health
from app.runtime import Runtime


def routes(
    runtime: Runtime, documents: Mapping[str, Callable[[], dict[str, Any]]]
) -> list[BaseRoute]:
    """`/health`, `/metrics` and the documents by their paths, each built once, when asked."""

    async def show_health(_request: Request) -> Response:
        found = await health(runtime)
        return _json(orjson.dumps(found), status=503 if found["status"] == "unhealthy" else 200)

    async def show_metrics(request: Request) -> Response:
        if not _from_loopback(request):
            try:
                await runtime.accounts.authenticate(
                    api_key=request.headers.get("x-api-key"),
                    authorization=request.headers.get("authorization"),
                )
            except Unauthenticated as error:
                return _refusal(error.message, error.code, 401)
            except Unavailable as error:
                return _refusal(error.message, error.code, 503)
        return handle_metrics(request)

    return [
        Route(path, endpoint, methods=["GET"])
        for path, endpoint in (
            ("/health", show_health),
            ("/health/", show_health),
            ("/metrics", show_metrics),
            *((path, _shown(build)) for path, build in documents.items()),
        )
    ]


def _shown(build: Callable[[], dict[str, Any]]) -> Callable[[Request], Awaitable[Response]]:
    @cache
    def document() -> bytes:
        return orjson.dumps(build())

    async def show(_request: Request) -> Response:
        return _json(document())

    return show


def _from_loopback(request: Request) -> bool:
    """True for a direct request from this machine; one that a proxy passed on is not."""
    if request.client is None or "x-forwarded-for" in request.headers:
        return False
    try:
        return ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def _json(body: bytes, status: int = 200) -> Response:
    return Response(body, status_code=status, media_type="application/json")


def _refusal(message: str, code: str, status: int) -> Response:
    response = _json(orjson.dumps({"detail": message, "code": code}), status)
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="spoolgraph"'
    return response
