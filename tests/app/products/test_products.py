"""Products: bills of material without cycles, and what they cost by the spools there are."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event

from app.accounts.models import Scope
from app.accounts.viewer import Viewer
from app.database import Database
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.events import ProductCreated, ProductDeleted, ProductUpdated
from app.keyset import Window
from app.products import costs, editing, queries, service
from app.products.costs import ProductCost
from app.products.lines import ComponentChanges, MaterialChanges, NewComponent, NewMaterial
from app.products.models import Product, ProductComponent
from app.products.orders import ORDERS, page_in_order
from app.products.queries import ProductFilter
from app.products.service import NewProduct, ProductChanges
from app.spools.service import NewSpool, SpoolChanges, create_spool, update_spool
from tests.farm import listen, make_print, make_printer, make_viewer, with_scopes

ALL = Window(first=100)
VASE = NewProduct(name="Vase", sku="VASE-1", category="Decoration")


@pytest.fixture
async def viewer(database: Database) -> Viewer:
    return await make_viewer(database)


async def _create(database: Database, viewer: Viewer, new: NewProduct = VASE) -> Product:
    async with database.transaction(viewer.team_id) as session:
        return await service.create_product(session, viewer, new)


async def _spool(database: Database, viewer: Viewer, **given: Any) -> UUID:
    values = {"material": "PLA", "color": "Red", "net_weight": Decimal(1000), **given}
    async with database.transaction(viewer.team_id) as session:
        return (await create_spool(session, viewer, NewSpool(**values))).id


async def _material(database: Database, viewer: Viewer, product: Product, **given: Any) -> UUID:
    values = {"material": "PLA", "weight": Decimal(50), **given}
    async with database.transaction(viewer.team_id) as session:
        new = NewMaterial(**values)
        return (await editing.add_material(session, viewer, product.id, new))[1].id


async def _put(
    database: Database, viewer: Viewer, whole: Product, part: Product, quantity: int = 1
) -> ProductComponent:
    async with database.transaction(viewer.team_id) as session:
        new = NewComponent(part.id, quantity)
        return (await editing.add_component(session, viewer, whole.id, new))[1]


async def _cost(database: Database, viewer: Viewer, product: Product) -> ProductCost:
    async with database.read(viewer.team_id) as session:
        return (await costs.of_products(session, [product.id]))[product.id]


async def _names(
    database: Database,
    viewer: Viewer,
    wanted: ProductFilter | None = None,
    order: str = "name",
    window: Window = ALL,
    *,
    descending: bool = False,
) -> list[str]:
    async with database.read(viewer.team_id) as session:
        page = await page_in_order(session, wanted or ProductFilter(), order, descending, window)
        return [row.name for row in page.rows]


async def test_a_product_is_made_changed_and_deleted(database: Database, viewer: Viewer) -> None:
    """Each is told; what is left out of a change stays."""
    told = listen(database)
    product = await _create(database, viewer, replace(VASE, estimated_print_time=5_400))
    async with database.transaction(viewer.team_id) as session:
        changes = ProductChanges(description="Tall", sku=None)
        changed = await service.update_product(session, viewer, product.id, changes)
    assert (changed.name, changed.description, changed.sku) == ("Vase", "Tall", None)
    assert (changed.estimated_print_time, changed.pieces_per_plate) == (5_400, 1)
    async with database.transaction(viewer.team_id) as session:
        await service.delete_product(session, viewer, product.id)
    assert await _names(database, viewer) == []
    assert [type(item) for item in told] == [ProductCreated, ProductUpdated, ProductDeleted]


async def test_a_product_names_the_archive_that_prints_it(
    database: Database, viewer: Viewer
) -> None:
    """One of the team's archives, and how many pieces a plate gives."""
    printer = await make_printer(database, viewer)
    archive = await make_print(database, printer)
    new = replace(VASE, archive_id=archive.id, pieces_per_plate=6)
    product = await _create(database, viewer, new)
    assert (product.archive_id, product.pieces_per_plate) == (archive.id, 6)
    stranger = await make_viewer(database, name="other")
    with pytest.raises(NotFound) as refused:
        await _create(database, stranger, new)
    assert refused.value.field == "archive_id"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "),
        ("name", "x" * 201),
        ("sku", "x" * 101),
        ("estimated_print_time", -1),
        ("pieces_per_plate", 0),
        ("materials.0.weight", [NewMaterial("PLA", Decimal(0))]),
        ("materials.1.material", [NewMaterial("pla", Decimal(1)), NewMaterial("Wood", Decimal(1))]),
    ],
)
async def test_a_wrong_value_names_its_field(
    database: Database, viewer: Viewer, field: str, value: object
) -> None:
    """Nothing is stored, and the refusal says which field."""
    with pytest.raises(Invalid) as refused:
        await _create(database, viewer, replace(VASE, **{field.split(".")[0]: value}))
    assert refused.value.field == field
    assert await _names(database, viewer) == []


