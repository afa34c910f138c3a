"""Products

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "products",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("sku", sa.String(length=100), nullable=True),
        sa.Column("category", sa.String(length=100), nullable=True),
        sa.Column("estimated_print_time", sa.Integer(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("archive_id", sa.Integer(), nullable=True),
        sa.Column("pieces_per_plate", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("pieces_per_plate >= 1", name=op.f("ck_products_pieces_per_plate")),
        sa.ForeignKeyConstraint(
            ["archive_id"],
            ["archives.id"],
            name=op.f("fk_products_archive_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name=op.f("fk_products_team_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_products")),
    )
    with op.batch_alter_table("products", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_products_archive_id"), ["archive_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_products_team_id_created_at_id"),
            ["team_id", "created_at", "id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_products_team_id_name_id"), ["team_id", "name", "id"], unique=False
        )
        batch_op.create_index("uq_products_sku", ["team_id", "sku"], unique=True)

    op.create_table(
        "product_components",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("component_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity >= 1", name=op.f("ck_product_components_quantity")),
        sa.ForeignKeyConstraint(
            ["component_id"],
            ["products.id"],
            name=op.f("fk_product_components_component_id"),
        ),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["products.id"],
            name=op.f("fk_product_components_product_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["team_id"],
            ["teams.id"],
            name=op.f("fk_product_components_team_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_components")),
    )
    with op.batch_alter_table("product_components", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_product_components_component_id"), ["component_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_product_components_product_id"), ["product_id"], unique=False
        )

    op.create_table(
        "product_materials",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("material", sa.String(length=64), nullable=False),
        sa.Column("color", sa.String(length=100), nullable=True),
        sa.Column("weight", sa.BigInteger(), nullable=False),
        sa.Column("is_required", sa.Boolean(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("weight > 0", name=op.f("ck_product_materials_weight")),
        sa.ForeignKeyConstraint(
            ["product_id"],
            ["products.id"],
            name=op.f("fk_product_materials_product_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name=op.f("fk_product_materials_team_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_materials")),
    )
    with op.batch_alter_table("product_materials", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_product_materials_product_id"), ["product_id"], unique=False
        )

    with op.batch_alter_table("farm_events", schema=None) as batch_op:
        batch_op.add_column(sa.Column("product_id", sa.Uuid(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("farm_events", schema=None) as batch_op:
        batch_op.drop_column("product_id")

    with op.batch_alter_table("product_materials", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_product_materials_product_id"))

    op.drop_table("product_materials")
    with op.batch_alter_table("product_components", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_product_components_product_id"))
        batch_op.drop_index(batch_op.f("ix_product_components_component_id"))

    op.drop_table("product_components")
    with op.batch_alter_table("products", schema=None) as batch_op:
        batch_op.drop_index("uq_products_sku")
        batch_op.drop_index(batch_op.f("ix_products_team_id_name_id"))
        batch_op.drop_index(batch_op.f("ix_products_team_id_created_at_id"))
        batch_op.drop_index(batch_op.f("ix_products_archive_id"))

    op.drop_table("products")
