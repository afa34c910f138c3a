"""Every row that is served, in the order in which paths are tried."""

from __future__ import annotations

from rest_compat.routes import (
    archives,
    auth,
    platform,
    printers,
    projects,
    queue,
    reference,
    spools,
    statistics,
    system,
    webhooks,
)
from rest_compat.table import Row

ROWS: tuple[Row, ...] = (
    *printers.ROWS,
    *archives.ROWS,
    *projects.ROWS,
    *queue.ROWS,
    *statistics.ROWS,
    *system.ROWS,
    *auth.ROWS,
    *spools.ROWS,
    *platform.ROWS,
    *reference.ROWS,
    *webhooks.ROWS,
)
