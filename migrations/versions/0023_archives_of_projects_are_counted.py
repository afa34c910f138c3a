"""How many archives a project has per status is kept, instead of being counted

Revision ID: 0023
Revises: 0022
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_STATUSES = ("ready", "printing", "success", "failed", "stopped")


def upgrade() -> None:
    op.create_table(
        "project_counts",
        sa.Column("project_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(*_STATUSES, name="archivestatus", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("archives", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["projects.id"],
            name=op.f("fk_project_counts_project_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name=op.f("fk_project_counts_team_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("project_id", "team_id", "status", name=op.f("pk_project_counts")),
    )
    op.execute(
        "INSERT INTO project_counts (project_id, team_id, status, archives) "
        "SELECT project_id, team_id, status, count(*) FROM archives "
        "WHERE project_id IS NOT NULL GROUP BY project_id, team_id, status"
    )


def downgrade() -> None:
    op.drop_table("project_counts")
