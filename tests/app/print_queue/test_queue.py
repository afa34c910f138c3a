"""The queue: one order for the team, whatever happens at once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import update

from app.accounts.models import Scope
from app.accounts.viewer import Viewer
from app.archives.models import Archive
from app.database import EVERY_TEAM, Database
from app.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from app.events import QueueItemAdded, QueueItemMoved, QueueItemRemoved
from app.keyset import Window
from app.print_queue import listing, service
from app.print_queue.models import QueueItem, QueueStatus
from app.print_queue.queries import QueueFilter
from app.print_queue.service import NewQueueItem
from app.printers.models import Printer
from tests.farm import NOON, begin, listen, make_print, make_printer, make_viewer, with_scopes

ANY = QueueFilter()


@dataclass(frozen=True)
class Farm:
    """A team with a printer and something to print again."""

    database: Database
    viewer: Viewer
    printer: Printer
    archive: Archive

    async def add(self, printer_id: int | None = None) -> int:
        async with self.database.transaction(self.viewer.team_id) as session:
            new = NewQueueItem(self.archive.id, printer_id)
            return (await service.add_to_queue(session, self.viewer, new)).id

    async def reorder(self, order: Sequence[int]) -> list[int]:
        async with self.database.transaction(self.viewer.team_id) as session:
            items = await service.reorder_queue(session, self.viewer, order)
            return [item.id for item in items]

    async def remove(self, item_id: int) -> None:
        async with self.database.transaction(self.viewer.team_id) as session:
            await service.remove_from_queue(session, self.viewer, item_id)

    async def become(self, item_id: int, status: QueueStatus, hours: int | None = None) -> None:
        ended = None if hours is None else NOON + timedelta(hours=hours)
        async with self.database.transaction(self.viewer.team_id) as session:
            await session.execute(
                update(QueueItem)
                .where(QueueItem.id == item_id)
                .values(status=status, completed_at=ended)
            )

    async def order(self, wanted: QueueFilter = ANY) -> list[int]:
        async with self.database.read(self.viewer.team_id) as session:
            page = await listing.page(session, wanted, Window(first=100))
            return [item.id for item in page.rows]

    async def positions(self) -> list[int]:
        async with self.database.read(self.viewer.team_id) as session:
            page = await listing.page(session, ANY, Window(first=100))
            return [item.position for item in page.rows]


@pytest.fixture
async def farm(database: Database) -> Farm:
    viewer = await make_viewer(database)
    printer = await make_printer(database, viewer)
    return Farm(database, viewer, printer, await make_print(database, printer))


async def test_items_are_added_at_the_end(farm: Farm) -> None:
    """Each gets the next position and is told."""
    told = listen(farm.database)
    ids = [await farm.add(), await farm.add(farm.printer.id)]
    assert await farm.order() == ids
    assert await farm.positions() == [1, 2]
    assert [type(item) for item in told] == [QueueItemAdded, QueueItemAdded]


async def test_items_added_at_once_get_positions_of_their_own(farm: Farm) -> None:
    """Ten at the same moment stand one behind the other."""
    await asyncio.gather(*(farm.add() for _ in range(10)))
    assert await farm.positions() == list(range(1, 11))


async def test_what_cannot_be_printed_is_refused(farm: Farm) -> None:
    """An unknown archive or printer, one of another team, or a print that is running."""
    stranger = await make_viewer(farm.database, name="other")
    foreign = await make_printer(farm.database, stranger)
    async with farm.database.transaction(EVERY_TEAM) as session:
        await begin(session, farm.printer, "Running")
    running = farm.archive.id + 1
    for new, kind, field in (
        (NewQueueItem(10_000), NotFound, "archive_id"),
        (NewQueueItem(farm.archive.id, foreign.id), NotFound, "printer_id"),
        (NewQueueItem(running), Conflict, "archive_id"),
    ):
        async with farm.database.transaction(farm.viewer.team_id) as session:
            with pytest.raises(kind) as refused:
                await service.add_to_queue(session, farm.viewer, new)
        assert isinstance(refused.value, DomainError)
        assert refused.value.field == field
    assert await farm.order() == []


async def test_the_queue_has_a_bound(farm: Farm, monkeypatch: pytest.MonkeyPatch) -> None:
    """Past it nothing more is taken; there is room again when something left."""
    monkeypatch.setattr(service, "MAX_WAITING", 2)
    first = await farm.add()
    await farm.add()
    with pytest.raises(Conflict):
        await farm.add()
    await farm.remove(first)
    assert await farm.add() > 0


async def test_a_part_of_the_order_comes_first(farm: Farm) -> None:
    """The named items move to the front, the others keep their order behind."""
    a, b, c, d = [await farm.add() for _ in range(4)]
    told = listen(farm.database)
    assert await farm.reorder([c, a]) == [c, a, b, d]
    assert await farm.order() == [c, a, b, d]
    assert await farm.positions() == [1, 2, 3, 4]
    assert {item.queue_item_id: item.position for item in told if type(item) is QueueItemMoved} == {
        c: 1,
        a: 2,
        b: 3,
    }


@pytest.mark.parametrize("case", ["unknown", "repeated", "printing", "foreign"])
async def test_a_wrong_order_changes_nothing(farm: Farm, case: str) -> None:
    """An id that is unknown, stands twice, does not wait, or belongs to another team."""
    a, b, c = [await farm.add() for _ in range(3)]
    order = {"unknown": [b, 10_000], "repeated": [b, a, b], "printing": [c, b], "foreign": [b, a]}
    if case == "printing":
        await farm.become(c, QueueStatus.PRINTING)
    acting = farm
    if case == "foreign":
        acting = Farm(farm.database, await make_viewer(farm.database), farm.printer, farm.archive)
    with pytest.raises(Invalid) as refused:
        await acting.reorder(order[case])
    assert refused.value.field == "order"
    assert await farm.order() == [a, b, c]


async def test_orders_given_at_once_end_in_one_of_them(farm: Farm) -> None:
    """Parallel changes never mix, and no position is used twice."""
    ids = [await farm.add() for _ in range(6)]
    orders = [ids[n:] + ids[:n] for n in range(1, 6)]
    await asyncio.gather(*(farm.reorder(order) for order in orders))
    assert await farm.order() in orders
    assert await farm.positions() == [1, 2, 3, 4, 5, 6]


async def test_a_running_item_cannot_be_removed(farm: Farm) -> None:
    """A waiting one goes; one that is sent or printed is a conflict; an unknown one not found."""
    waiting, sending, printing = [await farm.add() for _ in range(3)]
    await farm.become(sending, QueueStatus.UPLOADING)
    await farm.become(printing, QueueStatus.PRINTING)
    told = listen(farm.database)
    for item_id in (sending, printing):
        with pytest.raises(Conflict):
            await farm.remove(item_id)
    await farm.remove(waiting)
    with pytest.raises(NotFound):
        await farm.remove(waiting)
    assert await farm.order() == [sending, printing]
    assert [type(item) for item in told] == [QueueItemRemoved]


async def test_the_list_goes_on_with_what_ended(farm: Farm) -> None:
    """Waiting and running in queue order, then ended ones, the latest end first; page by page
    in either direction the same rows come, none twice."""
    ids = [await farm.add() for _ in range(6)]
    await farm.become(ids[0], QueueStatus.COMPLETED, hours=1)
    await farm.become(ids[1], QueueStatus.FAILED, hours=3)
    await farm.become(ids[2], QueueStatus.PRINTING)
    await farm.become(ids[4], QueueStatus.CANCELLED, hours=2)
    expected = [ids[2], ids[3], ids[5], ids[1], ids[4], ids[0]]
    assert await farm.order() == expected
    async with farm.database.read(farm.viewer.team_id) as session:
        forward: list[int] = []
        after = None
        while True:
            page = await listing.page(session, ANY, Window(first=2, after=after))
            forward += [item.id for item in page.rows]
            assert page.has_next == (len(forward) < 6)
            after = page.cursor(page.rows[-1])
            if not page.has_next:
                break
        assert forward == expected
        back: list[int] = []
        before = None
        while True:
            page = await listing.page(session, ANY, Window(last=4, before=before))
            back = [*(item.id for item in page.rows), *back]
            before = page.cursor(page.rows[0])
            if not page.has_previous:
                break
        assert back == expected
        for offset in range(7):
            page = await listing.page(session, ANY, Window(first=2, offset=offset))
            assert [item.id for item in page.rows] == expected[offset : offset + 2]
        with pytest.raises(Invalid):
            await listing.page(session, ANY, Window(first=2, after="bm9uZQ"))


async def test_the_list_is_filtered_by_status_and_printer(farm: Farm) -> None:
    """Both conditions hold together."""
    a, b, c = await farm.add(), await farm.add(farm.printer.id), await farm.add(farm.printer.id)
    await farm.become(c, QueueStatus.COMPLETED, hours=1)
    assert await farm.order(QueueFilter(printer_id=farm.printer.id)) == [b, c]
    pending = frozenset({QueueStatus.PENDING})
    assert await farm.order(QueueFilter(statuses=pending)) == [a, b]
    assert await farm.order(QueueFilter(farm.printer.id, pending)) == [b]


async def test_changing_the_queue_needs_its_scope(farm: Farm) -> None:
    """A key that may only read is refused."""
    weak = Farm(farm.database, with_scopes(farm.viewer, Scope.READ), farm.printer, farm.archive)
    for action in (weak.add(), weak.reorder([1]), weak.remove(1)):
        with pytest.raises(Forbidden):
            await action
