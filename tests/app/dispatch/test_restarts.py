"""Servers that end, die or take over while prints are on their way: never twice, never stuck."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from app.database import EVERY_TEAM, Database
from app.dispatch import lease
from app.printers.orders import PrintOrder, StartAnswer
from app.simulator.farm import SimulatedFarm, SimulatorOptions
from tests.app.dispatch.house import QUICK, SPEED, House
from tests.running import RunningServer, eventually, running
from tests.schema.asking import change


@asynccontextmanager
async def _sims(*models: str) -> AsyncIterator[SimulatedFarm]:
    options = SimulatorOptions(printers=len(models), models=models, speed=SPEED, base_port=0)
    async with SimulatedFarm(options) as sims:
        yield sims


async def _stage(made: House, item_id: str, stage: str) -> None:
    async def there() -> bool:
        dispatch = (await made.item(item_id))["dispatch"]
        return bool(dispatch and dispatch["stage"] == stage)

    await eventually(there, 30)


def _mute(server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """The server dies in the very moment in which it would give an order."""
    reached = asyncio.Event()

    async def start_print(_printer_id: int, _order: PrintOrder) -> StartAnswer:
        reached.set()
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(server.runtime.ingest, "start_print", start_print)
    return reached


async def _spool(server: RunningServer, tag: str) -> str:
    """The id of a spool with this tag."""
    about = {"material": "PLA", "color": "white", "netWeight": "1000", "trayUuid": tag}
    made = await change(server, "createSpool", "spool { id }", **about)
    assert made["userErrors"] == []
    found: str = made["spool"]["id"]
    return found


async def _changes(server: RunningServer, spool: str) -> list[float]:
    """What prints took off a spool."""
    asked = """query($id: ID!) { node(id: $id) { ... on Spool {
        transactions { nodes { change archive { id } } } } } }"""
    found = (await server.graphql(asked, {"id": spool}))["node"]["transactions"]["nodes"]
    return [item["change"] for item in found if item["archive"]]


async def test_an_order_that_was_never_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have been given, as far as the database knows: after the limit it is given again."""
    async with _sims("p1s") as sims:
        async with running(tmp_path, timing=QUICK) as server:
            made = House(server, sims)
            await made.settle()
            reached = _mute(server, monkeypatch)
            item_id = await made.queue(await made.file())
            await reached.wait()
            assert (await made.item(item_id))["dispatch"]["stage"] == "COMMANDED"
        async with running(tmp_path, timing=QUICK) as server:
            made.server = server
            item = await made.becomes(item_id, "COMPLETED", 60)
        assert item["attempts"] == 2
        assert made.begun() == ["/Bracket-q1-2.3mf"]


async def test_a_print_that_ended_while_the_server_was_away(tmp_path: Path) -> None:
    """The printer shows that it printed it: the record is made, the item is done, and the spool
    that it was told to take is lighter, although nobody saw it in use."""
    async with _sims("x1c") as sims:
        sim = sims.printers[0].sim
        sim.quirks.start_delay_seconds = 60.0
        async with running(tmp_path, timing=QUICK) as server:
            made = House(server, sims)
            await made.settle()
            spool = await _spool(server, sim.renderer.tray_uuid(0))
            item_id = await made.queue(await made.file())
            await _stage(made, item_id, "ACCEPTED")
        await eventually(lambda: sim.machine.state == "FINISH", 30)
        async with running(tmp_path, timing=QUICK) as server:
            made.server = server
            item = await made.becomes(item_id, "COMPLETED", 30)
            assert item["attempts"] == 1
            (record,) = await made.history()
            assert (record["name"], record["status"]) == ("Bracket", "SUCCESS")
            assert record["progress"] == 100
            await eventually(lambda: _changes(server, spool), 30)
            assert await _changes(server, spool) == [-12.0]
        assert len(made.begun()) == 1


