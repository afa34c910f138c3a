"""Products, what they need, and what they cost."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from app.products import costs, models
from app.products.costs import NOTHING, ProductCost
from schema.context import Info
from schema.fields import about
from schema.ids import global_id
from schema.nodes import Node
from schema.plans.sources import Batched, Column, Source, ToMany, ToOne, planned, shows
from schema.scalars import Grams, Seconds

if TYPE_CHECKING:
    from schema.archives.types import Archive


def _part(name: str) -> Source:
    """One part of what a product costs."""
    return Batched(costs.of_products, lambda found: getattr(found or NOTHING, name))


def _material_cost(found: ProductCost | None, key: UUID) -> Decimal:
    return (found or NOTHING).materials.get(key, Decimal(0))


def _component_cost(found: ProductCost | None, key: UUID) -> Decimal:
    return (found or NOTHING).components.get(key, Decimal(0))


async def _cost(info: Info, product_id: UUID) -> ProductCost:
    return await info.context.loaders.product_costs.get(product_id) or NOTHING


@shows(models.ProductMaterial)
@strawberry.type(description="Filament that one piece of a product needs.")
class ProductMaterial(Node):
    row: strawberry.Private[models.ProductMaterial]
    database_id: strawberry.ID = about("The UUID older APIs use.", source=Column("id"))
    material: str = about("Material, `PLA`.")
    color: str | None = about("Name of the colour; null where any will do.")
    weight: Grams = about("How much one piece needs.")
    is_required: bool = about("Whether a piece cannot be made without it.")
    notes: str | None = about("Notes.")

    @classmethod
    def of(cls, row: models.ProductMaterial) -> "ProductMaterial":
        return cls(
            row=row,
            id=global_id("ProductMaterial", row.id),
            database_id=strawberry.ID(str(row.id)),
            material=row.material,
            color=row.color,
            weight=Grams(row.weight),
            is_required=row.is_required,
            notes=row.notes,
        )

    @strawberry.field(
        description="Weight times the mean price per gram of the spools of that material and "
        "colour, weighted by what remains on them; 0 without such a spool.",
        metadata=planned(Batched(costs.of_products, _material_cost, ("id",), "product_id")),
    )
    async def cost(self, info: Info) -> Decimal:
        return _material_cost(await _cost(info, self.row.product_id), self.row.id)


@shows(models.ProductComponent)
@strawberry.type(description="So many pieces of a product that one piece of another is made of.")
class ProductComponent(Node):
    row: strawberry.Private[models.ProductComponent]
    database_id: strawberry.ID = about("The UUID older APIs use.", source=Column("id"))
    quantity: int = about("How many pieces of it one piece needs.")
    notes: str | None = about("Notes.")

    @classmethod
    def of(cls, row: models.ProductComponent) -> "ProductComponent":
        return cls(
            row=row,
            id=global_id("ProductComponent", row.id),
            database_id=strawberry.ID(str(row.id)),
            quantity=row.quantity,
            notes=row.notes,
        )

    @strawberry.field(description="The product it is.", metadata=planned(ToOne("component_id")))
    async def component(self, info: Info) -> "Product":
        row = await info.context.loaders.products.get(self.row.component_id)
        if row is None:
            raise RuntimeError("a component without its product")
        return Product.of(row)

    @strawberry.field(
        description="Quantity times the total cost of the component.",
        metadata=planned(Batched(costs.of_products, _component_cost, ("id",), "product_id")),
    )
    async def cost(self, info: Info) -> Decimal:
        return _component_cost(await _cost(info, self.row.product_id), self.row.id)


@shows(models.Product)
@strawberry.type(
    description="Something the farm makes. Costs are reckoned whenever they are asked for, "
    "from the spools as they are then."
)
class Product(Node):
    row: strawberry.Private[models.Product]
    database_id: strawberry.ID = about("The UUID older APIs use.", source=Column("id"))
    name: str = about("Name.")
    description: str | None = about("What it is.")
    sku: str | None = about("Stock keeping unit, unique in the team.")
    category: str | None = about("Category.")
    estimated_print_time: Seconds | None = about("How long one piece should print.")
    notes: str | None = about("Notes.")
    pieces_per_plate: int = about("Pieces that one print of its archive gives.")
    created_at: datetime = about("When it was made.")
    updated_at: datetime = about("When it, or its bill of material, was last changed.")

    @classmethod
    def of(cls, row: models.Product) -> "Product":
        time = row.estimated_print_time
        return cls(
            row=row,
            id=global_id("Product", row.id),
            database_id=strawberry.ID(str(row.id)),
            name=row.name,
            description=row.description,
            sku=row.sku,
            category=row.category,
            estimated_print_time=None if time is None else Seconds(time),
            notes=row.notes,
            pieces_per_plate=row.pieces_per_plate,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )

    @strawberry.field(
        description="The archive that prints it.", metadata=planned(ToOne("archive_id"))
    )
    async def archive(
        self, info: Info
    ) -> Annotated["Archive", strawberry.lazy("schema.archives.types")] | None:
        from schema.archives.types import Archive

        row = await info.context.loaders.archives.get(self.row.archive_id)
        return None if row is None else Archive.of(row)

    @strawberry.field(
        description="The filament one piece needs, in the order it was added.",
        metadata=planned(
            ToMany(
                models.ProductMaterial.product_id,
                (models.ProductMaterial.created_at, models.ProductMaterial.id),
            )
        ),
    )
    async def materials(self, info: Info) -> list[ProductMaterial]:
        rows = await info.context.loaders.product_materials.get(self.row.id) or []
        return [ProductMaterial.of(row) for row in rows]

    @strawberry.field(
        description="The products one piece is made of, in the order of adding.",
        metadata=planned(
            ToMany(
                models.ProductComponent.product_id,
                (models.ProductComponent.created_at, models.ProductComponent.id),
            )
        ),
    )
    async def components(self, info: Info) -> list[ProductComponent]:
        rows = await info.context.loaders.product_components.get(self.row.id) or []
        return [ProductComponent.of(row) for row in rows]

    @strawberry.field(
        description="The cost of its own filament.", metadata=planned(_part("material_cost"))
    )
    async def material_cost(self, info: Info) -> Decimal:
        return (await _cost(info, self.row.id)).material_cost

    @strawberry.field(
        description="The cost of the products it is made of, down to the last.",
        metadata=planned(_part("component_cost")),
    )
    async def component_cost(self, info: Info) -> Decimal:
        return (await _cost(info, self.row.id)).component_cost

    @strawberry.field(
        description="What one piece costs: filament and components.",
        metadata=planned(_part("total_cost")),
    )
    async def total_cost(self, info: Info) -> Decimal:
        return (await _cost(info, self.row.id)).total_cost

    @strawberry.field(
        description="What makes the costs uncertain, in words.", metadata=planned(_part("warnings"))
    )
    async def warnings(self, info: Info) -> list[str]:
        return (await _cost(info, self.row.id)).warnings
