"""The rows of the Platform dialect."""

from __future__ import annotations

from rest_compat.routes.platform import deployments, projects, system, teams, webhooks
from rest_compat.table import Row

ROWS: tuple[Row, ...] = (
    *projects.ROWS,
    *deployments.ROWS,
    *teams.ROWS,
    *webhooks.ROWS,
    *system.ROWS,
)
