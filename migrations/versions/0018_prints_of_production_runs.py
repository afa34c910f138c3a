"""Prints of production runs

Revision ID: 0018
Revises: 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "production_run_prints",
        sa.Column("queue_item_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("run_item_id", sa.Uuid(), nullable=True),
        sa.Column("pieces", sa.Integer(), nullable=False),
        sa.Column(
            "result",
            sa.Enum("successful", "failed", name="printresult", native_enum=False, length=32),
            nullable=True,
        ),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["queue_item_id"],
            ["queue_items.id"],
            name=op.f("fk_production_run_prints_queue_item_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["run_item_id"],
            ["production_run_items.id"],
            name=op.f("fk_production_run_prints_run_item_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["team_id"],
            ["teams.id"],
            name=op.f("fk_production_run_prints_team_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("queue_item_id", name=op.f("pk_production_run_prints")),
    )
    with op.batch_alter_table("production_run_prints", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_production_run_prints_run_item_id"), ["run_item_id"], unique=False
        )

    with op.batch_alter_table("queue_items", schema=None) as batch_op:
        batch_op.add_column(sa.Column("production_run_id", sa.Uuid(), nullable=True))
        batch_op.create_index(
            batch_op.f("ix_queue_items_production_run_id"), ["production_run_id"], unique=False
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_queue_items_production_run_id"),
            "production_runs",
            ["production_run_id"],
            ["id"],
            ondelete="SET NULL",
        )


def downgrade() -> None:
    with op.batch_alter_table("queue_items", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_queue_items_production_run_id"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_queue_items_production_run_id"))
        batch_op.drop_column("production_run_id")

    with op.batch_alter_table("production_run_prints", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_production_run_prints_run_item_id"))

    op.drop_table("production_run_prints")
