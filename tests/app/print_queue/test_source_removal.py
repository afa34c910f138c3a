"""An archive is deleted together with what the queue holds of it, unless that is under way."""

from __future__ import annotations

import asyncio

import pytest

from app.accounts.models import Scope
from app.archives import queries as archives
from app.database import Database
from app.errors import Conflict, Forbidden, NotFound
from app.events import ArchiveDeleted, QueueItemRemoved
from app.print_queue.models import QueueStatus
from app.print_queue.source_removal import remove_archive
from tests.app.print_queue.test_queue import Farm
from tests.farm import listen, make_print, make_printer, make_viewer, with_scopes


@pytest.fixture
async def farm(database: Database) -> Farm:
    viewer = await make_viewer(database)
    printer = await make_printer(database, viewer)
    return Farm(database, viewer, printer, await make_print(database, printer))


async def _remove(farm: Farm) -> None:
    async with farm.database.transaction(farm.viewer.team_id) as session:
        await remove_archive(session, farm.viewer, farm.archive.id)


async def _kept(farm: Farm) -> bool:
    async with farm.database.read(farm.viewer.team_id) as session:
        return farm.archive.id in await archives.by_ids(session, [farm.archive.id])


@pytest.mark.parametrize("status", [QueueStatus.UPLOADING, QueueStatus.PRINTING])
async def test_what_is_under_way_keeps_its_archive(farm: Farm, status: QueueStatus) -> None:
    """A conflict, nothing is changed, nothing told; once it has ended the archive can go."""
    waiting, under_way = await farm.add(), await farm.add(farm.printer.id)
    await farm.become(under_way, status)
    told = listen(farm.database)
    with pytest.raises(Conflict) as refused:
        await _remove(farm)
    assert refused.value.field == "id"
    assert sorted(await farm.order()) == [waiting, under_way]
    assert await _kept(farm)
    assert told == []
    await farm.become(under_way, QueueStatus.CANCELLED, 1)
    await _remove(farm)
    assert await farm.order() == []
    assert not await _kept(farm)


async def test_items_that_go_with_their_archive_are_told(farm: Farm) -> None:
    """Whoever follows the queue hears of each; those of other archives stay."""
    ids = [await farm.add(), await farm.add(farm.printer.id)]
    second = await make_print(farm.database, farm.printer)
    other = Farm(farm.database, farm.viewer, farm.printer, second)
    stays = await other.add()
    told = listen(farm.database)
    await _remove(farm)
    gone = [event.queue_item_id for event in told if isinstance(event, QueueItemRemoved)]
    assert gone == ids
    assert [type(event) for event in told if type(event) is not QueueItemRemoved] == [
        ArchiveDeleted
    ]
    assert await farm.order() == [stays]
    with pytest.raises(NotFound):
        await _remove(farm)


async def test_the_scope_is_asked_for_first(farm: Farm) -> None:
    """A key for the queue alone takes nothing out of it in this way."""
    item_id = await farm.add()
    weak = Farm(farm.database, with_scopes(farm.viewer, Scope.QUEUE), farm.printer, farm.archive)
    with pytest.raises(Forbidden):
        await _remove(weak)
    assert await farm.order() == [item_id]


async def test_adding_and_deleting_at_once_leaves_nothing_broken(farm: Farm) -> None:
    """Each item comes before the deletion and goes with it, told, or finds no such archive."""
    told = listen(farm.database)
    done = await asyncio.gather(
        *(farm.add() for _ in range(5)),
        _remove(farm),
        *(farm.add() for _ in range(5)),
        return_exceptions=True,
    )
    assert done[5] is None
    added = {each for each in done if isinstance(each, int)}
    assert all(isinstance(each, NotFound) for each in done if each not in (None, *added))
    gone = [event.queue_item_id for event in told if isinstance(event, QueueItemRemoved)]
    assert (len(gone), set(gone)) == (len(added), added)
    assert await farm.order() == []
