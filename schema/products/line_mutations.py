"""Lines of bills of material are added, changed and removed."""

import strawberry

from app.products import editing
from app.products.lines import ComponentChanges, MaterialChanges
from schema.context import Info
from schema.errors import UserError, missing, mutate
from schema.fields import about, given
from schema.ids import optional_uuid, uuid_id
from schema.products.mutations import ProductComponentInput, ProductMaterialInput
from schema.products.types import Product, ProductComponent, ProductMaterial
from schema.scalars import Grams


@strawberry.input(description="Filament to add to a product.")
class AddProductMaterialInput(ProductMaterialInput):
    product_id: strawberry.ID = about("Global id of the product.")


@strawberry.input(description="What to change; what is left out stays as it is.")
class UpdateProductMaterialInput:
    id: strawberry.ID = about("Global id of the line.")
    product_id: strawberry.ID | None = about("The product it must be of.", default=None)
    material: strawberry.Maybe[str] = about("Material.")
    weight: strawberry.Maybe[Grams] = about("How much one piece needs, above 0.")
    color: strawberry.Maybe[str | None] = about("Name of the colour; null: any will do.")
    is_required: strawberry.Maybe[bool] = about("Whether a piece cannot be made without it.")
    notes: strawberry.Maybe[str | None] = about("Notes.")


@strawberry.input(description="The line to remove.")
class RemoveProductMaterialInput:
    id: strawberry.ID = about("Global id of the line.")
    product_id: strawberry.ID | None = about("The product it must be of.", default=None)


@strawberry.type(description="A product whose need of filament was changed.")
class ProductMaterialPayload:
    product: Product | None = about("The product as it is now.", default=None)
    material: ProductMaterial | None = about("The line; null once removed.", default=None)
    user_errors: list[UserError] = about("Why nothing was changed.", default_factory=list)


@strawberry.input(description="A component to add to a product.")
class AddProductComponentInput(ProductComponentInput):
    product_id: strawberry.ID = about("Global id of the product.")


@strawberry.input(description="What to change; what is left out stays as it is.")
class UpdateProductComponentInput:
    id: strawberry.ID = about("Global id of the line.")
    product_id: strawberry.ID | None = about("The product it must be of.", default=None)
    quantity: strawberry.Maybe[int] = about("How many pieces of it one piece needs.")
    notes: strawberry.Maybe[str | None] = about("Notes.")


@strawberry.input(description="The line to remove.")
class RemoveProductComponentInput:
    id: strawberry.ID = about("Global id of the line.")
    product_id: strawberry.ID | None = about("The product it must be of.", default=None)


@strawberry.type(description="A product whose components were changed.")
class ProductComponentPayload:
    product: Product | None = about("The product as it is now.", default=None)
    component: ProductComponent | None = about("The line; null once removed.", default=None)
    user_errors: list[UserError] = about("Why nothing was changed.", default_factory=list)


@strawberry.type
class ProductLineMutations:
    @strawberry.mutation(description="Add filament to a product. Needs the scope INVENTORY.")
    async def add_product_material(
        self, info: Info, input: AddProductMaterialInput
    ) -> ProductMaterialPayload:
        product_id = uuid_id(input.product_id, "Product")
        if product_id is None:
            return ProductMaterialPayload(user_errors=missing("product", "product_id"))
        return await mutate(
            info,
            ProductMaterialPayload,
            lambda session, viewer: editing.add_material(session, viewer, product_id, input.new()),
            lambda done: {
                "product": Product.of(done[0]),
                "material": ProductMaterial.of(done[1]),
            },
        )

    @strawberry.mutation(description="Change filament of a product. Needs the scope INVENTORY.")
    async def update_product_material(
        self, info: Info, input: UpdateProductMaterialInput
    ) -> ProductMaterialPayload:
        line = uuid_id(input.id, "ProductMaterial")
        if line is None:
            return ProductMaterialPayload(user_errors=missing("line in the bill of material"))
        product_id = optional_uuid(input.product_id, "Product")
        changes = MaterialChanges(
            material=given(input.material),
            weight=given(input.weight),
            color=given(input.color),
            is_required=given(input.is_required),
            notes=given(input.notes),
        )
        return await mutate(
            info,
            ProductMaterialPayload,
            lambda session, viewer: editing.update_material(
                session, viewer, line, changes, product_id
            ),
            lambda done: {
                "product": Product.of(done[0]),
                "material": ProductMaterial.of(done[1]),
            },
        )

    @strawberry.mutation(description="Remove filament of a product. Needs the scope INVENTORY.")
    async def remove_product_material(
        self, info: Info, input: RemoveProductMaterialInput
    ) -> ProductMaterialPayload:
        line = uuid_id(input.id, "ProductMaterial")
        if line is None:
            return ProductMaterialPayload(user_errors=missing("line in the bill of material"))
        product_id = optional_uuid(input.product_id, "Product")
        return await mutate(
            info,
            ProductMaterialPayload,
            lambda session, viewer: editing.remove_material(session, viewer, line, product_id),
            lambda row: {"product": Product.of(row)},
        )

    @strawberry.mutation(
        description="Make a product a part of another one. Needs the scope INVENTORY."
    )
    async def add_product_component(
        self, info: Info, input: AddProductComponentInput
    ) -> ProductComponentPayload:
        product_id = uuid_id(input.product_id, "Product")
        if product_id is None:
            return ProductComponentPayload(user_errors=missing("product", "product_id"))
        return await mutate(
            info,
            ProductComponentPayload,
            lambda session, viewer: editing.add_component(session, viewer, product_id, input.new()),
            lambda done: {
                "product": Product.of(done[0]),
                "component": ProductComponent.of(done[1]),
            },
        )

    @strawberry.mutation(description="Change a component. Needs the scope INVENTORY.")
    async def update_product_component(
        self, info: Info, input: UpdateProductComponentInput
    ) -> ProductComponentPayload:
        line = uuid_id(input.id, "ProductComponent")
        if line is None:
            return ProductComponentPayload(user_errors=missing("line in the bill of material"))
        product_id = optional_uuid(input.product_id, "Product")
        changes = ComponentChanges(quantity=given(input.quantity), notes=given(input.notes))
        return await mutate(
            info,
            ProductComponentPayload,
            lambda session, viewer: editing.update_component(
                session, viewer, line, changes, product_id
            ),
            lambda done: {
                "product": Product.of(done[0]),
                "component": ProductComponent.of(done[1]),
            },
        )

    @strawberry.mutation(description="Remove a component. Needs the scope INVENTORY.")
    async def remove_product_component(
        self, info: Info, input: RemoveProductComponentInput
    ) -> ProductComponentPayload:
        line = uuid_id(input.id, "ProductComponent")
        if line is None:
            return ProductComponentPayload(user_errors=missing("line in the bill of material"))
        product_id = optional_uuid(input.product_id, "Product")
        return await mutate(
            info,
            ProductComponentPayload,
            lambda session, viewer: editing.remove_component(session, viewer, line, product_id),
            lambda row: {"product": Product.of(row)},
        )
