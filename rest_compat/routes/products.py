"""Products and their bills of material."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from app.accounts.models import Scope
from app.products.lines import MAX_LINES, MAX_QUANTITY
from app.products.service import MAX_PIECES, MAX_PRINT_TIME, MAX_TEXT
from app.spools.fields import MATERIALS
from app.weights import MAX_GRAMS
from rest_compat.dialects.batchivo import BATCHIVO, ONE, PAGE, PAGING, sorting
from rest_compat.groups import Group, Span
from rest_compat.routes import product_bodies, shapes
from rest_compat.scalars import Amount, Flag, RowUuid
from rest_compat.table import Rate, Route, Row, body, path_uuid, query
from rest_compat.values import Many, RowId, Text, Whole

_Route = partial(Route, dialect=BATCHIVO, section="Products")
_ID = path_uuid("Product", what="Id of the product.")
_INPUT_ID = path_uuid("Product", into="input.id", what="Id of the product.")
_OF_PRODUCT = path_uuid("Product", into="input.productId", what="Id of the product.")
_MATERIAL_ID = path_uuid("ProductMaterial", "input.id", "Id of the line.", "mid")
_COMPONENT_ID = path_uuid("ProductComponent", "input.id", "Id of the line.", "cid")
_NOTES = body("notes", Text(MAX_TEXT, empty=True), "notes", "Notes.", nullable=True)
_NAME = body("name", Text(200), "name", "Name.")
_DETAILS = (
    body("description", Text(MAX_TEXT, empty=True), "description", "What it is.", nullable=True),
    body("sku", Text(100, empty=True), "sku", "Unique in the team.", nullable=True),
    body("category", Text(100, empty=True), "category", "Category.", nullable=True),
    body(
        "estimated_print_time_minutes",
        Span(product_bodies.MINUTE, MAX_PRINT_TIME),
        "estimatedPrintTime",
        "How long one piece should print.",
        nullable=True,
    ),
    body("archive_id", RowId("Archive"), "archiveId", "What prints it.", nullable=True),
    body("pieces_per_plate", Whole(1, MAX_PIECES), "piecesPerPlate", "Pieces of one print."),
    _NOTES,
)
_MATERIAL = body("material_type", Text(64), "material", f"{', '.join(MATERIALS)}, in any case.")
_WEIGHT = body("weight_grams", Amount(MAX_GRAMS, above=True), "weight", "What one piece needs.")
_MATERIAL_DETAILS = (
    body("color", Text(100, empty=True), "color", "Colour; any without it.", nullable=True),
    body("is_required", Flag(), "isRequired", "Whether a piece cannot do without it."),
    _NOTES,
)
_NEW_MATERIAL = (
    replace(_MATERIAL, required=True),
    replace(_WEIGHT, required=True),
    *_MATERIAL_DETAILS,
)
_QUANTITY = body("quantity", Whole(1, MAX_QUANTITY), "quantity", "How many pieces of it.")
_NEW_COMPONENT = (
    body(
        "component_product_id",
        RowUuid("Product"),
        "componentId",
        "The product that is a part of it.",
        required=True,
    ),
    replace(_QUANTITY, required=True),
    _NOTES,
)
_MATERIAL_EXAMPLE = {"material_type": "PLA", "color": "Galaxy Black", "weight_grams": 61.5}
_COMPONENT_EXAMPLE = {
    "component_product_id": product_bodies.COMPONENT_EXAMPLE["component_product_id"],
    "quantity": 2,
}

_PRODUCTS: tuple[Row, ...] = (
    _Route(
        method="GET",
        path="/products",
        name="list_products",
        summary="List products, newest first",
        rate=Rate.READ,
        scope=Scope.READ,
        parameters=(
            query("category", Text(100), "filter.category", "Of this category, in any case."),
            query("search", Text(200), "filter.search", "Words of name, description or SKU."),
            *sorting(
                (
                    "created_at",
                    "updated_at",
                    "name",
                    "description",
                    "sku",
                    "category",
                    "notes",
                    "material_cost",
                    "component_cost",
                    "total_cost",
                    "id",
                ),
                {"estimated_print_time_minutes": "ESTIMATED_PRINT_TIME"},
            ),
            *PAGING,
        ),
        operation="ListProducts",
        shape=shapes.nodes(product_bodies.entry),
        envelope=PAGE,
        answer=product_bodies.ENTRY,
        example={
            "data": [product_bodies.ENTRY_EXAMPLE],
            "meta": {"total": 1, "page": 1, "per_page": 20},
        },
    ),
    _Route(
        method="POST",
        path="/products",
        name="create_product",
        summary="Make a product, with its bill of material or without",
        rate=Rate.WRITE,
        scope=Scope.INVENTORY,
        parameters=(
            replace(_NAME, required=True),
            *_DETAILS,
            body("materials", Many(Group(_NEW_MATERIAL), MAX_LINES), "materials", "Filament."),
            body("components", Many(Group(_NEW_COMPONENT), MAX_LINES), "components", "Parts."),
        ),
        operation="CreateProduct",
        shape=shapes.payload("product", product_bodies.product),
        envelope=ONE,
        answer=product_bodies.PRODUCT,
        status=201,
        request_example={
            "name": "Desk lamp",
            "sku": "LAMP-1",
            "category": "Light",
            "estimated_print_time_minutes": 210,
            "materials": [_MATERIAL_EXAMPLE],
        },
        example={"data": product_bodies.EXAMPLE},
    ),
    _Route(
        method="GET",
        path="/products/{id}",
        name="get_product",
        summary="Get a product with its bill of material",
        rate=Rate.READ,
        scope=Scope.READ,
        parameters=(_ID,),
        operation="GetProduct",
        shape=product_bodies.product,
        envelope=ONE,
        answer=product_bodies.PRODUCT,
        example={"data": product_bodies.EXAMPLE},
    ),
    _Route(
        method="PATCH",
        path="/products/{id}",
        name="update_product",
        summary="Change a product",
        rate=Rate.WRITE,
        scope=Scope.INVENTORY,
        parameters=(_INPUT_ID, _NAME, *_DETAILS),
        operation="UpdateProduct",
        shape=shapes.payload("product", product_bodies.product),
        envelope=ONE,
        answer=product_bodies.PRODUCT,
        request_example={"category": "Lamps", "pieces_per_plate": 4},
        example={"data": product_bodies.EXAMPLE},
    ),
    _Route(
        method="DELETE",
        path="/products/{id}",
        name="delete_product",
        summary="Delete a product that nothing needs",
        rate=Rate.WRITE,
        scope=Scope.INVENTORY,
        parameters=(_INPUT_ID,),
        operation="DeleteProduct",
        shape=shapes.constant({}),
        status=204,
    ),
    _Route(
        method="POST",
        path="/products/{id}/recalculate",
        name="recalculate_product",
        summary="What a piece costs by the spools as they are now, line by line",
        rate=Rate.WRITE,
        scope=Scope.READ,
        parameters=(_ID,),
        operation="GetProduct",
        shape=product_bodies.recalculation,
        envelope=ONE,
        answer=product_bodies.RECALCULATION,
        example={"data": product_bodies.RECALCULATION_EXAMPLE},
    ),
)
_LINES: tuple[Row, ...] = (
    _Route(
        method="POST",
        path="/products/{id}/materials",
        name="add_product_material",
        summary="Add filament to a product",
        rate=Rate.WRITE,
        scope=Scope.INVENTORY,
        parameters=(_OF_PRODUCT, *_NEW_MATERIAL),
        operation="AddProductMaterial",
        shape=shapes.payload("material", product_bodies.material),
        envelope=ONE,
        answer=product_bodies.MATERIAL,
        status=201,
        request_example=_MATERIAL_EXAMPLE,
        example={"data": product_bodies.MATERIAL_EXAMPLE},
    ),
    _Route(
        method="PATCH",
        path="/products/{id}/materials/{mid}",
        name="update_product_material",
        summary="Change filament of a product",
        rate=Rate.WRITE,
        scope=Scope.INVENTORY,
        parameters=(_OF_PRODUCT, _MATERIAL_ID, _MATERIAL, _WEIGHT, *_MATERIAL_DETAILS),
        operation="UpdateProductMaterial",
        shape=shapes.payload("material", product_bodies.material),
        envelope=ONE,
        answer=product_bodies.MATERIAL,
        request_example={"weight_grams": 58.25},
        example={"data": product_bodies.MATERIAL_EXAMPLE},
    ),
    _Route(
        method="DELETE",
        path="/products/{id}/materials/{mid}",
        name="remove_product_material",
        summary="Remove filament of a product",
        rate=Rate.WRITE,
        scope=Scope.INVENTORY,
        parameters=(_OF_PRODUCT, _MATERIAL_ID),
        operation="RemoveProductMaterial",
        shape=shapes.constant({}),
        status=204,
    ),
    _Route(
        method="POST",
        path="/products/{id}/components",
        name="add_product_component",
        summary="Make a product a part of another one",
        rate=Rate.WRITE,
        scope=Scope.INVENTORY,
        parameters=(_OF_PRODUCT, *_NEW_COMPONENT),
        operation="AddProductComponent",
        shape=shapes.payload("component", product_bodies.component),
        envelope=ONE,
        answer=product_bodies.COMPONENT,
        status=201,
        request_example=_COMPONENT_EXAMPLE,
        example={"data": product_bodies.COMPONENT_EXAMPLE},
    ),
    _Route(
        method="PATCH",
        path="/products/{id}/components/{cid}",
        name="update_product_component",
        summary="Change a component of a product",
        rate=Rate.WRITE,
        scope=Scope.INVENTORY,
        parameters=(_OF_PRODUCT, _COMPONENT_ID, _QUANTITY, _NOTES),
        operation="UpdateProductComponent",
        shape=shapes.payload("component", product_bodies.component),
        envelope=ONE,
        answer=product_bodies.COMPONENT,
        request_example={"quantity": 3},
        example={"data": product_bodies.COMPONENT_EXAMPLE},
    ),
    _Route(
        method="DELETE",
        path="/products/{id}/components/{cid}",
        name="remove_product_component",
        summary="Remove a component of a product",
        rate=Rate.WRITE,
        scope=Scope.INVENTORY,
        parameters=(_OF_PRODUCT, _COMPONENT_ID),
        operation="RemoveProductComponent",
        shape=shapes.constant({}),
        status=204,
    ),
)
ROWS: tuple[Row, ...] = (*_PRODUCTS, *_LINES)
