"""Archives have files, and files have plates

Revision ID: 0011
Revises: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "plates",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("printable", sa.Boolean(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("estimated_duration", sa.Integer(), nullable=True),
        sa.Column("grams", sa.BigInteger(), nullable=True),
        sa.Column("layers", sa.Integer(), nullable=True),
        sa.Column("printer_model", sa.String(length=64), nullable=True),
        sa.Column("nozzle_diameters", sa.JSON(), nullable=False),
        sa.Column("bed_type", sa.String(length=64), nullable=True),
        sa.Column("filaments", sa.JSON(), nullable=False),
        sa.Column("thumbnail_id", sa.Integer(), nullable=True),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["file_id"], ["stored_files.id"], name=op.f("fk_plates_file_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name=op.f("fk_plates_team_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["thumbnail_id"], ["stored_files.id"], name=op.f("fk_plates_thumbnail_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plates")),
    )
    with op.batch_alter_table("plates", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_plates_file_id_number"), ["file_id", "number"], unique=True
        )
        batch_op.create_index(batch_op.f("ix_plates_thumbnail_id"), ["thumbnail_id"], unique=False)

    with op.batch_alter_table("archives", schema=None) as batch_op:
        batch_op.add_column(sa.Column("file_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("plate", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("file_problem", sa.String(length=500), nullable=True))
        batch_op.create_index(batch_op.f("ix_archives_file_id"), ["file_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_archives_file_id"), "stored_files", ["file_id"], ["id"]
        )


def downgrade() -> None:
    with op.batch_alter_table("archives", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_archives_file_id"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_archives_file_id"))
        batch_op.drop_column("file_problem")
        batch_op.drop_column("plate")
        batch_op.drop_column("file_id")

    with op.batch_alter_table("plates", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_plates_thumbnail_id"))
        batch_op.drop_index(batch_op.f("ix_plates_file_id_number"))

    op.drop_table("plates")
