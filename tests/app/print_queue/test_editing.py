"""Items are changed while they wait, cancelled at any time, copied, and held back by pauses."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from app.accounts.models import Scope, Team
from app.archives.models import Archive
from app.database import EVERY_TEAM, Database
from app.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from app.events import QueueItemAdded, QueueItemMoved, QueueItemUpdated, QueuePaused, QueueResumed
from app.files.models import FileContent, StoredFile
from app.plates.models import Plate
from app.print_queue import editing, pausing, queries, service
from app.print_queue.editing import Cancelled, QueueItemChanges
from app.print_queue.facts import queue_of_teams
from app.print_queue.models import Dispatch, DispatchStage, QueueItem, QueueStatus
from app.print_queue.service import NewQueueItem
from app.print_queue.wishes import FilamentChoice, PrintOptions, filaments_of, options_of
from app.printers.models import Printer
from tests.app.print_queue.test_queue import Farm
from tests.farm import NOON, listen, make_print, make_printer, make_viewer, with_scopes


@pytest.fixture
async def farm(database: Database) -> Farm:
    viewer = await make_viewer(database)
    printer = await make_printer(database, viewer)
    return Farm(database, viewer, printer, await make_print(database, printer))


async def copies(farm: Farm, **about: Any) -> list[int]:
    new = NewQueueItem(farm.archive.id, **about)
    async with farm.database.transaction(farm.viewer.team_id) as session:
        return [item.id for item in await service.add_copies(session, farm.viewer, new)]


async def change(farm: Farm, item_id: int, **about: Any) -> list[QueueItem]:
    async with farm.database.transaction(farm.viewer.team_id) as session:
        changes = QueueItemChanges(**about)
        return await editing.update_queue_item(session, farm.viewer, item_id, changes)


async def cancel(farm: Farm, item_id: int) -> Cancelled:
    async with farm.database.transaction(farm.viewer.team_id) as session:
        return await editing.cancel_queue_item(session, farm.viewer, item_id)


async def item_of(farm: Farm, item_id: int) -> QueueItem:
    async with farm.database.read(farm.viewer.team_id) as session:
        return (await queries.by_ids(session, [item_id]))[item_id]


async def dispatched(farm: Farm, item_id: int, stage: DispatchStage) -> None:
    async with farm.database.transaction(farm.viewer.team_id) as session:
        session.add(
            Dispatch(
                queue_item_id=item_id,
                printer_id=farm.printer.id,
                stage=stage,
                subtask_id=item_id,
                remote_path="/x.3mf",
                created_at=NOON,
            )
        )


async def test_copies_are_items_of_their_own(farm: Farm) -> None:
    """One behind the other, each told; out of range nothing is added."""
    told = listen(farm.database)
    ids = await copies(farm, quantity=3)
    assert await farm.order() == ids
    assert await farm.positions() == [1, 2, 3]
    assert [type(event) for event in told] == [QueueItemAdded] * 3
    for quantity in (0, 101):
        with pytest.raises(Invalid) as refused:
            await copies(farm, quantity=quantity)
        assert refused.value.field == "quantity"
    assert await farm.order() == ids


async def test_copies_keep_to_the_bound_of_the_queue(
    farm: Farm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of them find room, or none is added."""
    monkeypatch.setattr(service, "MAX_WAITING", 3)
    await copies(farm, quantity=2)
    with pytest.raises(Conflict):
        await copies(farm, quantity=2)
    assert await farm.positions() == [1, 2]


async def test_an_item_can_be_put_in_front(farm: Farm) -> None:
    """Others move back only where there is no room before them."""
    a, b = await copies(farm, quantity=2)
    told = listen(farm.database)
    (first,) = await copies(farm, first=True)
    assert await farm.order() == [first, a, b]
    assert await farm.positions() == [1, 2, 3]
    assert {event.queue_item_id for event in told if type(event) is QueueItemMoved} == {a, b}
    await farm.remove(first)
    told.clear()
    assert await farm.order() == [a, b]
    (again,) = await copies(farm, first=True)
    assert await farm.order() == [again, a, b]
    assert [type(event) for event in told] == [QueueItemAdded]


