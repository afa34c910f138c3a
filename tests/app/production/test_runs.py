"""Production runs: numbers, lines, states, figures."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.errors import Conflict, Invalid, NotFound
from app.keyset import Window
from app.production import editing, figures, queries, service, statistics
from app.production.figures import Variance
from app.production.lines import NewRunItem, NewRunMaterial, RunItemChanges, RunMaterialChanges
from app.production.models import ENDED, ProductionRun, RunStatus
from app.production.orders import ORDERS
from app.production.queries import RunFilter
from app.production.service import NewRun
from app.production.states import STEPS
from app.products.lines import NewComponent
from app.products.service import delete_product
from app.projects.service import NewProject, create_project
from app.spools.service import delete_spool
from tests.app.production.making import Factory
from tests.farm import make_viewer

PENDING, AT_WORK, PAUSED = RunStatus.PENDING, RunStatus.IN_PROGRESS, RunStatus.PAUSED


async def _numbers(factory: Factory, wanted: RunFilter) -> list[str]:
    async with factory.database.read(factory.viewer.team_id) as session:
        page = await queries.page(session, wanted, ORDERS["run_number", False], Window(first=99))
        assert await queries.count(session, wanted) == len(page.rows)
        return [run.run_number[-3:] for run in page.rows]


async def test_numbers_count_the_runs_of_a_day_and_never_come_back(factory: Factory) -> None:
    """Twenty runs at once have twenty numbers without a gap; a deleted one is not given again."""
    made = await asyncio.gather(*(factory.run() for _ in range(20)))
    today = f"{datetime.now(UTC):%Y%m%d}"
    assert sorted(run.run_number for run in made) == [f"{today}-{n:03d}" for n in range(1, 21)]
    last = max(made, key=lambda run: run.run_number)
    async with factory.database.transaction(factory.viewer.team_id) as session:
        await service.delete_run(session, factory.viewer, last.id)
    assert (await factory.run()).run_number == f"{today}-021"
    other = Factory(factory.database, await make_viewer(factory.database, name="other"))
    assert (await other.run()).run_number == f"{today}-001"


@pytest.mark.parametrize("begin", list(RunStatus))
async def test_only_the_steps_of_the_table_are_taken(factory: Factory, begin: RunStatus) -> None:
    """From every state to every other, through a change: taken, or INVALID_TRANSITION."""

    async def reach() -> UUID:
        first = begin if begin in (PENDING, AT_WORK) else AT_WORK
        run = await factory.run(status=first)
        if begin is not first:
            await factory.update(run.id, status=begin, failure_reason="Clog")
        return run.id

    for step in RunStatus:
        run_id = await reach()
        work = factory.update(run_id, status=step, failure_reason="Clog")
        stays = step is begin and step not in ENDED
        if step in STEPS.get(begin, ()) or stays:
            if begin not in ENDED and step is not RunStatus.FAILED:
                work.close()
                work = factory.update(run_id, status=step)
            assert (await work).status is step
        else:
            with pytest.raises(Conflict) as refused:
                await work
            assert refused.value.code == "INVALID_TRANSITION"
            assert (await factory.stored(run_id)).status is begin


async def test_a_run_that_has_ended_takes_only_notes_and_ratings(factory: Factory) -> None:
    """Everything else is a conflict, its lines included, unless it says what is there already."""
    spool = await factory.spool()
    item = NewRunItem(await factory.product())
    run = await factory.run((spool, "5", "5"), items=[item], printer_name="Left")
    await factory.complete(run.id)
    changed = await factory.update(
        run.id, notes="Fine", quality_rating=4, quality_notes="A scar", printer_name="Left"
    )
    assert (changed.notes, changed.quality_rating, changed.quality_notes) == ("Fine", 4, "A scar")
    given: dict[str, Any]
    for given in (
        {"printer_name": "Right"},
        {"actual_print_time": 5},
        {"estimated_total_filament": Decimal(7)},
        {"started_at": None},
    ):
        with pytest.raises(Conflict) as refused:
            await factory.update(run.id, **given, notes="Changed")
        assert (refused.value.code, refused.value.field) == ("CONFLICT", next(iter(given)))
    (line,), (product,) = await factory.materials(run.id), await factory.items(run.id)
    viewer = factory.viewer
    for work in (
        lambda s: editing.add_item(s, viewer, run.id, item),
        lambda s: editing.update_item(s, viewer, product.id, RunItemChanges(quantity=2)),
        lambda s: editing.remove_item(s, viewer, product.id),
        lambda s: editing.add_material(s, viewer, run.id, NewRunMaterial(spool, Decimal(1))),
        lambda s: editing.update_material(
            s, viewer, line.id, RunMaterialChanges(actual_weight=Decimal(1))
        ),
        lambda s: editing.remove_material(s, viewer, line.id),
    ):
        async with factory.database.transaction(viewer.team_id) as session:
            with pytest.raises(Conflict):
                await work(session)
    assert (await factory.stored(run.id)).notes == "Fine"


async def test_items_are_estimated_by_what_products_cost(factory: Factory) -> None:
    """For all pieces, when they are added and when their number changes."""
    await factory.spool()
    part = await factory.product("10", name="Part")
    whole = await factory.product("50", components=[NewComponent(part, 2)])
    run = await factory.run(items=[NewRunItem(whole, 3)])
    (item,) = await factory.items(run.id)
    # 50 g at 0.02 and twice 10 g at 0.02, three times.
    assert (item.estimated_material_cost, item.estimated_total_cost) == (3, Decimal("4.2"))
    async with factory.database.transaction(factory.viewer.team_id) as session:
        changes = RunItemChanges(quantity=10, successful_quantity=7, failed_quantity=3)
        _, item = await editing.update_item(session, factory.viewer, item.id, changes, run.id)
    assert item.estimated_total_cost == 14


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"quantity": 0}, "quantity"),
        ({"quantity": 6}, "quantity"),
        ({"successful_quantity": -1}, "successful_quantity"),
        ({"successful_quantity": 11}, "successful_quantity"),
        ({"failed_quantity": 4}, "failed_quantity"),
    ],
)
async def test_results_never_exceed_the_quantity(
    factory: Factory, given: dict[str, int], field: str
) -> None:
    """Of ten pieces seven are good: at most three can have failed."""
    new = NewRunItem(await factory.product(), 10, successful_quantity=7)
    run = await factory.run(items=[new])
    (item,) = await factory.items(run.id)
    with pytest.raises(Invalid) as refused:
        async with factory.database.transaction(factory.viewer.team_id) as session:
            await editing.update_item(session, factory.viewer, item.id, RunItemChanges(**given))
    assert refused.value.field == field
    (stored,) = await factory.items(run.id)
    assert (stored.quantity, stored.successful_quantity, stored.failed_quantity) == (10, 7, 0)


async def test_the_actual_weight_is_before_less_after(factory: Factory) -> None:
    """Whichever comes last; more after than before, or another weight, is refused."""
    spool = await factory.spool()
    run = await factory.run((spool, "30", None))
    (line,) = await factory.materials(run.id)
    viewer = factory.viewer

    async def change(**given: str | None) -> Decimal | None:
        values = {name: None if v is None else Decimal(v) for name, v in given.items()}
        async with factory.database.transaction(viewer.team_id) as session:
            changes = RunMaterialChanges(**values)
            _, row = await editing.update_material(session, viewer, line.id, changes)
            return row.actual_weight

    assert await change(actual_weight="29") == 29
    assert await change(spool_weight_before="1250.5") == 29
    assert await change(spool_weight_after="1220.25") == Decimal("30.25")
    assert (await factory.stored(run.id)).actual_total_filament == Decimal("30.25")
    for given, field in (
        ({"spool_weight_after": "1250.501"}, "spool_weight_after"),
        ({"spool_weight_before": "1220"}, "spool_weight_after"),
        ({"actual_weight": "30"}, "actual_weight"),
        ({"actual_purge": "-1"}, "actual_purge"),
    ):
        with pytest.raises(Invalid) as refused:
            await change(**given)
        assert refused.value.field == field
    assert await change(actual_weight="30.25", actual_purge="2") == Decimal("30.25")


async def test_sums_of_the_lines_are_kept_with_the_run(factory: Factory) -> None:
    """With every change of a line; without lines what was entered stays."""
    spool, viewer = await factory.spool(), factory.viewer
    run = await factory.run(estimated_total_filament=Decimal(77))
    assert run.estimated_total_filament == 77
    async with factory.database.transaction(viewer.team_id) as session:
        new = NewRunMaterial(spool, Decimal("10.5"), Decimal("11"))
        run, first = await editing.add_material(session, viewer, run.id, new)
        run, _ = await editing.add_material(
            session, viewer, run.id, NewRunMaterial(spool, Decimal(1))
        )
    assert (run.estimated_total_filament, run.actual_total_filament) == (Decimal("11.5"), 11)
    async with factory.database.transaction(viewer.team_id) as session:
        run = await editing.remove_material(session, viewer, first.id)
    assert (run.estimated_total_filament, run.actual_total_filament) == (1, None)


async def test_unknown_rows_name_their_field(factory: Factory) -> None:
    """A product, a spool, a project, a line that is not there, or is another run's."""
    spool = await factory.spool()
    for given, field in (
        ({"items": [NewRunItem(uuid4())]}, "items.0.product_id"),
        ({"project_id": 99}, "project_id"),
    ):
        with pytest.raises(NotFound) as refused:
            await factory.run(**given)
        assert refused.value.field == field
    with pytest.raises(NotFound) as refused:
        await factory.run((spool, "1", None), (uuid4(), "1", None))
    assert refused.value.field == "materials.1.spool_id"
    run, other = await factory.run((spool, "1", None)), await factory.run()
    (line,) = await factory.materials(run.id)
    async with factory.database.transaction(factory.viewer.team_id) as session:
        for line_id, run_id in ((uuid4(), None), (line.id, other.id)):
            with pytest.raises(NotFound):
                await editing.remove_material(session, factory.viewer, line_id, run_id)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"quality_rating": 0}, "quality_rating"),
        ({"quality_rating": 6}, "quality_rating"),
        ({"estimated_print_time": -1}, "estimated_print_time"),
        ({"printer_name": "x" * 201}, "printer_name"),
        ({"estimated_total_filament": Decimal("NaN")}, "estimated_total_filament"),
        ({"started_at": datetime(2999, 1, 1, tzinfo=UTC)}, "started_at"),
        ({"completed_at": datetime(2020, 1, 1, tzinfo=UTC)}, "completed_at"),
    ],
)
async def test_a_wrong_value_names_its_field(
    factory: Factory, given: dict[str, Any], field: str
) -> None:
    """Nothing is changed."""
    run = await factory.run()
    with pytest.raises(Invalid) as refused:
        await factory.update(run.id, **given, notes="Changed")
    assert refused.value.field == field
    assert (await factory.stored(run.id)).notes is None


