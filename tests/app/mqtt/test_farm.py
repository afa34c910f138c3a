"""Several printers, several processes, a central broker, and a database that goes away."""

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from urllib.parse import urlsplit

import aiomqtt
import orjson
import pytest

from app.database import EVERY_TEAM
from app.errors import Unavailable
from app.mqtt.upkeep import PushallBudget
from app.printers import leases
from app.printers.status import ConnectionState, PrinterState
from tests.app.mqtt.fake_printer import FakePrinter
from tests.app.mqtt.farm import QUICK, Farm, until
from tests.app.mqtt.reports import p1, running


def serial(number):
    return f"01P00A{number:09d}"


def connected(farm, *printers):
    return lambda: all(farm.status(one).connection is ConnectionState.CONNECTED for one in printers)


class OnBroker:
    """A printer that reports over a central broker."""

    def __init__(self, client, serial_number):
        self.client = client
        self.serial = serial_number
        self.full = p1()
        self.requests = []

    async def report(self, **fields):
        await self.send({"print": {"command": "push_status", "msg": 1} | fields})

    async def push(self, **fields):
        self.full |= fields
        await self.send({"print": self.full})

    async def send(self, message):
        await self.client.publish(f"device/{self.serial}/report", orjson.dumps(message))


@asynccontextmanager
async def printers_on(broker_url, *serials):
    """Printers on a broker that answer pushall and commands."""
    where = urlsplit(broker_url)
    async with aiomqtt.Client(where.hostname, where.port) as client:
        printers = {one: OnBroker(client, one) for one in serials}
        for one in serials:
            await client.subscribe(f"device/{one}/request")

        async def answer():
            async for message in client.messages:
                printer = printers[message.topic.value.split("/")[1]]
                ((subsystem, body),) = orjson.loads(message.payload).items()
                printer.requests.append(body["command"])
                if body["command"] == "pushall":
                    await printer.push()
                elif body["command"] != "get_version":
                    await printer.send({subsystem: body | {"result": "success"}})

        answering = asyncio.create_task(answer())
        try:
            yield [printers[one] for one in serials]
        finally:
            answering.cancel()
            await asyncio.gather(answering, return_exceptions=True)


async def test_printers_on_a_central_broker(sqlite_url, broker_url, tmp_path):
    """Known by serial alone, beside one with an address; strangers are counted."""
    async with AsyncExitStack() as stack:
        first, second = await stack.enter_async_context(
            printers_on(broker_url, serial(11), serial(12))
        )
        lan = await stack.enter_async_context(FakePrinter(serial(13), tmp_path))
        farm = await stack.enter_async_context(Farm(sqlite_url, mqtt_url=broker_url).running())
        ids = [await farm.add(serial(11), None), await farm.add(serial(12), None)]
        ids.append(await farm.add(lan.serial, lan.port))
        await until(connected(farm, *ids))
        assert farm.ingest.broker_connected is True
        await first.push(**running(mc_percent=10))
        await farm.has_archives("printing")
        await farm.ingest.pause(ids[0])
        assert first.requests[-1] == "pause"
        assert "pause" not in second.requests
        await first.report(gcode_state="FINISH")
        await farm.has_archives("success")
        await first.client.publish("device/STRANGER0000001/report", b"{}")
        await until(lambda: farm.ingest.counts.unknown_serials == 1)


async def test_silence_on_a_central_broker(sqlite_url, broker_url):
    """No connection can break there: silence makes a printer stale, then offline."""
    timing = replace(QUICK, silence=0.3, broker_offline=0.8)
    async with (
        printers_on(broker_url, serial(21)) as (printer,),
        Farm(sqlite_url, mqtt_url=broker_url, timing=timing).running() as farm,
    ):
        printer_id = await farm.add(serial(21), None)
        seen = []
        farm.hub.listen(
            "status", lambda message: seen.append(farm.live.read(message).status.connection)
        )
        await until(connected(farm, printer_id))
        await until(lambda: ConnectionState.STALE in seen)
        await until(lambda: farm.status(printer_id).connection is ConnectionState.OFFLINE)
        await printer.report(mc_percent=1)
        await until(connected(farm, printer_id))