async def test_everything_of_a_waiting_item_can_be_changed(farm: Farm) -> None:
    """What is left out stays; what is given is checked, and told once."""
    (item_id,) = await copies(farm)
    told = listen(farm.database)
    choice = FilamentChoice(1, 0, 2)
    options = PrintOptions(bed_levelling=False, timelapse=True)
    await change(
        farm,
        item_id,
        printer_id=farm.printer.id,
        scheduled_time=NOON,
        plate=2,
        filaments=[choice],
        options=options,
        require_previous_success=True,
    )
    item = await item_of(farm, item_id)
    assert (item.printer_id, item.is_bound) == (farm.printer.id, True)
    assert (item.scheduled_time, item.plate, item.require_previous_success) == (NOON, 2, True)
    assert filaments_of(item) == (choice,)
    assert options_of(item) == options
    assert [type(event) for event in told] == [QueueItemUpdated]
    await change(farm, item_id, printer_id=None, plate=None)
    item = await item_of(farm, item_id)
    assert (item.printer_id, item.is_bound, item.plate) == (None, False, None)
    assert item.scheduled_time == NOON


@pytest.mark.parametrize(
    ("about", "kind", "field"),
    [
        ({"printer_id": 999}, NotFound, "printer_id"),
        ({"plate": 0}, Invalid, "plate"),
        ({"quantity": 0}, Invalid, "quantity"),
        ({"filaments": [FilamentChoice(0, 0, 0)]}, Invalid, "filaments"),
        ({"filaments": [FilamentChoice(1, 0, 4)]}, Invalid, "filaments"),
        ({"filaments": [FilamentChoice(1, 128, 1)]}, Invalid, "filaments"),
        ({"filaments": [FilamentChoice(1, None, 2)]}, Invalid, "filaments"),
        ({"filaments": [FilamentChoice(1, 7, 0)]}, Invalid, "filaments"),
        ({"filaments": [FilamentChoice(1, 0, 0), FilamentChoice(1, 0, 1)]}, Invalid, "filaments"),
    ],
)
async def test_a_wrong_change_changes_nothing(
    farm: Farm, about: dict[str, Any], kind: type[DomainError], field: str
) -> None:
    """The refused field is named."""
    (item_id,) = await copies(farm)
    with pytest.raises(kind) as refused:
        await change(farm, item_id, **({"require_previous_success": True} | about))
    assert refused.value.field == field
    assert (await item_of(farm, item_id)).require_previous_success is False


async def test_a_plate_that_the_file_does_not_have(farm: Farm) -> None:
    """It is refused where the item is made and where it is changed, with those there are."""
    async with farm.database.transaction(farm.viewer.team_id) as session:
        archive = await session.get_one(Archive, farm.archive.id)
        content = FileContent(sha256="0" * 64, key="k", size=1, created_at=NOON)
        session.add(content)
        await session.flush()
        file = StoredFile(sha256="0" * 64, size=1, media_type="model/3mf", created_at=NOON)
        session.add(file)
        await session.flush()
        for number, printable in ((1, True), (2, False), (3, True)):
            session.add(Plate(file_id=file.id, number=number, printable=printable))
        archive.file_id = file.id
    (item_id,) = await copies(farm, plate=3)
    for wrong in (copies(farm, plate=2), change(farm, item_id, plate=4)):
        with pytest.raises(Invalid) as refused:
            await wrong
        assert refused.value.field == "plate"
        assert refused.value.message == "The plates that can be printed are 1, 3."
    assert await farm.order() == [item_id]
    assert (await item_of(farm, item_id)).plate == 3


async def test_more_copies_of_a_waiting_item(farm: Farm) -> None:
    """They are like it is now and stand right behind it."""
    a, b = await copies(farm, quantity=2)
    rows = await change(farm, a, plate=3, quantity=3)  # its file may still come
    assert rows[0].id == a
    assert await farm.order() == [*(row.id for row in rows), b]
    assert {row.plate for row in rows} == {3}
    assert len(set(await farm.positions())) == 4


async def test_only_a_waiting_item_can_be_changed(farm: Farm) -> None:
    """One that is sent, printed or has ended is a conflict; of another team, not found."""
    (item_id,) = await copies(farm)
    for status in (QueueStatus.UPLOADING, QueueStatus.PRINTING, QueueStatus.FAILED):
        await farm.become(item_id, status)
        with pytest.raises(Conflict) as refused:
            await change(farm, item_id, plate=2)
        assert refused.value.field == "id"
    stranger = await make_viewer(farm.database, name="other")
    with pytest.raises(NotFound):
        await change(Farm(farm.database, stranger, farm.printer, farm.archive), item_id, plate=2)


