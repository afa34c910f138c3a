"""How runs end: once, with all the filament they used or none of it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from app.accounts.models import Scope
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.events import (
    ProductionRunCancelled,
    ProductionRunCompleted,
    ProductionRunCreated,
    ProductionRunFailed,
    ProductionRunStarted,
    SpoolDeducted,
    SpoolRanLow,
)
from app.production import ending
from app.production.ending import Waste
from app.production.models import RunStatus
from app.spools.models import TransactionType
from app.spools.service import deduct_spool
from tests.app.production.making import Factory
from tests.farm import listen, make_viewer, with_scopes


async def test_completion_takes_what_was_used(factory: Factory) -> None:
    """Each spool is deducted once, with a transaction that names the run and the person."""
    red, blue = await factory.spool(), await factory.spool("300.5")
    run = await factory.run((red, "100", "96.25"), (blue, "200", "200.5"))
    told = listen(factory.database)
    done = await factory.complete(run.id)
    assert (done.run.status, done.inventory_updated) == (RunStatus.COMPLETED, True)
    assert {(item.spool_id, item.before, item.after, item.taken) for item in done.spools} == {
        (red, Decimal(1000), Decimal("903.75"), Decimal("96.25")),
        (blue, Decimal("300.5"), Decimal(100), Decimal("200.5")),
    }
    assert (await factory.weight(red), await factory.weight(blue)) == (
        Decimal("903.75"),
        Decimal(100),
    )
    row = (await factory.transactions(red))[-1]
    assert (row.type, row.production_run_id, row.user_id, row.reason) == (
        TransactionType.USAGE,
        run.id,
        factory.viewer.user_id,
        f"Production run {run.run_number}",
    )
    kinds = [type(item) for item in told]
    assert kinds.count(SpoolDeducted) == 2
    assert kinds.count(SpoolRanLow) == 1
    assert kinds[-1] is ProductionRunCompleted


async def test_the_same_spool_on_two_lines_is_deducted_by_the_sum(factory: Factory) -> None:
    """One transaction of both lines; when the sum is too much nothing is taken."""
    spool = await factory.spool(100)
    run = await factory.run((spool, "50", "50.1"), (spool, "50", "50"))
    with pytest.raises(Conflict) as refused:
        await factory.complete(run.id)
    assert refused.value.code == "INSUFFICIENT_FILAMENT"
    assert (await factory.stored(run.id)).status is RunStatus.IN_PROGRESS
    assert await factory.weight(spool) == Decimal(100)
    run = await factory.run((spool, "50", "49.5"), (spool, "50", "50"))
    done = await factory.complete(run.id)
    assert [item.taken for item in done.spools] == [Decimal("99.5")]
    assert len(await factory.transactions(spool)) == 2


async def test_one_short_spool_leaves_all_spools_alone(factory: Factory) -> None:
    """Of three spools the second holds too little: none is deducted."""
    spools = [await factory.spool(grams) for grams in (500, 10, 500)]
    run = await factory.run(*((spool, "20", "20") for spool in spools))
    with pytest.raises(Conflict):
        await factory.complete(run.id)
    assert [await factory.weight(spool) for spool in spools] == [500, 10, 500]


async def test_every_material_needs_its_usage(factory: Factory) -> None:
    """USAGE_MISSING while one has no actual weight; a run without materials just ends."""
    spool = await factory.spool()
    run = await factory.run((spool, "10", "10"), (spool, "10", None))
    with pytest.raises(Conflict) as refused:
        await factory.complete(run.id)
    assert refused.value.code == "USAGE_MISSING"
    assert await factory.weight(spool) == Decimal(1000)
    done = await factory.complete((await factory.run()).id)
    assert (done.run.status, done.inventory_updated) == (RunStatus.COMPLETED, False)


async def test_of_many_simultaneous_completions_one_succeeds(factory: Factory) -> None:
    """Sixty-four at once: one is done, the rest are refused, and the spool is deducted once."""
    spool = await factory.spool()
    run = await factory.run((spool, "10", "10"))
    done = await asyncio.gather(
        *(factory.complete(run.id) for _ in range(64)), return_exceptions=True
    )
    refused = [item for item in done if isinstance(item, BaseException)]
    assert {type(item) for item in refused} == {Conflict}
    assert [item.code for item in refused if isinstance(item, Conflict)] == [
        "INVALID_TRANSITION"
    ] * 63
    assert await factory.weight(spool) == Decimal(990)
    assert len(await factory.transactions(spool)) == 2


async def test_runs_and_deductions_that_share_spools_at_once(factory: Factory) -> None:
    """Runs over the same spools in any order, and deductions between: all end, all add up."""
    spools = [await factory.spool() for _ in range(3)]
    runs = [
        await factory.run(
            *((spool, "10", "10") for spool in (spools if number % 2 else reversed(spools)))
        )
        for number in range(8)
    ]

    async def deduct(number: int) -> None:
        async with factory.database.transaction(factory.viewer.team_id) as session:
            spool = spools[number % 3]
            await deduct_spool(session, factory.viewer, spool, Decimal(1), None)

    await asyncio.gather(
        *(factory.complete(run.id) for run in runs), *(deduct(number) for number in range(9))
    )
    assert [await factory.weight(spool) for spool in spools] == [Decimal(917)] * 3


async def test_a_pending_run_cannot_be_completed(factory: Factory) -> None:
    """It has to be at work first; a new run that is made as completed goes through that."""
    spool = await factory.spool()
    run = await factory.run((spool, "10", "10"), status=RunStatus.PENDING)
    with pytest.raises(Conflict) as refused:
        await factory.complete(run.id)
    assert refused.value.code == "INVALID_TRANSITION"
    told = listen(factory.database)
    done = await factory.run((spool, "10", "10"), status=RunStatus.COMPLETED)
    assert done.status is RunStatus.COMPLETED
    assert await factory.weight(spool) == Decimal(990)
    assert [type(item) for item in told if not isinstance(item, SpoolDeducted)] == [
        ProductionRunCreated,
        ProductionRunStarted,
        ProductionRunCompleted,
    ]


async def test_a_run_made_as_completed_fails_as_completion_does(factory: Factory) -> None:
    """Without usage, or with more than the spool holds, nothing is made and nothing taken."""
    spool = await factory.spool(5)
    for used, code in ((None, "USAGE_MISSING"), ("10", "INSUFFICIENT_FILAMENT")):
        with pytest.raises(Conflict) as refused:
            await factory.run((spool, "10", used), status=RunStatus.COMPLETED)
        assert refused.value.code == code
    assert await factory.weight(spool) == Decimal(5)


async def test_a_change_of_status_to_completed_does_the_same_work(factory: Factory) -> None:
    """Deducts once, refuses as completion does, and is no second completion."""
    spool = await factory.spool()
    run = await factory.run((spool, "10", None))
    with pytest.raises(Conflict) as refused:
        await factory.update(run.id, status=RunStatus.COMPLETED, notes="Done")
    assert refused.value.code == "USAGE_MISSING"
    assert (await factory.stored(run.id)).notes is None
    run = await factory.run((spool, "10", "12"))
    done = await factory.update(run.id, status=RunStatus.COMPLETED, quality_rating=5)
    assert (done.status, done.quality_rating) == (RunStatus.COMPLETED, 5)
    for again in (factory.complete(run.id), factory.update(run.id, status=RunStatus.COMPLETED)):
        with pytest.raises(Conflict) as refused:
            await again
        assert refused.value.code == "INVALID_TRANSITION"
    assert await factory.weight(spool) == Decimal(988)


async def test_completion_sets_times_and_sums(factory: Factory) -> None:
    """The time since the start unless one was entered, and the sums of the lines."""
    spool = await factory.spool()
    began = datetime.now(UTC) - timedelta(hours=2)
    run = await factory.run((spool, "10", "11.5"), (spool, "20", "0.5"), started_at=began)
    done = (await factory.complete(run.id)).run
    assert done.completed_at is not None
    assert done.actual_print_time == round((done.completed_at - began).total_seconds())
    assert (done.estimated_total_filament, done.actual_total_filament) == (30, 12)
    entered = await factory.run(started_at=began, actual_print_time=60)
    assert (await factory.complete(entered.id)).run.actual_print_time == 60


async def test_a_pause_is_no_print_time(factory: Factory) -> None:
    """Two hours since the start, one and a half of them paused."""
    now = datetime.now(UTC)
    run = await factory.run(started_at=now - timedelta(hours=2))
    await factory.update(run.id, status=RunStatus.PAUSED)
    async with factory.database.transaction(factory.viewer.team_id) as session:
        row = await ending.queries.locked(session, run.id)
        row.paused_at = now - timedelta(hours=1, minutes=30)
    done = (await factory.complete(run.id)).run
    assert done.actual_print_time in range(1_800, 1_830)
    assert done.paused_at is None


async def test_a_run_in_the_past_is_recorded(factory: Factory) -> None:
    """Made as completed with its own times, of which none is invented; an end before the start or
    to come is refused."""
    began = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
    ended = began + timedelta(hours=3)
    done = await factory.run(status=RunStatus.COMPLETED, started_at=began, completed_at=ended)
    assert (done.completed_at, done.actual_print_time) == (ended, 10_800)
    done = await factory.run(status=RunStatus.COMPLETED, completed_at=ended)
    assert (done.started_at, done.completed_at, done.actual_print_time) == (None, ended, None)
    done = await factory.run(status=RunStatus.COMPLETED, actual_print_time=60)
    assert done.actual_print_time == 60
    for wrong in (began - timedelta(seconds=1), datetime.now(UTC) + timedelta(days=1)):
        with pytest.raises(Invalid) as refused:
            await factory.run(status=RunStatus.COMPLETED, started_at=began, completed_at=wrong)
        assert refused.value.field == "completed_at"


async def test_waste_is_deducted_when_a_run_fails(factory: Factory) -> None:
    """What was used up in vain is waste, one transaction per spool, written on its lines."""
    red, blue = await factory.spool(), await factory.spool()
    run = await factory.run((red, "30", None), (red, "30", None), (blue, "10", None))
    told = listen(factory.database)
    waste = (Waste(red, Decimal(25)), Waste(red, Decimal("20.5")))
    done = await factory.fail(run.id, *waste, reason=" Layer shift ")
    assert (done.run.status, done.run.failure_reason) == (RunStatus.FAILED, "Layer shift")
    assert [(item.spool_id, item.taken) for item in done.spools] == [(red, Decimal("45.5"))]
    assert (await factory.transactions(red))[-1].type is TransactionType.WASTE
    assert (await factory.weight(red), await factory.weight(blue)) == (Decimal("954.5"), 1000)
    assert [row.actual_weight for row in await factory.materials(run.id)] == [
        Decimal(30),
        Decimal("15.5"),
        None,
    ]
    assert isinstance(told[-1], ProductionRunFailed)
    assert told[-1].reason == "Layer shift"


async def test_a_pending_run_can_be_cancelled(factory: Factory) -> None:
    """With or without waste."""
    spool = await factory.spool()
    told = listen(factory.database)
    run = await factory.run((spool, "10", "10"), status=RunStatus.PENDING)
    done = await factory.cancel(run.id)
    assert (done.run.status, done.inventory_updated) == (RunStatus.CANCELLED, False)
    assert isinstance(told[-1], ProductionRunCancelled)
    run = await factory.run((spool, "10", None))
    assert (await factory.cancel(run.id, Waste(spool, Decimal(4)))).inventory_updated
    assert await factory.weight(spool) == Decimal(996)


async def test_waste_is_refused_for_spools_of_others(factory: Factory) -> None:
    """A spool that is not of the run, a weight that is none, more than there is."""
    own, foreign = await factory.spool(5), await factory.spool()
    run = await factory.run((own, "10", None))
    for waste, field in (
        (Waste(foreign, Decimal(1)), "materials.1.spool_id"),
        (Waste(uuid4(), Decimal(1)), "materials.1.spool_id"),
        (Waste(own, Decimal(-1)), "materials.1.grams"),
    ):
        with pytest.raises(Invalid) as invalid:
            await factory.cancel(run.id, Waste(own, Decimal(1)), waste)
        assert invalid.value.field == field
    with pytest.raises(Conflict) as refused:
        await factory.fail(run.id, Waste(own, Decimal(6)))
    assert refused.value.code == "INSUFFICIENT_FILAMENT"
    with pytest.raises(Invalid) as invalid:
        await factory.fail(run.id, reason=" ")
    assert invalid.value.field == "failure_reason"
    assert (await factory.stored(run.id)).status is RunStatus.IN_PROGRESS
    assert await factory.weight(own) == Decimal(5)


async def test_what_prints_have_taken_is_not_taken_again(factory: Factory) -> None:
    """Of 30 g used 20 g are settled: completion takes 10 g; a failure with 15 g takes nothing."""
    spool = await factory.spool()

    async def settled() -> object:
        run = await factory.run((spool, "30", "30"))
        async with factory.database.transaction(factory.viewer.team_id) as session:
            (row,) = (await ending.queries.materials_of(session, [run.id]))[run.id]
            row.settled_weight = Decimal(20)
        return run.id

    assert [item.taken for item in (await factory.complete(await settled())).spools] == [10]
    done = await factory.fail(await settled(), Waste(spool, Decimal(15)))
    assert ([item.taken for item in done.spools], done.inventory_updated) == ([0], False)
    done = await factory.cancel(await settled(), Waste(spool, Decimal(26)))
    assert [item.taken for item in done.spools] == [6]
    assert await factory.weight(spool) == Decimal(984)


async def test_runs_of_others_do_not_exist(factory: Factory) -> None:
    """Not for another team, and not without the scope."""
    run = await factory.run()
    stranger = Factory(factory.database, await make_viewer(factory.database, name="other"))
    for end in (stranger.complete, stranger.fail, stranger.cancel):
        with pytest.raises(NotFound):
            await end(run.id)
    weak = Factory(factory.database, with_scopes(factory.viewer, Scope.READ, Scope.QUEUE))
    with pytest.raises(Forbidden):
        await weak.complete(run.id)
    assert (await factory.stored(run.id)).status is RunStatus.IN_PROGRESS