def test_variance_is_actual_less_estimated() -> None:
    """In percent to one place, half-even; null without an estimate or an actual."""

    def of(*values: Any) -> Variance:
        return figures.variance(
            ProductionRun(
                estimated_total_filament=values[0],
                actual_total_filament=values[1],
                estimated_print_time=values[2],
                actual_print_time=values[3],
            )
        )

    grams = (Decimal(80), Decimal("82.04"))
    assert of(*grams, 3_600, 3_000) == Variance(
        Decimal("2.04"), Decimal("2.6"), -600, Decimal("-16.7")
    )
    assert of(Decimal(80), Decimal("80.2"), None, 5) == Variance(
        Decimal("0.2"), Decimal("0.2"), None, None
    )
    assert of(Decimal(0), Decimal(5), 0, 5) == Variance(Decimal(5), None, 5, None)
    assert of(None, Decimal(5), 10, None) == Variance(None, None, None, None)


async def test_what_a_piece_costs(factory: Factory) -> None:
    """The filament that was used at the spools' prices, and the components, over good pieces."""
    cheap, dear = await factory.spool(price="20"), await factory.spool(price="40")
    part = await factory.product("100", name="Part")
    whole = await factory.product("50", components=[NewComponent(part, 1)])
    run = await factory.run(
        (cheap, "100", "150"),
        (dear, "100", "55.5"),
        items=[NewRunItem(whole, 4, successful_quantity=3, failed_quantity=1)],
    )
    cost = figures.run_cost(await factory.items(run.id), await factory.materials(run.id))
    # 150 g at 0.02 and 55.5 g at 0.04; four parts of 100 g at a mean of 0.03.
    assert (cost.material_cost, cost.component_cost) == (Decimal("5.22"), Decimal(12))
    assert (cost.total_cost, cost.cost_per_piece) == (Decimal("17.22"), Decimal("5.74"))
    unpriced = await factory.spool(price=None)
    run = await factory.run((unpriced, "1", "1"), items=[NewRunItem(whole, 1, 1)])
    cost = figures.run_cost(await factory.items(run.id), await factory.materials(run.id))
    assert (cost.material_cost, cost.cost_per_piece) == (None, None)