async def test_a_waiting_item_is_cancelled_at_once(farm: Farm) -> None:
    """It stays in the list as cancelled, and cannot be cancelled again."""
    (item_id,) = await copies(farm)
    assert (await cancel(farm, item_id)).stop_printer is None
    item = await item_of(farm, item_id)
    assert item.status is QueueStatus.CANCELLED
    assert item.completed_at is not None
    with pytest.raises(Conflict):
        await cancel(farm, item_id)


@pytest.mark.parametrize("stage", list(DispatchStage)[:4])
async def test_an_item_on_its_way_is_marked(farm: Farm, stage: DispatchStage) -> None:
    """Only a print that has begun must be stopped by the caller."""
    (item_id,) = await copies(farm)
    sent = stage is DispatchStage.UPLOADING
    await farm.become(item_id, QueueStatus.UPLOADING if sent else QueueStatus.PRINTING)
    await dispatched(farm, item_id, stage)
    done = await cancel(farm, item_id)
    assert done.stop_printer == (farm.printer.id if stage is DispatchStage.STARTED else None)
    item = await item_of(farm, item_id)
    assert item.status is (QueueStatus.UPLOADING if sent else QueueStatus.PRINTING)
    assert item.cancel_requested_at is not None
    weak = Farm(farm.database, with_scopes(farm.viewer, Scope.QUEUE), farm.printer, farm.archive)
    if sent:
        await cancel(weak, item_id)
    else:
        with pytest.raises(Forbidden):
            await cancel(weak, item_id)


async def test_the_queue_and_each_printer_can_be_paused(farm: Farm) -> None:
    """Each is told once; other teams' printers do not exist."""
    told = listen(farm.database)
    printer_id = farm.printer.id

    async def pause(paused: bool, there: int | None = None) -> None:
        async with farm.database.transaction(farm.viewer.team_id) as session:
            await pausing.set_paused(session, farm.viewer, paused=paused, printer_id=there)

    for paused in (True, True, False):
        await pause(paused)
        await pause(paused, printer_id)
        async with farm.database.read(EVERY_TEAM) as session:
            assert await session.scalar(select(Team.queue_paused)) is paused
            assert await session.scalar(select(Printer.queue_paused)) is paused
    assert [(type(event), getattr(event, "printer_id", None)) for event in told] == [
        (QueuePaused, None),
        (QueuePaused, printer_id),
        (QueueResumed, None),
        (QueueResumed, printer_id),
    ]
    stranger = await make_viewer(farm.database, name="other")
    async with farm.database.transaction(stranger.team_id) as session:
        with pytest.raises(NotFound):
            await pausing.set_paused(session, stranger, paused=True, printer_id=printer_id)
        weak = with_scopes(stranger, Scope.READ)
        with pytest.raises(Forbidden):
            await pausing.set_paused(session, weak, paused=True)


async def test_the_facts_of_a_queue(farm: Farm) -> None:
    """Waiting items in order, every printer, what is being sent, and how the last one ended."""
    other = await make_printer(farm.database, farm.viewer, "Right")
    a, b, c = await copies(farm, quantity=3)
    (d,) = await copies(farm, require_previous_success=True)
    await farm.become(a, QueueStatus.PRINTING)
    await dispatched(farm, a, DispatchStage.STARTED)
    async with farm.database.transaction(farm.viewer.team_id) as session:
        for item_id, status, hours in ((b, "completed", 1), (c, "failed", 2)):
            item = await queries.locked(session, item_id)
            assert item is not None
            item.status, item.printer_id, item.started_at = QueueStatus(status), other.id, NOON
            item.completed_at = NOON.replace(hour=12 + hours)
    for scope in (farm.viewer.team_id, EVERY_TEAM):
        async with farm.database.read(scope) as session:  # type: ignore[arg-type]
            found = (await queue_of_teams(session, [farm.viewer.team_id]))[farm.viewer.team_id]
        assert [item.id for item in found.facts.items] == [d]
        assert [
            (place.printer.name, place.sending, place.last_outcome) for place in found.facts.places
        ] == [("Left", True, None), ("Right", False, QueueStatus.FAILED)]
        assert found.facts.team_paused is False
        assert found.facts.printables[d].reason == "There is no stored file of this archive."
