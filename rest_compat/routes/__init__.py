"""Every row that is served, in the order in which paths are tried."""

from __future__ import annotations

from rest_compat.routes import (
    archives,
    auth,
    camera,
    platform,
    printers,
    production_runs,
    products,
    projects,
    queue,
    reference,
    run_lines,
    spools,
    statistics,
    system,
    tables,
    webhooks,
)
from rest_compat.table import Row

ROWS: tuple[Row, ...] = (
    *printers.ROWS,
    *camera.ROWS,
    *archives.ROWS,
    *projects.ROWS,
    *queue.ROWS,
    *statistics.ROWS,
    *system.ROWS,
    *auth.ROWS,
    *spools.ROWS,
    *products.ROWS,
    *production_runs.ROWS,
    *run_lines.ROWS,
    *tables.ROWS,
    *platform.ROWS,
    *reference.ROWS,
    *webhooks.ROWS,
)
