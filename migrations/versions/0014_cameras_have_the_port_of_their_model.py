"""Give cameras that speak RTSP their own port

Revision ID: 0014
Revises: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

# What sends single pictures on port 6000; every printer had that port so far.
JPEG_MODELS = ("P1P", "P1S", "A1 mini", "A1", "A2L")
_PRINTERS = sa.table("printers", sa.column("model", sa.String), sa.column("camera_port"))


def _move(before: int, after: int) -> None:
    others = _PRINTERS.c.model.not_in(JPEG_MODELS) & (_PRINTERS.c.camera_port == before)
    op.execute(_PRINTERS.update().where(others).values(camera_port=after))


def upgrade() -> None:
    _move(6000, 322)


def downgrade() -> None:
    _move(322, 6000)
