"""What feeds an attempt is remembered

Revision ID: 0020
Revises: 0019
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("dispatches", sa.Column("loaded", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("dispatches", "loaded")
