"""The server itself, in the Platform dialect."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from app.health import health
from app.runtime import Runtime
from rest_compat.bodies import STRING, record
from rest_compat.dialects.platform import PLATFORM
from rest_compat.table import Caller, Route, Row

_Route = partial(Route, dialect=PLATFORM, section="System")


async def _health(runtime: Runtime, _caller: Caller, _data: Mapping[str, Any]) -> dict[str, Any]:
    return await health(runtime)


ROWS: tuple[Row, ...] = (
    _Route(
        method="GET",
        path="/health",
        name="platform_get_health",
        summary="Whether the parts of the server work",
        rate=None,
        scope=None,
        service=_health,
        shape=dict,
        answer=record(
            "PlatformHealth",
            "The truth about the parts a server depends on.",
            {"status": STRING, "database": STRING, "mqtt": STRING, "hub": STRING},
        ),
        status_of=lambda data: 503 if data["status"] == "unhealthy" else 200,
    ),
)