async def test_a_server_that_ends_while_it_sends_and_while_it_prints(tmp_path: Path) -> None:
    """What was not ordered is sent anew and does not count; what prints is the same print."""
    async with _sims("p1s", "a1") as sims:
        sims.printers[0].quirks.bytes_per_second = 3_000
        async with running(tmp_path, timing=QUICK) as server:
            made = House(server, sims)
            await made.settle()
            items = [
                await made.queue(
                    await made.file(f"Part {number}", number=number, seconds=600),
                    printerId=made.ids[number],
                )
                for number in (0, 1)
            ]
            await _stage(made, items[0], "UPLOADING")
            await _stage(made, items[1], "STARTED")
        sims.printers[0].quirks.bytes_per_second = None
        async with running(tmp_path, timing=QUICK) as server:
            made.server = server
            ended = [await made.becomes(item_id, "COMPLETED", 60) for item_id in items]
            assert [item["attempts"] for item in ended] == [1, 1]
            assert [len(made.begun(number)) for number in (0, 1)] == [1, 1]
            assert sorted(record["name"] for record in await made.history()) == ["Part 0", "Part 1"]


async def test_one_process_dispatches_and_another_takes_over(
    tmp_path: Path, postgres_url: str, redis_url: str
) -> None:
    """Two servers, one farm: every item is printed once, also when the one that sends dies."""
    shared: dict[str, Any] = {
        "database_url": postgres_url,
        "broadcast_url": redis_url,
        "timing": QUICK,
    }
    async with _sims("p1s", "p1s", "p1s") as sims, running(tmp_path, **shared) as first:
        made = House(first, sims)
        async with running(tmp_path, **shared) as second:
            await made.settle()
            archive = await made.file(seconds=240)
            items = [await made.queue(archive, printerId=made.ids[n]) for n in range(3)]
            for item_id in items:
                await _stage(made, item_id, "STARTED")
            leads = [server.runtime.dispatcher._leads for server in (first, second)]
            assert sorted(leads) == [False, True]
            # Whoever leads stops to renew, as a process does that hangs.
            leader, other = (first, second) if leads[0] else (second, first)
            made.server = other
            leader.runtime.dispatcher.desk.process_id = "somebody else"
            for item_id in items:
                await made.becomes(item_id, "COMPLETED", 60)
            for number in range(3):
                await made.clear(number)
            again = [await made.queue(archive, printerId=made.ids[n]) for n in range(3)]
            for item_id in again:
                await made.becomes(item_id, "COMPLETED", 60)
            assert [len(made.begun(number)) for number in range(3)] == [2, 2, 2]
            assert len(await made.history()) == 6


async def test_the_lease_belongs_to_one_until_it_expires(database: Database) -> None:
    """It is renewed by its owner alone, taken over when it has expired, and given back."""

    async def take(owner: str, ttl: float) -> bool:
        async with database.transaction(EVERY_TEAM) as session:
            return await lease.take(session, owner, ttl)

    async def holds(owner: str) -> bool:
        async with database.transaction(EVERY_TEAM) as session:
            return await lease.holds(session, owner)

    assert await take("one", 60)
    assert await take("one", 60)
    assert not await take("two", 60)
    assert await holds("one")
    assert not await holds("two")
    assert await take("one", -1)
    assert await take("two", 60)
    assert not await holds("one")
    async with database.transaction(EVERY_TEAM) as session:
        await lease.leave(session, "one")
    assert await holds("two")
    async with database.transaction(EVERY_TEAM) as session:
        await lease.leave(session, "two")
    assert await take("one", 60)


async def test_fifty_items_on_fifty_printers(tmp_path: Path) -> None:
    """All of them begin, each on a printer of its own."""
    async with _sims(*["p1s"] * 50) as sims, running(tmp_path) as server:
        made = House(server, sims)
        await made.settle()
        for printer in made.printers:
            for slot, model in zip(
                printer.sim.machine.slots, made.printers[0].sim.machine.slots, strict=True
            ):
                slot.material, slot.color = model.material, model.color
            printer.sim.push_all()
        archive = await made.file(seconds=3_000)
        await made.queue(archive, quantity=50)

        async def all_begun() -> bool:
            return all(len(made.begun(number)) == 1 for number in range(50))

        await eventually(all_begun, 60)
