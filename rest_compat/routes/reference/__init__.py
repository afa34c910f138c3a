"""The rows of the Reference dialect."""

from __future__ import annotations

from rest_compat.routes.reference import account, data, projects, webhooks
from rest_compat.table import Row

ROWS: tuple[Row, ...] = (*account.ROWS, *projects.ROWS, *data.ROWS, *webhooks.ROWS)
