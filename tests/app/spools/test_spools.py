"""Spools: every change of a weight is atomic, recorded and told."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from app.accounts.models import Scope
from app.accounts.viewer import Viewer
from app.database import Database, WriteSession
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.events import SpoolCreated, SpoolDeducted, SpoolRanLow
from app.keyset import Window
from app.spools import queries, service
from app.spools.models import InventoryTransaction, Spool, TransactionType
from app.spools.orders import ORDERS
from app.spools.queries import SpoolFilter, TransactionFilter
from app.spools.service import NewSpool, SpoolChanges
from tests.farm import listen, make_viewer, with_scopes

ALL = Window(first=100)
NEW = NewSpool(material="PLA", color="Red", net_weight=Decimal(1000))


@pytest.fixture
async def viewer(database: Database) -> Viewer:
    return await make_viewer(database)


async def _create(database: Database, viewer: Viewer, new: NewSpool = NEW) -> Spool:
    async with database.transaction(viewer.team_id) as session:
        return await service.create_spool(session, viewer, new)


async def _deduct(database: Database, viewer: Viewer, spool_id: UUID, grams: str) -> Spool:
    async with database.transaction(viewer.team_id) as session:
        spool, _ = await service.deduct_spool(session, viewer, spool_id, Decimal(grams), "test")
        return spool


async def _transactions(
    database: Database, viewer: Viewer, spool_id: UUID
) -> list[InventoryTransaction]:
    async with database.read(viewer.team_id) as session:
        return list((await queries.transactions(session, TransactionFilter(spool_id), ALL)).rows)


async def _names(database: Database, viewer: Viewer, wanted: SpoolFilter) -> list[str]:
    async with database.read(viewer.team_id) as session:
        page = await queries.page(session, wanted, ORDERS["color", False], ALL)
        assert await queries.count(session, wanted) == len(page.rows)
        return [spool.color for spool in page.rows]


async def test_many_spools_are_written_down_in_one_go(
    database: Database, viewer: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not one by one, which holds up everybody else, or waits for the database each time."""

    async def one_by_one(*_arguments: object) -> None:
        raise AssertionError

    monkeypatch.setattr(WriteSession, "run", one_by_one)
    news = [replace(NEW, net_weight=Decimal(100 + number)) for number in range(120)]
    async with database.transaction(viewer.team_id) as session:
        spools = await service.create_spools(session, viewer, news)
    for spool in (spools[0], spools[-1]):
        (bought,) = await _transactions(database, viewer, spool.id)
        assert (bought.type, bought.team_id) == (TransactionType.PURCHASE, viewer.team_id)
        assert (bought.weight_before, bought.change) == (0, spool.net_weight)


async def test_a_new_spool_is_full_and_its_weight_a_purchase(
    database: Database, viewer: Viewer
) -> None:
    """Without a remaining weight a spool holds its net weight, and one transaction says so."""
    told = listen(database)
    spool = await _create(database, viewer, replace(NEW, material=" nylon ", color_hex="#FF0000"))
    assert (spool.material, spool.color_hex) == ("Nylon", "#ff0000")
    assert spool.remaining_weight == Decimal(1000)
    rows = await _transactions(database, viewer, spool.id)
    assert [(row.type, row.weight_before, row.change, row.weight_after) for row in rows] == [
        (TransactionType.PURCHASE, Decimal(0), Decimal(1000), Decimal(1000))
    ]
    assert rows[0].user_id == viewer.user_id
    assert [type(item) for item in told] == [SpoolCreated]


