"""Production runs

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "production_run_numbers",
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["team_id"],
            ["teams.id"],
            name=op.f("fk_production_run_numbers_team_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("team_id", "day", name=op.f("pk_production_run_numbers")),
    )
    op.create_table(
        "production_runs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("run_number", sa.String(length=20), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "pending",
                "in_progress",
                "paused",
                "completed",
                "failed",
                "cancelled",
                name="runstatus",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("project_id", sa.Integer(), nullable=True),
        sa.Column("printer_name", sa.String(length=200), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_time", sa.Integer(), nullable=False),
        sa.Column("estimated_print_time", sa.Integer(), nullable=True),
        sa.Column("actual_print_time", sa.Integer(), nullable=True),
        sa.Column("estimated_total_filament", sa.BigInteger(), nullable=True),
        sa.Column("actual_total_filament", sa.BigInteger(), nullable=True),
        sa.Column("quality_rating", sa.Integer(), nullable=True),
        sa.Column("quality_notes", sa.Text(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("failure_reason", sa.String(length=1000), nullable=True),
        sa.Column("ends_with_queue", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["projects.id"],
            name=op.f("fk_production_runs_project_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name=op.f("fk_production_runs_team_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_production_runs")),
    )
    with op.batch_alter_table("production_runs", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_production_runs_project_id_created_at_id"),
            ["project_id", "created_at", "id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_production_runs_team_id_created_at_id"),
            ["team_id", "created_at", "id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_production_runs_team_id_status_created_at_id"),
            ["team_id", "status", "created_at", "id"],
            unique=False,
        )
        batch_op.create_index(
            "uq_production_runs_run_number", ["team_id", "run_number"], unique=True
        )

    op.create_table(
        "production_run_materials",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("spool_id", sa.Uuid(), nullable=False),
        sa.Column("estimated_weight", sa.BigInteger(), nullable=False),
        sa.Column("actual_weight", sa.BigInteger(), nullable=True),
        sa.Column("spool_weight_before", sa.BigInteger(), nullable=True),
        sa.Column("spool_weight_after", sa.BigInteger(), nullable=True),
        sa.Column("estimated_purge", sa.BigInteger(), nullable=True),
        sa.Column("actual_purge", sa.BigInteger(), nullable=True),
        sa.Column("cost_per_gram", sa.BigInteger(), nullable=True),
        sa.Column("settled_weight", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["production_runs.id"],
            name=op.f("fk_production_run_materials_run_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["spool_id"], ["spools.id"], name=op.f("fk_production_run_materials_spool_id")
        ),
        sa.ForeignKeyConstraint(
            ["team_id"],
            ["teams.id"],
            name=op.f("fk_production_run_materials_team_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_production_run_materials")),
    )
    with op.batch_alter_table("production_run_materials", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_production_run_materials_run_id"), ["run_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_production_run_materials_spool_id"), ["spool_id"], unique=False
        )

    op.create_table(
        "production_run_items",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("successful_quantity", sa.Integer(), nullable=False),
        sa.Column("failed_quantity", sa.Integer(), nullable=False),
        sa.Column("estimated_material_cost", sa.BigInteger(), nullable=False),
        sa.Column("estimated_total_cost", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity >= 1", name=op.f("ck_production_run_items_quantity")),
        sa.CheckConstraint(
            "successful_quantity >= 0 AND failed_quantity >= 0"
            " AND successful_quantity + failed_quantity <= quantity",
            name=op.f("ck_production_run_items_results"),
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["products.id"], name=op.f("fk_production_run_items_product_id")
        ),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["production_runs.id"],
            name=op.f("fk_production_run_items_run_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["team_id"],
            ["teams.id"],
            name=op.f("fk_production_run_items_team_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_production_run_items")),
    )
    with op.batch_alter_table("production_run_items", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_production_run_items_product_id"), ["product_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_production_run_items_run_id"), ["run_id"], unique=False
        )

    with op.batch_alter_table("farm_events", schema=None) as batch_op:
        batch_op.add_column(sa.Column("production_run_id", sa.Uuid(), nullable=True))

    with op.batch_alter_table("inventory_transactions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("production_run_id", sa.Uuid(), nullable=True))
        batch_op.create_index(
            batch_op.f("ix_inventory_transactions_production_run_id"),
            ["production_run_id"],
            unique=False,
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_inventory_transactions_production_run_id"),
            "production_runs",
            ["production_run_id"],
            ["id"],
            ondelete="SET NULL",
        )


def downgrade() -> None:
    with op.batch_alter_table("inventory_transactions", schema=None) as batch_op:
        batch_op.drop_constraint(
            batch_op.f("fk_inventory_transactions_production_run_id"), type_="foreignkey"
        )
        batch_op.drop_index(batch_op.f("ix_inventory_transactions_production_run_id"))
        batch_op.drop_column("production_run_id")

    with op.batch_alter_table("farm_events", schema=None) as batch_op:
        batch_op.drop_column("production_run_id")

    with op.batch_alter_table("production_run_items", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_production_run_items_run_id"))
        batch_op.drop_index(batch_op.f("ix_production_run_items_product_id"))

    op.drop_table("production_run_items")
    with op.batch_alter_table("production_run_materials", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_production_run_materials_spool_id"))
        batch_op.drop_index(batch_op.f("ix_production_run_materials_run_id"))

    op.drop_table("production_run_materials")
    with op.batch_alter_table("production_runs", schema=None) as batch_op:
        batch_op.drop_index("uq_production_runs_run_number")
        batch_op.drop_index(batch_op.f("ix_production_runs_team_id_status_created_at_id"))
        batch_op.drop_index(batch_op.f("ix_production_runs_team_id_created_at_id"))
        batch_op.drop_index(batch_op.f("ix_production_runs_project_id_created_at_id"))

    op.drop_table("production_runs")
    op.drop_table("production_run_numbers")
