"""Settings and visibility of projects

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("projects") as batch_op:
        batch_op.add_column(sa.Column("settings", sa.JSON(), nullable=False, server_default="{}"))
        batch_op.add_column(
            sa.Column("visibility", sa.String(length=32), nullable=False, server_default="private")
        )
        batch_op.create_index(
            batch_op.f("ix_projects_team_id_updated_at_id"), ["team_id", "updated_at", "id"]
        )


def downgrade() -> None:
    with op.batch_alter_table("projects") as batch_op:
        batch_op.drop_index(batch_op.f("ix_projects_team_id_updated_at_id"))
        batch_op.drop_column("visibility")
        batch_op.drop_column("settings")
