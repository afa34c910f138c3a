"""The truth about the parts a server depends on."""

from __future__ import annotations

import asyncio
from typing import Any

from app.errors import Unavailable
from app.printers.status import ConnectionState
from app.runtime import Runtime

# A database that answers later than this is as good as away for whoever asks for health.
DATABASE_SECONDS = 3.0
_REPORTING = {ConnectionState.CONNECTED, ConnectionState.CONTROL_REFUSED}


async def health(runtime: Runtime) -> dict[str, Any]:
    """`status` is `healthy`, `degraded` (it answers, but something is away) or `unhealthy`."""
    parts = {
        "database": _word(await _database(runtime)),
        "mqtt": _word(_mqtt(runtime)),
        "hub": _word(runtime.hub.connected),
    }
    if parts["database"] != "connected":
        status = "unhealthy"
    elif "disconnected" in parts.values():
        status = "degraded"
    else:
        status = "healthy"
    return {"status": status, **parts}


async def _database(runtime: Runtime) -> bool:
    try:
        async with asyncio.timeout(DATABASE_SECONDS):
            await runtime.database.ping()
    except (Unavailable, TimeoutError):
        return False
    return True


def _mqtt(runtime: Runtime) -> bool:
    """False when the central broker is away, or when there are printers and none reports."""
    if runtime.ingest.broker_connected is False:
        return False
    states = [status.connection for status in runtime.live.statuses()]
    return not states or any(state in _REPORTING for state in states)


def _word(connected: bool) -> str:
    return "connected" if connected else "disconnected"