async def test_an_absent_broker_is_told(sqlite_url):
    """Printers of a broker that is away are offline with that cause."""
    timing = replace(QUICK, first_report=0.1)
    url = "mqtt://127.0.0.1:1"
    async with Farm(sqlite_url, mqtt_url=url, timing=timing).running() as farm:
        printer_id = await farm.add(serial(31), None)
        await until(lambda: farm.status(printer_id).connection is ConnectionState.OFFLINE)
        assert farm.status(printer_id).connection_detail == "The central broker cannot be reached."
        assert farm.ingest.broker_connected is False


async def test_many_unreachable_printers_do_not_starve_the_others(sqlite_url, tmp_path):
    """Addresses that accept and then say nothing keep nobody else waiting."""
    held = []

    async def hold(_reader, writer):
        held.append(writer)

    async with AsyncExitStack() as stack:
        mute = await asyncio.start_server(hold, "127.0.0.1", 0)
        stack.push_async_callback(mute.wait_closed)
        stack.callback(mute.close)
        stack.callback(lambda: [writer.transport.abort() for writer in held])
        farm = await stack.enter_async_context(Farm(sqlite_url).running())
        port = mute.sockets[0].getsockname()[1]
        for number in range(12):
            await farm.add(serial(40 + number), port)
        await until(lambda: len(held) == 12)
        printer = await stack.enter_async_context(FakePrinter(serial(60), tmp_path))
        printer_id = await farm.add(printer.serial, printer.port)
        await until(connected(farm, printer_id))


async def test_a_farm_is_asked_for_full_reports_one_after_another():
    """Two hundred printers back at once: at most twenty requests a second."""
    clock = asyncio.get_running_loop()
    budget = PushallBudget(200.0)
    began = clock.time()
    await asyncio.gather(*(budget.take() for _ in range(50)))
    assert clock.time() - began >= 49 / 200.0


async def test_transitions_wait_for_the_database(sqlite_url, tmp_path):
    """The database goes away in mid-print: statuses go on, and the history is complete after."""
    async with FakePrinter(serial(71), tmp_path) as printer, Farm(sqlite_url).running() as farm:
        printer_id = await farm.add(printer.serial, printer.port)
        await until(connected(farm, printer_id))
        transaction = farm.database.transaction

        @asynccontextmanager
        async def away(_scope):
            raise Unavailable("The database is not available, try again later.")
            yield

        farm.database.transaction = away
        for subtask in ("1", "2"):
            printer.push(**running(subtask_id=subtask, mc_percent=30))
            await until(lambda: farm.status(printer_id).state is PrinterState.PRINTING)
            printer.push(gcode_state="FINISH")
            await until(lambda: farm.status(printer_id).state is PrinterState.FINISHED)
        await until(lambda: farm.ingest.backlog >= 4)
        farm.database.transaction = transaction
        await farm.has_archives("success", "success")
        assert await farm.story() == ["print_started", "print_finished"] * 2
        await until(lambda: farm.ingest.backlog == 0)


@asynccontextmanager
async def two_processes(url, redis_url):
    async with Farm(url, "one", broadcast=redis_url).running() as one:
        await until(lambda: one.hub.connected)
        async with Farm(url, "two", broadcast=redis_url).running() as two:
            await until(lambda: two.hub.connected)
            yield one, two


async def test_processes_share_printers_statuses_and_commands(postgres_url, redis_url, tmp_path):
    """Each printer has one owner; statuses reach both processes, commands the owner."""
    async with AsyncExitStack() as stack:
        one, two = await stack.enter_async_context(two_processes(postgres_url, redis_url))
        printers = [
            await stack.enter_async_context(FakePrinter(serial(80 + number), tmp_path))
            for number in range(4)
        ]
        ids = [await one.add(printer.serial, printer.port) for printer in printers]
        await until(lambda: len(one.ingest.held) == len(two.ingest.held) == 2)
        assert one.ingest.held | two.ingest.held == set(ids)
        await until(connected(one, *ids))
        await until(connected(two, *ids))
        assert [printer.connected for printer in printers] == [1] * 4
        for printer in printers:
            printer.push(**running())
        await until(lambda: all(one.status(each).can_pause for each in ids))
        for each in ids:
            await one.ingest.pause(each)
        assert [printer.asked("pause") for printer in printers] == [1] * 4


