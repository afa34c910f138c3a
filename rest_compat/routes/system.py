"""The server itself."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from app.accounts.models import Scope
from app.health import health
from app.runtime import Runtime
from rest_compat.dialects.bambuddy import BAMBUDDY
from rest_compat.routes import answers, shapes
from rest_compat.table import Caller, Rate, Route, Row

_Route = partial(Route, dialect=BAMBUDDY, section="System")


async def _health(runtime: Runtime, _caller: Caller, _data: Mapping[str, Any]) -> dict[str, Any]:
    return await health(runtime)


ROWS: tuple[Row, ...] = (
    _Route(
        method="GET",
        path="/system/info",
        name="get_system_info",
        summary="Version, uptime and size",
        rate=Rate.READ,
        scope=Scope.READ,
        operation="SystemInfo",
        shape=shapes.system,
        answer=answers.SYSTEM,
        example={
            "version": "0.1.5b6",
            "uptime": 86400,
            "database": {"archives": 1234, "size_mb": 45.6},
        },
    ),
    _Route(
        method="GET",
        path="/health",
        name="get_health",
        summary="Whether the parts of the server work",
        rate=None,
        scope=None,
        service=_health,
        shape=dict,
        answer=answers.HEALTH,
        status_of=lambda data: 503 if data["status"] == "unhealthy" else 200,
        example={"status": "healthy", "database": "connected", "mqtt": "connected"},
    ),
)
