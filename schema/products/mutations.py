"""Products are made, changed and deleted."""

import strawberry

from app.products import service
from app.products.lines import NewComponent, NewMaterial
from app.unset import UNSET
from schema.context import Info
from schema.errors import UserError, missing, mutate
from schema.fields import about, given
from schema.ids import NO_UUID, global_id, integer_id, uuid_id
from schema.products.types import Product
from schema.scalars import Grams, Seconds


@strawberry.input(description="Filament that one piece needs.")
class ProductMaterialInput:
    material: str = about("PLA, PETG, ABS, TPU, ASA, Nylon, PC, HIPS, PVA or Custom.")
    weight: Grams = about("How much one piece needs, above 0.")
    color: str | None = about("Name of the colour; any will do without it.", default=None)
    is_required: bool = about("Whether a piece cannot be made without it.", default=True)
    notes: str | None = about("Notes.", default=None)

    def new(self) -> NewMaterial:
        """As the domain takes it."""
        return NewMaterial(self.material, self.weight, self.color, self.is_required, self.notes)


@strawberry.input(description="So many pieces of another product.")
class ProductComponentInput:
    component_id: strawberry.ID = about("Global id of the product that is a part of it.")
    quantity: int = about("How many pieces of it one piece needs, 1 or more.", default=1)
    notes: str | None = about("Notes.", default=None)

    def new(self) -> NewComponent:
        """As the domain takes it."""
        component_id = uuid_id(self.component_id, "Product") or NO_UUID
        return NewComponent(component_id, self.quantity, self.notes)


@strawberry.input(description="The product to make.")
class CreateProductInput:
    name: str = about("Name, 1 to 200 characters.")
    description: str | None = about("What it is.", default=None)
    sku: str | None = about("Stock keeping unit, unique in the team.", default=None)
    category: str | None = about("Category.", default=None)
    estimated_print_time: Seconds | None = about("How long one piece should print.", default=None)
    notes: str | None = about("Notes.", default=None)
    archive_id: strawberry.ID | None = about("The archive that prints it.", default=None)
    pieces_per_plate: int = about("Pieces that one print of the archive gives.", default=1)
    materials: list[ProductMaterialInput] = about("Filament it needs.", default_factory=list)
    components: list[ProductComponentInput] = about("Products it is made of.", default_factory=list)


@strawberry.type(description="The new product.")
class CreateProductPayload:
    product: Product | None = about("The product.", default=None)
    user_errors: list[UserError] = about("Why nothing was made.", default_factory=list)


@strawberry.input(description="What to change; what is left out stays as it is.")
class UpdateProductInput:
    id: strawberry.ID = about("Global id of the product.")
    name: strawberry.Maybe[str] = about("Name.")
    description: strawberry.Maybe[str | None] = about("What it is.")
    sku: strawberry.Maybe[str | None] = about("Stock keeping unit, unique in the team.")
    category: strawberry.Maybe[str | None] = about("Category.")
    estimated_print_time: strawberry.Maybe[Seconds | None] = about("How long one piece prints.")
    notes: strawberry.Maybe[str | None] = about("Notes.")
    archive_id: strawberry.Maybe[strawberry.ID | None] = about("The archive that prints it.")
    pieces_per_plate: strawberry.Maybe[int] = about("Pieces that one print gives.")


@strawberry.type(description="The changed product.")
class UpdateProductPayload:
    product: Product | None = about("The product as it is now.", default=None)
    user_errors: list[UserError] = about("Why nothing was changed.", default_factory=list)


@strawberry.input(description="The product to delete.")
class DeleteProductInput:
    id: strawberry.ID = about("Global id of the product.")


@strawberry.type(description="The deleted product.")
class DeleteProductPayload:
    deleted_id: strawberry.ID | None = about("Global id of what is gone.", default=None)
    user_errors: list[UserError] = about("Why nothing was deleted.", default_factory=list)


@strawberry.type
class ProductMutations:
    @strawberry.mutation(
        description="Make a product with its bill of material. Needs the scope INVENTORY."
    )
    async def create_product(self, info: Info, input: CreateProductInput) -> CreateProductPayload:
        given_fields = vars(input) | {
            "archive_id": _archive(input.archive_id),
            "materials": [item.new() for item in input.materials],
            "components": [item.new() for item in input.components],
        }
        new = service.NewProduct(**given_fields)
        return await mutate(
            info,
            CreateProductPayload,
            lambda session, viewer: service.create_product(session, viewer, new),
            lambda row: {"product": Product.of(row)},
        )

    @strawberry.mutation(description="Change a product. Needs the scope INVENTORY.")
    async def update_product(self, info: Info, input: UpdateProductInput) -> UpdateProductPayload:
        product_id = uuid_id(input.id, "Product")
        if product_id is None:
            return UpdateProductPayload(user_errors=missing("product"))
        fields = {name: given(value) for name, value in vars(input).items() if name != "id"}
        if fields["archive_id"] is not UNSET:
            fields["archive_id"] = _archive(fields["archive_id"])
        changes = service.ProductChanges(**fields)
        return await mutate(
            info,
            UpdateProductPayload,
            lambda session, viewer: service.update_product(session, viewer, product_id, changes),
            lambda row: {"product": Product.of(row)},
        )

    @strawberry.mutation(description="Delete an unused product. Needs the scope INVENTORY.")
    async def delete_product(self, info: Info, input: DeleteProductInput) -> DeleteProductPayload:
        product_id = uuid_id(input.id, "Product")
        if product_id is None:
            return DeleteProductPayload(user_errors=missing("product"))
        return await mutate(
            info,
            DeleteProductPayload,
            lambda session, viewer: service.delete_product(session, viewer, product_id),
            lambda deleted: {"deleted_id": global_id("Product", deleted)},
        )


def _archive(value: str | None) -> int | None:
    """The number of an archive; 0, which none has, for what is no id of one."""
    return None if value is None else integer_id(value, "Archive") or 0
