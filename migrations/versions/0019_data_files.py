"""Files that are given to projects

Revision ID: 0019
Revises: 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_PARENTS = (
    ("team_id", "teams.id", "CASCADE"),
    ("project_id", "projects.id", "CASCADE"),
    ("user_id", "users.id", "SET NULL"),
    ("file_id", "stored_files.id", "SET NULL"),
    ("archive_id", "archives.id", "SET NULL"),
)
_INDEXES = (
    ("team_id", "created_at", "id"),
    ("project_id", "created_at", "id"),
    ("status", "claimed_until"),
)


def upgrade() -> None:
    op.create_table(
        "data_files",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("filename", sa.String(length=500), nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("format", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("progress", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=True),
        sa.Column("error", sa.String(length=1000), nullable=True),
        sa.Column("error_line", sa.Integer(), nullable=True),
        sa.Column("file_id", sa.Integer(), nullable=True),
        sa.Column("archive_id", sa.Integer(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        *(
            sa.ForeignKeyConstraint(
                [column], [parent], name=op.f(f"fk_data_files_{column}"), ondelete=action
            )
            for column, parent, action in _PARENTS
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_files")),
    )
    for columns in _INDEXES:
        op.create_index(op.f(f"ix_data_files_{'_'.join(columns)}"), "data_files", list(columns))


def downgrade() -> None:
    op.drop_table("data_files")
