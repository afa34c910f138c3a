"""Products, the filament each needs, and the products each is put together from."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.columns import GRAMS, UtcDateTime
from app.tables import Table, TeamOwned


class Product(TeamOwned, Table):
    """`estimated_print_time` is seconds.

    `archive_id` names the archive that prints it; one print gives `pieces_per_plate` pieces.
    """

    __tablename__ = "products"
    __table_args__ = (
        Index(None, "team_id", "created_at", "id"),
        Index(None, "team_id", "name", "id"),
        Index("uq_products_sku", "team_id", "sku", unique=True),
        CheckConstraint("pieces_per_plate >= 1", name="pieces_per_plate"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    name: Mapped[str] = mapped_column(String(200))
    description: Mapped[str | None] = mapped_column(Text)
    sku: Mapped[str | None] = mapped_column(String(100))
    category: Mapped[str | None] = mapped_column(String(100))
    estimated_print_time: Mapped[int | None]
    notes: Mapped[str | None] = mapped_column(Text)
    archive_id: Mapped[int | None] = mapped_column(
        ForeignKey("archives.id", ondelete="SET NULL"), index=True
    )
    pieces_per_plate: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ProductMaterial(TeamOwned, Table):
    """Filament that one piece of a product needs: grams of a material, of any colour or of one."""

    __tablename__ = "product_materials"
    __table_args__ = (CheckConstraint("weight > 0", name="weight"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    product_id: Mapped[UUID] = mapped_column(
        ForeignKey("products.id", ondelete="CASCADE"), index=True
    )
    material: Mapped[str] = mapped_column(String(64))
    color: Mapped[str | None] = mapped_column(String(100))
    weight: Mapped[Decimal] = mapped_column(GRAMS)
    is_required: Mapped[bool] = mapped_column(default=True)
    notes: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ProductComponent(TeamOwned, Table):
    """So many pieces of another product that one piece of this one is put together from."""

    __tablename__ = "product_components"
    __table_args__ = (CheckConstraint("quantity >= 1", name="quantity"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    product_id: Mapped[UUID] = mapped_column(
        ForeignKey("products.id", ondelete="CASCADE"), index=True
    )
    component_id: Mapped[UUID] = mapped_column(ForeignKey("products.id"), index=True)
    quantity: Mapped[int]
    notes: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