async def test_what_a_run_used_stays(factory: Factory) -> None:
    """Its spools and products are IN_USE, and itself once it took filament; else it goes."""
    spool, viewer = await factory.spool(), factory.viewer
    product = await factory.product()
    run = await factory.run((spool, "5", "5"), items=[NewRunItem(product)])

    async def kept(work: Any, row_id: UUID) -> None:
        with pytest.raises(Conflict) as refused:
            async with factory.database.transaction(viewer.team_id) as session:
                await work(session, viewer, row_id)
        assert refused.value.code == "IN_USE"

    await kept(delete_spool, spool)
    await kept(delete_product, product)
    async with factory.database.transaction(viewer.team_id) as session:
        await service.delete_run(session, viewer, run.id)
        await delete_product(session, viewer, product)
    run = await factory.run((spool, "5", "5"))
    await factory.complete(run.id)
    await kept(service.delete_run, run.id)


async def test_runs_are_filtered(factory: Factory) -> None:
    """By status, printer, project, product, time and words, all together."""
    vase, hook = await factory.product(), await factory.product(name="Hook")
    async with factory.database.transaction(factory.viewer.team_id) as session:
        project = await create_project(session, factory.viewer, NewProject("Fair"))
    began = datetime.now(UTC)
    await factory.run(status=PENDING, printer_name="X1 Left", items=[NewRunItem(vase)])
    await factory.run(printer_name="P1S", project_id=project.id, notes="For the fair")
    await factory.run(printer_name="x1 left", items=[NewRunItem(vase), NewRunItem(hook)])
    for wanted, expected in (
        (RunFilter(), "001 002 003"),
        (RunFilter(statuses=frozenset({AT_WORK, PAUSED})), "002 003"),
        (RunFilter(printer_name="X1 LEFT"), "001 003"),
        (RunFilter(printer_name="X1 LEFT", statuses=frozenset({AT_WORK})), "003"),
        (RunFilter(project_id=project.id), "002"),
        (RunFilter(product_id=vase), "001 003"),
        (RunFilter(product_id=hook), "003"),
        (RunFilter(search="FAIR for"), "002"),
        (RunFilter(search="-003"), "003"),
        (RunFilter(created_until=began), ""),
        (RunFilter(created_from=began), "001 002 003"),
    ):
        assert await _numbers(factory, wanted) == expected.split()