async def test_a_sku_is_unique_in_its_team(database: Database, viewer: Viewer) -> None:
    """A second one is a conflict, also when both come at once; another team may use it."""
    made = await asyncio.gather(
        *(_create(database, viewer) for _ in range(5)), return_exceptions=True
    )
    refused = [item for item in made if isinstance(item, Conflict)]
    assert (len(refused), {error.field for error in refused}) == (4, {"sku"})
    other = await _create(database, viewer, replace(VASE, sku="VASE-2"))
    with pytest.raises(Conflict):
        async with database.transaction(viewer.team_id) as session:
            await service.update_product(session, viewer, other.id, ProductChanges(sku="VASE-1"))
    await _create(database, await make_viewer(database, name="other"))


async def test_the_price_of_filament_is_the_mean_of_what_is_left(
    database: Database, viewer: Viewer
) -> None:
    """Weighted by remaining grams, over the spools of the material and of the colour it names."""
    left = {"remaining_weight": Decimal(750)}
    await _spool(database, viewer, color="Red", purchase_price=Decimal(20), **left)
    left = {"remaining_weight": Decimal(250)}
    await _spool(database, viewer, color="Blue", purchase_price=Decimal(40), **left)
    await _spool(database, viewer, color="Green", purchase_price=None)
    empty = {"remaining_weight": Decimal(0)}
    await _spool(database, viewer, color="Red", purchase_price=Decimal(900), **empty)
    product = await _create(database, viewer)
    any_color = await _material(database, viewer, product, material="pla")
    red = await _material(database, viewer, product, color="rED", weight=Decimal("0.05"))
    cost = await _cost(database, viewer, product)
    # (750 g at 0.02 and 250 g at 0.04) is 0.025 a gram; red alone 0.02.
    assert cost.materials == {any_color: Decimal("1.25"), red: Decimal("0.001")}
    assert (cost.material_cost, cost.total_cost) == (Decimal("1.251"), Decimal("1.251"))
    assert cost.warnings == []


async def test_filament_without_a_priced_spool_costs_nothing_and_says_so(
    database: Database, viewer: Viewer
) -> None:
    """Green has a spool without a price, PETG none at all; products above pass it on, once."""
    await _spool(database, viewer, color="Green")
    part = await _create(database, viewer)
    for given in ({"color": "Green"}, {"material": "PETG"}, {"material": "PETG"}):
        await _material(database, viewer, part, **given)
    whole = await _create(database, viewer, NewProduct("Set", components=[NewComponent(part.id)]))
    for product in (part, whole):
        cost = await _cost(database, viewer, product)
        assert cost.total_cost == 0
        assert cost.warnings == [
            "No spool of PLA in green with a price and filament left: it counts as 0.",
            "No spool of PETG with a price and filament left: it counts as 0.",
        ]


async def test_costs_follow_the_spools(database: Database, viewer: Viewer) -> None:
    """A new price is seen at once, through every level."""
    spool = await _spool(database, viewer, purchase_price=Decimal(20))
    part = await _create(database, viewer)
    await _material(database, viewer, part)
    whole = await _create(
        database, viewer, NewProduct("Set", components=[NewComponent(part.id, 3)])
    )
    assert (await _cost(database, viewer, whole)).component_cost == Decimal(3)
    async with database.transaction(viewer.team_id) as session:
        changes = SpoolChanges(purchase_price=Decimal(40))
        await update_spool(session, viewer, spool, changes)
    assert (await _cost(database, viewer, whole)).component_cost == Decimal(6)


async def test_thirds_do_not_leak(database: Database, viewer: Viewer) -> None:
    """A line is exact to six places, half-even; sums and multiples of lines are exact."""
    await _spool(database, viewer, net_weight=Decimal(3), purchase_price=Decimal(1))
    part = await _create(database, viewer)
    await _material(database, viewer, part, weight=Decimal("0.1"))
    await _material(database, viewer, part, weight=Decimal("0.2"))
    cost = await _cost(database, viewer, part)
    assert cost.material_cost == Decimal("0.033333") + Decimal("0.066667")
    whole = await _create(
        database, viewer, NewProduct("Set", components=[NewComponent(part.id, 1_000_000)])
    )
    assert (await _cost(database, viewer, whole)).total_cost == Decimal(100_000)


