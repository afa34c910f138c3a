"""Prints take filament off spools

Revision ID: 0017
Revises: 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "spool_assignments",
        sa.Column("spool_id", sa.Uuid(), nullable=False),
        sa.Column("printer_id", sa.Integer(), nullable=False),
        sa.Column("ams_unit", sa.Integer(), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["printer_id"],
            ["printers.id"],
            name=op.f("fk_spool_assignments_printer_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["spool_id"],
            ["spools.id"],
            name=op.f("fk_spool_assignments_spool_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name=op.f("fk_spool_assignments_team_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("spool_id", name=op.f("pk_spool_assignments")),
    )
    with op.batch_alter_table("spool_assignments", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_spool_assignments_printer_id_ams_unit_slot"),
            ["printer_id", "ams_unit", "slot"],
            unique=True,
        )

    op.create_table(
        "file_fetches",
        sa.Column("archive_id", sa.Integer(), nullable=False),
        sa.Column("printer_id", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["archive_id"],
            ["archives.id"],
            name=op.f("fk_file_fetches_archive_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["printer_id"],
            ["printers.id"],
            name=op.f("fk_file_fetches_printer_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name=op.f("fk_file_fetches_team_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("archive_id", name=op.f("pk_file_fetches")),
    )
    with op.batch_alter_table("file_fetches", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_file_fetches_printer_id"), ["printer_id"], unique=False
        )

    with op.batch_alter_table("filament_uses", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("deducted", sa.Boolean(), nullable=False, server_default=sa.false())
        )

    with op.batch_alter_table("print_runs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("feeds", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("slots", sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    with op.batch_alter_table("print_runs", schema=None) as batch_op:
        batch_op.drop_column("slots")
        batch_op.drop_column("feeds")

    with op.batch_alter_table("filament_uses", schema=None) as batch_op:
        batch_op.drop_column("deducted")

    with op.batch_alter_table("file_fetches", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_file_fetches_printer_id"))

    op.drop_table("file_fetches")
    with op.batch_alter_table("spool_assignments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_spool_assignments_printer_id_ams_unit_slot"))

    op.drop_table("spool_assignments")