async def test_pages_of_every_order_meet_every_run_once(factory: Factory) -> None:
    """Forwards and backwards, with ties and missing values."""
    for number in range(5):
        odd = bool(number % 2)
        await factory.run(
            printer_name="A" if odd else None,
            status=AT_WORK if odd else PENDING,
            estimated_print_time=number if odd else None,
            quality_rating=3 if odd else None,
            notes="n" if odd else None,
        )

    async def walk(order: Any, direction: str) -> list[str]:
        edge, found, cursor = "after" if direction == "first" else "before", [], None
        async with factory.database.read(factory.viewer.team_id) as session:
            while True:
                window = Window(**{direction: 2, edge: cursor})
                page = await queries.page(session, RunFilter(), order, window)
                names = [row.run_number for row in page.rows]
                found = [*found, *names] if direction == "first" else [*names, *found]
                if not (page.has_next if direction == "first" else page.has_previous):
                    return found
                cursor = page.cursor(page.rows[-1 if direction == "first" else 0])

    for order in ORDERS.values():
        forwards = await walk(order, "first")
        assert len(set(forwards)) == 5, order.name
        assert await walk(order, "last") == forwards, order.name


async def test_figures_of_a_period(factory: Factory) -> None:
    """Runs that ended in it: how they ended, what they made, used, cost and took."""
    spool = await factory.spool()
    vase, hook = await factory.product(), await factory.product(name="Hook")
    began = datetime.now(UTC) - timedelta(hours=1)
    for used, good in (("10", 2), ("20.5", 3)):
        items = [NewRunItem(vase, 3, good, 3 - good), NewRunItem(hook)]
        run = await factory.run((spool, "10", used), items=items, started_at=began)
        await factory.update(run.id, actual_print_time=100)
        await factory.complete(run.id)
    await factory.cancel((await factory.run()).id)
    await factory.run(items=[NewRunItem(vase, 9)])
    async with factory.database.read(factory.viewer.team_id) as session:
        found = await statistics.totals(session, statistics.Period(start=began))
        assert await statistics.totals(session, statistics.Period(end=began)) == (
            statistics.RunTotals(0, 0, 0, 0, Decimal(0), Decimal(0), ())
        )
    assert (found.completed, found.failed, found.cancelled, found.total) == (2, 0, 1, 3)
    assert (found.success_rate, found.filament) == (Decimal("66.67"), Decimal("30.5"))
    assert (found.material_cost, found.print_time) == (Decimal("0.61"), 200)
    assert (found.successful_pieces, found.failed_pieces) == (5, 1)
    assert found.yield_rate == Decimal("83.33")
    assert [(row.product_id, row.runs, row.quantity) for row in found.products] == [
        (vase, 2, 6),
        (hook, 2, 2),
    ]


async def test_a_run_is_made_with_its_lines_or_not_at_all(factory: Factory) -> None:
    """A wrong second line leaves neither the run nor its number."""
    product = await factory.product()
    new = NewRun(items=[NewRunItem(product), NewRunItem(product, 0)])
    with pytest.raises(Invalid) as refused:
        async with factory.database.transaction(factory.viewer.team_id) as session:
            await service.create_run(session, factory.viewer, new)
    assert refused.value.field == "items.1.quantity"
    assert await _numbers(factory, RunFilter()) == []
    assert (await factory.run()).run_number.endswith("-001")
