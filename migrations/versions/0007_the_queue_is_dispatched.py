"""The queue is dispatched: wishes of items, attempts, pauses

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def _item_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("is_bound", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("plate", sa.Integer(), nullable=True),
        sa.Column("filaments", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("options", sa.JSON(), nullable=False, server_default="{}"),
        sa.Column(
            "require_previous_success", sa.Boolean(), nullable=False, server_default=sa.false()
        ),
        sa.Column("cancel_requested_at", _MOMENT, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("retry_at", _MOMENT, nullable=True),
    ]


def _printer_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("requires_plate_clear", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("queue_paused", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("last_print_at", _MOMENT, nullable=True),
    ]


def upgrade() -> None:
    op.add_column(
        "teams", sa.Column("queue_paused", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    for column in _printer_columns():
        op.add_column("printers", column)
    for column in _item_columns():
        op.add_column("queue_items", column)
    op.execute("UPDATE queue_items SET is_bound = (printer_id IS NOT NULL)")
    op.create_table(
        "dispatches",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("queue_item_id", sa.Integer(), nullable=False),
        sa.Column("printer_id", sa.Integer(), nullable=True),
        sa.Column("stage", sa.String(length=32), nullable=False),
        sa.Column("subtask_id", sa.Integer(), nullable=False),
        sa.Column("plate", sa.Integer(), nullable=False),
        sa.Column("remote_path", sa.String(length=300), nullable=False),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("commanded_at", _MOMENT, nullable=True),
        sa.Column("accepted_at", _MOMENT, nullable=True),
        sa.Column("ended_at", _MOMENT, nullable=True),
        sa.Column("reason", sa.String(length=1000), nullable=True),
        sa.Column("file_left", sa.Boolean(), nullable=False),
        sa.Column("removals", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispatches")),
        sa.UniqueConstraint("subtask_id", name=op.f("uq_dispatches_subtask_id")),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_dispatches_{column}"), ondelete=action
            )
            for column, table, action in (
                ("queue_item_id", "queue_items", "CASCADE"),
                ("printer_id", "printers", "SET NULL"),
                ("team_id", "teams", "CASCADE"),
            )
        ),
    )
    for name in ("queue_item", "printer"):
        op.create_index(op.f(f"ix_dispatches_{name}_id"), "dispatches", [f"{name}_id"])
        op.create_index(
            f"uq_dispatches_open_{name}",
            "dispatches",
            [f"{name}_id"],
            unique=True,
            postgresql_where=sa.text("ended_at IS NULL"),
            sqlite_where=sa.text("ended_at IS NULL"),
        )


def downgrade() -> None:
    op.drop_table("dispatches")
    for table, columns in (("queue_items", _item_columns()), ("printers", _printer_columns())):
        for column in reversed(columns):
            op.drop_column(table, column.name)
    op.drop_column("teams", "queue_paused")