async def test_a_dead_owner_is_replaced(postgres_url, redis_url, tmp_path, monkeypatch):
    """The owner dies without a word: the other takes over, with the same run and a later seq."""
    monkeypatch.setattr(leases, "TTL", leases.TTL / 10)
    async with AsyncExitStack() as stack:
        one, two = await stack.enter_async_context(two_processes(postgres_url, redis_url))
        printer = await stack.enter_async_context(FakePrinter(serial(91), tmp_path))
        printer_id = await one.add(printer.serial, printer.port)
        await until(lambda: one.ingest.held | two.ingest.held)
        owner, heir = (one, two) if one.ingest.held else (two, one)
        printer.push(**running(mc_percent=40))
        await owner.has_archives("printing")
        seq = owner.status(printer_id).seq

        async def nothing(*_anything):
            raise Unavailable("dead")

        # As after SIGKILL: no renewal, no release, no word to the hub, no socket.
        monkeypatch.setattr(owner.ingest, "_renew", nothing)
        monkeypatch.setattr(owner.live, "publish", lambda *_change: None)
        owner.ingest._workers[printer_id].cancel()
        await until(lambda: printer_id in heir.ingest.held)
        await until(connected(heir, printer_id))
        assert heir.status(printer_id).seq > seq
        # What the dead one still wanted to write is refused.
        owner.ingest._sessions[printer_id].receive(
            orjson.dumps(
                {"print": printer.full | {"gcode_state": "FAILED", "print_error": 50348032}}
            )
        )
        await until(lambda: owner.ingest.backlog == 0)
        assert len(await heir.open_runs()) == 1
        printer.push(gcode_state="FINISH")
        await heir.has_archives("success")
        assert await heir.story() == ["print_started", "print_finished"]


async def test_a_process_that_ends_gives_its_printers_back(postgres_url, redis_url, tmp_path):
    """At shutdown leases are released, so nobody waits for them to expire."""
    async with AsyncExitStack() as stack:
        printer = await stack.enter_async_context(FakePrinter(serial(95), tmp_path))
        heir = await stack.enter_async_context(
            Farm(postgres_url, "heir", broadcast=redis_url).running()
        )
        await until(lambda: heir.hub.connected)
        printer_id = await heir.add(printer.serial, printer.port)
        await until(connected(heir, printer_id))
        async with Farm(postgres_url, "guest", broadcast=redis_url).running() as guest:
            second = await stack.enter_async_context(FakePrinter(serial(96), tmp_path))
            second_id = await heir.add(second.serial, second.port)
            await until(lambda: guest.ingest.held and heir.ingest.held)
            await until(connected(heir, printer_id, second_id))
        await until(lambda: len(heir.ingest.held) == 2)
        async with heir.database.read(EVERY_TEAM) as session:
            assert await leases.owner_of(session, second_id) == "heir"


@pytest.mark.parametrize("printers", [7])
async def test_leases_are_shared_fairly(database, printers):
    """Two processes hold halves; a third gets its share when the others renew."""
    farm = Farm.__new__(Farm)
    farm.database = database
    farm.sealer = type("Open", (), {"seal": staticmethod(str.encode)})()
    for number in range(printers):
        await Farm.add(farm, serial(number), 8883)

    async def renew(process_id):
        async with database.transaction(EVERY_TEAM) as session:
            now = await leases.database_time(session)
            return (await leases.renew(session, process_id, now)).held

    assert len(await renew("a")) == 7
    assert len(await renew("b")) == 0
    assert len(await renew("a")) == 4
    assert len(await renew("b")) == 3
    assert len(await renew("c")) == 0
    held = [await renew(name) for name in ("a", "b", "c")]
    assert [len(part) for part in held] == [3, 3, 1]
    assert len(frozenset().union(*held)) == 7
    async with database.transaction(EVERY_TEAM) as session:
        assert await leases.holds(session, "a", min(held[0]))
        assert not await leases.holds(session, "b", min(held[0]))
        await leases.leave(session, "a")
    assert len(await renew("b")) == 4