@pytest.mark.parametrize("length", [1, 2, 5])
async def test_a_product_is_never_made_of_itself(
    database: Database, viewer: Viewer, length: int
) -> None:
    """Directly, or around any number of corners: COMPONENT_CYCLE, and nothing is added."""
    chain = [await _create(database, viewer, NewProduct(f"P{n}")) for n in range(length)]
    for whole, part in pairwise(chain):
        await _put(database, viewer, whole, part)
    with pytest.raises(Conflict) as refused:
        await _put(database, viewer, chain[-1], chain[0])
    assert (refused.value.code, refused.value.field) == ("COMPONENT_CYCLE", "component_id")
    assert (await _cost(database, viewer, chain[0])).total_cost == 0


async def test_two_halves_of_a_cycle_do_not_pass_each_other(
    database: Database, viewer: Viewer
) -> None:
    """Of A in B and B in A at the same moment, one is refused; never both are there."""
    for number in range(5):
        left, right = [
            await _create(database, viewer, NewProduct(f"{side}{number}")) for side in "LR"
        ]
        done = await asyncio.gather(
            _put(database, viewer, left, right),
            _put(database, viewer, right, left),
            return_exceptions=True,
        )
        assert [error.code for error in done if isinstance(error, Conflict)] == ["COMPONENT_CYCLE"]


async def test_the_same_part_on_two_ways_is_no_cycle(database: Database, viewer: Viewer) -> None:
    """A screw in a lid and in the box that has the lid counts on both ways."""
    await _spool(database, viewer, purchase_price=Decimal(10))
    screw = await _create(database, viewer, NewProduct("Screw"))
    await _material(database, viewer, screw, weight=Decimal(100))
    lid = await _create(database, viewer, NewProduct("Lid", components=[NewComponent(screw.id, 2)]))
    parts = [NewComponent(screw.id, 3), NewComponent(lid.id)]
    box = await _create(database, viewer, NewProduct("Box", components=parts))
    assert (await _cost(database, viewer, box)).total_cost == Decimal(5)


async def test_a_deep_tree_costs_three_statements(database: Database, viewer: Viewer) -> None:
    """Fifty levels of ten products, each made of two below: exact, and read at once."""
    await _spool(database, viewer, purchase_price=Decimal(10))
    below: list[Product] = []
    async with database.transaction(viewer.team_id) as session:
        for level in range(50):
            made = []
            for number in range(10):
                parts = [NewComponent(below[(number + step) % 10].id) for step in (0, 1) if below]
                material = [] if below else [NewMaterial("PLA", Decimal("0.001"))]
                new = NewProduct(f"{level}/{number}", materials=material, components=parts)
                made.append(await service.create_product(session, viewer, new))
            below = made
    statements: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    engine = database.read_engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    cost = await _cost(database, viewer, below[0])
    event.remove(engine, "before_cursor_execute", note)
    assert len([text for text in statements if text.startswith(("SELECT", "WITH"))]) == 3
    assert cost.total_cost == Decimal("0.00001") * 2**49


async def test_a_cost_beyond_all_measure_stops(database: Database, viewer: Viewer) -> None:
    """Numbers do not grow without end, and the product says that they stopped."""
    await _spool(database, viewer, purchase_price=Decimal(1000))
    product = await _create(
        database, viewer, NewProduct("P", materials=[NewMaterial("PLA", Decimal(1))])
    )
    for level in range(4):
        parts = [NewComponent(product.id, 1_000_000)]
        product = await _create(database, viewer, NewProduct(f"P{level}", components=parts))
    cost = await _cost(database, viewer, product)
    assert cost.total_cost == costs.MOST
    assert cost.warnings == ["The cost is above 1,000,000,000,000 and not shown exactly."]


async def test_lines_are_changed_and_removed(database: Database, viewer: Viewer) -> None:
    """By their own id, under their own product only."""
    whole, part = [await _create(database, viewer, NewProduct(name)) for name in ("Set", "Part")]
    material = await _material(database, viewer, whole)
    component = (await _put(database, viewer, whole, part)).id
    async with database.transaction(viewer.team_id) as session:
        changes = MaterialChanges(weight=Decimal("7.5"), color="Blue", is_required=False)
        _, row = await editing.update_material(session, viewer, material, changes, whole.id)
        assert (row.material, row.weight, row.color) == ("PLA", Decimal("7.5"), "Blue")
        quantity = ComponentChanges(quantity=4)
        _, line = await editing.update_component(session, viewer, component, quantity, whole.id)
        assert line.quantity == 4
    async with database.transaction(viewer.team_id) as session:
        with pytest.raises(NotFound):
            await editing.remove_material(session, viewer, material, part.id)
        with pytest.raises(Conflict) as refused:
            await service.delete_product(session, viewer, part.id)
        assert refused.value.code == "IN_USE"
        await editing.remove_material(session, viewer, material, whole.id)
        await editing.remove_component(session, viewer, component, whole.id)
        await service.delete_product(session, viewer, part.id)
        assert await queries.materials_of(session, [whole.id]) == {whole.id: []}
        assert await queries.components_of(session, [whole.id]) == {whole.id: []}


