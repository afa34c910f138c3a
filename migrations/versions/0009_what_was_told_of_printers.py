"""What was told of printers

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "printer_faults",
        sa.Column("printer_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["printer_id"],
            ["printers.id"],
            name=op.f("fk_printer_faults_printer_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("printer_id", "code", name=op.f("pk_printer_faults")),
    )
    with op.batch_alter_table("print_runs", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("milestone", sa.Integer(), server_default="0", nullable=False)
        )

    with op.batch_alter_table("printers", schema=None) as batch_op:
        batch_op.add_column(sa.Column("told_connected", sa.Boolean(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("printers", schema=None) as batch_op:
        batch_op.drop_column("told_connected")

    with op.batch_alter_table("print_runs", schema=None) as batch_op:
        batch_op.drop_column("milestone")

    op.drop_table("printer_faults")