async def test_a_price_gives_a_cost_per_gram_with_six_places(
    database: Database, viewer: Viewer
) -> None:
    """Price divided by net weight, rounded half-even; nothing without a price."""
    spool = await _create(database, viewer, replace(NEW, purchase_price=Decimal("19.99")))
    assert service.cost_per_gram(spool) == Decimal("0.019990")
    third = Spool(purchase_price=Decimal(1), net_weight=Decimal(3))
    assert service.cost_per_gram(third) == Decimal("0.333333")
    half = Spool(purchase_price=Decimal("0.0000125"), net_weight=Decimal(10))
    assert service.cost_per_gram(half) == Decimal("0.000001")
    assert service.cost_per_gram(await _create(database, viewer)) is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("material", "Wood"),
        ("color", "  "),
        ("color_hex", "red"),
        ("diameter", Decimal("1.8")),
        ("net_weight", Decimal(0)),
        ("net_weight", Decimal("NaN")),
        ("remaining_weight", Decimal(-1)),
        ("spool_weight", Decimal("-0.1")),
        ("purchase_price", Decimal("Infinity")),
        ("tray_uuid", "12"),
        ("brand", "x" * 201),
    ],
)
async def test_a_wrong_value_names_its_field(
    database: Database, viewer: Viewer, field: str, value: object
) -> None:
    """Nothing is stored, and the refusal says which field."""
    with pytest.raises(Invalid) as refused:
        await _create(database, viewer, replace(NEW, **{field: value}))
    assert refused.value.field == field
    assert await _names(database, viewer, SpoolFilter()) == []


async def test_ten_parallel_deductions_are_all_counted(database: Database, viewer: Viewer) -> None:
    """Ten times 10 g at once from 1000 g leave 900 g, and the transactions form one chain."""
    spool = await _create(database, viewer)
    await asyncio.gather(*(_deduct(database, viewer, spool.id, "10") for _ in range(10)))
    async with database.read(viewer.team_id) as session:
        stored = (await queries.by_ids(session, [spool.id]))[spool.id]
    assert stored.remaining_weight == Decimal(900)
    rows = await _transactions(database, viewer, spool.id)
    assert [row.weight_after for row in rows] == [Decimal(900 + 10 * n) for n in range(11)]
    assert sum(row.change for row in rows) == Decimal(900)


async def test_a_spool_never_gives_more_than_it_holds(database: Database, viewer: Viewer) -> None:
    """More than remains is INSUFFICIENT_FILAMENT and changes nothing; all that remains is fine."""
    spool = await _create(database, viewer, replace(NEW, net_weight=Decimal("6.3")))
    with pytest.raises(Conflict) as refused:
        await _deduct(database, viewer, spool.id, "6.301")
    assert refused.value.code == "INSUFFICIENT_FILAMENT"
    assert len(await _transactions(database, viewer, spool.id)) == 1
    assert (await _deduct(database, viewer, spool.id, "6.3")).remaining_weight == Decimal(0)


@pytest.mark.parametrize("grams", ["0", "-1", "0.0004", "NaN", "1e30"])
async def test_a_deduction_is_above_nothing(database: Database, viewer: Viewer, grams: str) -> None:
    """Zero, less, what rounds to zero and what is no weight at all are refused."""
    spool = await _create(database, viewer)
    with pytest.raises(Invalid) as refused:
        await _deduct(database, viewer, spool.id, grams)
    assert refused.value.field == "weight_grams"


async def test_running_low_is_told_once(database: Database, viewer: Viewer) -> None:
    """The event comes when the weight falls below a fifth, not again, and again after a refill."""
    spool = await _create(database, viewer)
    told = listen(database)
    for grams in ("800", "0.001", "10"):
        await _deduct(database, viewer, spool.id, grams)
    assert [type(item) for item in told] == [
        SpoolDeducted,
        SpoolRanLow,
        SpoolDeducted,
        SpoolDeducted,
    ]
    async with database.transaction(viewer.team_id) as session:
        changes = SpoolChanges(remaining_weight=Decimal(200))
        await service.update_spool(session, viewer, spool.id, changes)
    await _deduct(database, viewer, spool.id, "1")
    assert sum(isinstance(item, SpoolRanLow) for item in told) == 2


