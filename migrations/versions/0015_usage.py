"""What teams use, by the hour

Revision ID: 0015
Revises: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "usage_hours",
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("api_calls", number, nullable=False),
        sa.Column("data_processed", number, nullable=False),
        sa.Column("projects_created", number, nullable=False),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name=op.f("fk_usage_hours_team_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("team_id", "hour", name=op.f("pk_usage_hours")),
    )


def downgrade() -> None:
    op.drop_table("usage_hours")