async def test_products_are_found_by_category_and_words(database: Database, viewer: Viewer) -> None:
    """Every word in name, description or SKU; the category in any case."""
    for new in (
        VASE,
        NewProduct("Tall lamp", "A lamp of 50 % light", "LAMP-1", "decoration"),
        NewProduct("Hook", sku="HOOK_9", category="Workshop"),
    ):
        await _create(database, viewer, new)
    assert await _names(database, viewer, ProductFilter("DECORATION")) == ["Tall lamp", "Vase"]
    assert await _names(database, viewer, ProductFilter(search="lamp light")) == ["Tall lamp"]
    assert await _names(database, viewer, ProductFilter(search="50 %")) == ["Tall lamp"]
    assert await _names(database, viewer, ProductFilter(search="k_9")) == ["Hook"]
    assert await _names(database, viewer, ProductFilter("Workshop", "vase")) == []


async def _walk(
    database: Database, viewer: Viewer, order: tuple[str, bool], direction: str
) -> list[str]:
    """The names of all pages of two, forwards or backwards."""
    edge, found, cursor = "after" if direction == "first" else "before", [], None
    async with database.read(viewer.team_id) as session:
        while True:
            window = Window(**{direction: 2, edge: cursor})
            page = await page_in_order(session, ProductFilter(), *order, window)
            names = [row.name for row in page.rows]
            found = [*found, *names] if direction == "first" else [*names, *found]
            if not (page.has_next if direction == "first" else page.has_previous):
                return found
            cursor = page.cursor(page.rows[-1 if direction == "first" else 0])


async def test_pages_of_every_order_meet_every_product_once(
    database: Database, viewer: Viewer
) -> None:
    """Forwards, backwards and by offset, with ties and missing values."""
    await _spool(database, viewer, purchase_price=Decimal(10))
    for number in range(5):
        sku = f"S{number}" if number % 2 else None
        material = [NewMaterial("PLA", Decimal(number // 2 + 1))]
        new = NewProduct(f"P{number}", sku and "text", sku, sku and "c", materials=material)
        await _create(database, viewer, new)
    for name in (*sorted({name for name, _ in ORDERS}), "total_cost", "component_cost"):
        for descending in (False, True):
            order = (name, descending)
            everything = await _names(database, viewer, order=name, descending=descending)
            assert sorted(everything) == [f"P{number}" for number in range(5)], order
            assert await _walk(database, viewer, order, "first") == everything, order
            assert await _walk(database, viewer, order, "last") == everything, order
            window = Window(first=3, offset=1)
            some = await _names(database, viewer, None, name, window, descending=descending)
            assert some == everything[1:4], order
    cheap = await _names(database, viewer, order="total_cost")
    assert [set(cheap[:2]), set(cheap[2:4]), cheap[4]] == [{"P0", "P1"}, {"P2", "P3"}, "P4"]


async def test_products_of_others_do_not_exist(database: Database, viewer: Viewer) -> None:
    """Neither as a product, nor as a component, nor in a cost."""
    product = await _create(database, viewer)
    await _material(database, viewer, product)
    stranger = await make_viewer(database, name="other")
    await _spool(database, stranger, purchase_price=Decimal(10))
    own = await _create(database, stranger)
    for product_id in (product.id, uuid4()):
        async with database.transaction(stranger.team_id) as session:
            with pytest.raises(NotFound):
                await service.update_product(session, stranger, product_id, ProductChanges())
            new = NewComponent(product_id)
            with pytest.raises(NotFound) as refused:
                await editing.add_component(session, stranger, own.id, new)
            assert refused.value.field == "component_id"
    async with database.read(stranger.team_id) as session:
        assert await costs.of_products(session, [product.id]) == {product.id: costs.NOTHING}
    assert (await _cost(database, viewer, product)).total_cost == 0


async def test_changing_products_needs_the_inventory_scope(
    database: Database, viewer: Viewer
) -> None:
    """A key that may only read is refused before anything is looked up."""
    weak = with_scopes(viewer, Scope.READ, Scope.QUEUE)
    with pytest.raises(Forbidden):
        await _create(database, weak)
    async with database.transaction(viewer.team_id) as session:
        with pytest.raises(Forbidden):
            await editing.remove_component(session, weak, uuid4())