async def test_weighing_a_spool_is_an_adjustment(database: Database, viewer: Viewer) -> None:
    """A new remaining weight is recorded; other changes leave no transaction."""
    spool = await _create(database, viewer)
    for changes in (SpoolChanges(remaining_weight=Decimal("512.5")), SpoolChanges(brand="Acme")):
        async with database.transaction(viewer.team_id) as session:
            await service.update_spool(session, viewer, spool.id, changes)
    rows = await _transactions(database, viewer, spool.id)
    assert [(row.type, row.change) for row in rows] == [
        (TransactionType.ADJUSTMENT, Decimal("-487.5")),
        (TransactionType.PURCHASE, Decimal(1000)),
    ]


async def test_an_update_sets_what_is_given_and_empties_what_is_null(
    database: Database, viewer: Viewer
) -> None:
    """Absent fields stay as they are."""
    spool = await _create(database, viewer, replace(NEW, brand="Acme", supplier="Shop"))
    async with database.transaction(viewer.team_id) as session:
        changed = await service.update_spool(session, viewer, spool.id, SpoolChanges(brand=None))
    assert (changed.brand, changed.supplier, changed.color) == (None, "Shop", "Red")


async def test_a_used_spool_stays(database: Database, viewer: Viewer) -> None:
    """IN_USE once filament was taken; a spool nobody used goes, and its transactions with it."""
    used, fresh = await _create(database, viewer), await _create(database, viewer)
    await _deduct(database, viewer, used.id, "1")
    async with database.transaction(viewer.team_id) as session:
        with pytest.raises(Conflict) as refused:
            await service.delete_spool(session, viewer, used.id)
        assert refused.value.code == "IN_USE"
    async with database.transaction(viewer.team_id) as session:
        await service.delete_spool(session, viewer, fresh.id)
    assert await _transactions(database, viewer, fresh.id) == []
    assert len(await _names(database, viewer, SpoolFilter())) == 1


async def test_filters_compare_without_regard_to_case(database: Database, viewer: Viewer) -> None:
    """Material, brand and colour by equality; stock and low stock by weight."""
    for color, material, remaining in (
        ("Blue", "PLA", 200),
        ("Green", "PETG", 199),
        ("Black", "PLA", 0),
    ):
        new = NewSpool(
            material=material,
            color=color,
            brand="Acme",
            net_weight=Decimal(1000),
            remaining_weight=Decimal(remaining),
        )
        await _create(database, viewer, new)
    assert await _names(database, viewer, SpoolFilter(material="pla")) == ["Black", "Blue"]
    assert await _names(database, viewer, SpoolFilter(color="GREEN", brand="acme")) == ["Green"]
    assert await _names(database, viewer, SpoolFilter(brand="acm")) == []
    assert await _names(database, viewer, SpoolFilter(in_stock=True)) == ["Blue", "Green"]
    assert await _names(database, viewer, SpoolFilter(in_stock=False)) == ["Black"]
    assert await _names(database, viewer, SpoolFilter(low_stock=True)) == ["Black", "Green"]
    assert await _names(database, viewer, SpoolFilter(low_stock=False)) == ["Blue"]


async def test_spools_of_others_do_not_exist(database: Database, viewer: Viewer) -> None:
    """Another team's spool is not found by any action, and nothing is changed."""
    spool = await _create(database, viewer)
    stranger = await make_viewer(database, name="other")
    for spool_id in (spool.id, uuid4()):
        with pytest.raises(NotFound):
            await _deduct(database, stranger, spool_id, "1")
        async with database.transaction(stranger.team_id) as session:
            with pytest.raises(NotFound):
                await service.delete_spool(session, stranger, spool_id)
    assert len(await _transactions(database, viewer, spool.id)) == 1


async def test_changing_spools_needs_the_inventory_scope(
    database: Database, viewer: Viewer
) -> None:
    """A key that may only read, or act on printers, is refused before anything is looked up."""
    weak = with_scopes(viewer, Scope.READ, Scope.CONTROL)
    with pytest.raises(Forbidden):
        await _create(database, weak)
    with pytest.raises(Forbidden):
        await _deduct(database, weak, uuid4(), "1")
