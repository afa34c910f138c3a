"""Prints of simulated printers of every family, over sockets, through all their accidents."""

import asyncio

import orjson
import pytest

from app.printers.status import ConnectionState, PrinterState
from app.simulator.farm import SimulatedFarm, SimulatorOptions
from app.simulator.jobs import Filament, Job
from tests.app.mqtt.farm import Farm, until

FAMILIES = ("p1s", "a1mini", "x1c", "p2s", "h2d")


@pytest.fixture
async def farm(sqlite_url):
    async with Farm(sqlite_url).running() as running:
        yield running


async def simulated(stack_farm, farm):
    """Add all printers of a simulated farm and wait until they report."""
    ids = []
    for printer in stack_farm.printers:
        about = printer.describe()
        ids.append(
            await farm.add(
                about["serial_number"],
                about["mqtt_port"] if printer.broker else None,
                code=about["access_code"],
                model=about["model"],
            )
        )
    await until(
        lambda: all(farm.status(each).connection is ConnectionState.CONNECTED for each in ids)
    )
    return ids


def job(name="bracket", seconds=60, **fields):
    return Job(
        name,
        seconds=seconds,
        layers=20,
        filaments=(Filament("PETG", "00FF00", 12.0),),
        prepare=2,
        warm_up=2,
        **fields,
    )


def options(models=("p1s",), printers=1, speed=60.0, broker=None):
    return SimulatorOptions(
        printers=printers, models=models, speed=speed, base_port=0, broker=broker
    )


async def test_a_clean_print_of_each_family(farm):
    """One archive each, begun and finished once, with layers that only grow for subscribers."""
    async with SimulatedFarm(options(FAMILIES, len(FAMILIES), speed=30)) as sims:
        ids = await simulated(sims, farm)
        layers = {each: [] for each in ids}

        def hear(message):
            status = farm.live.read(message).status
            if status.state is PrinterState.PRINTING and status.current_layer is not None:
                layers[int(message.key)].append(status.current_layer)

        farm.hub.listen("status", hear)
        for printer in sims.printers:
            printer.sim.start(job())
        await farm.has_archives(*["success"] * len(FAMILIES))
        archives = await farm.archives()
        assert {archive.printer_id for archive in archives} == set(ids)
        assert {archive.name for archive in archives} == {"bracket"}
        assert {archive.progress for archive in archives} == {100}
        story = await farm.story()
        assert sorted(story) == ["print_finished"] * 5 + ["print_started"] * 5
        for seen in layers.values():
            assert seen == sorted(seen)
            assert seen


@pytest.mark.parametrize("model", FAMILIES)
async def test_cancels_and_faults_of_each_family(farm, model):
    """Cancelled at the printer, stopped from here, failed: each once, with the percent reached."""
    async with SimulatedFarm(options((model,), speed=30)) as sims:
        (printer_id,) = await simulated(sims, farm)
        sim = sims.printers[0].sim
        for number, end in enumerate(("cancel", "stop", "fail")):
            sim.start(job(f"print {number}", seconds=120))
            await until(lambda: (farm.status(printer_id).progress or 0) > 10)
            if end == "cancel":
                sim.machine.cancel()
                sim.report()
            elif end == "stop":
                await farm.ingest.stop(printer_id)
            else:
                sim.machine.fail(0x03000100, 0x00010007)
                sim.report()
            await farm.has_archives(*["stopped", "stopped", "failed"][: number + 1])
            await until(lambda: not farm.status(printer_id).is_active)
        archives = await farm.archives()
        assert all(10 < archive.progress < 100 for archive in archives)
        assert archives[0].failure_reason == "Cancelled at the printer."
        assert archives[1].failure_reason == "Stopped from here."
        assert "temperature sensor" in archives[2].failure_reason
        assert (await farm.printer(printer_id)).awaiting_plate_clear


async def test_pausing_from_here(farm):
    """The printer pauses and goes on; both are told."""
    async with SimulatedFarm(options(speed=30)) as sims:
        (printer_id,) = await simulated(sims, farm)
        sims.printers[0].sim.start(job(seconds=300))
        await until(lambda: farm.status(printer_id).can_pause)
        await farm.ingest.pause(printer_id)
        await until(lambda: farm.status(printer_id).can_resume)
        await farm.ingest.resume(printer_id)
        await until(lambda: farm.status(printer_id).can_pause)
        await farm.tells("print_started", "print_paused", "print_resumed")


@pytest.mark.parametrize("model", ["p1s", "p2s"])
async def test_the_same_file_back_to_back(farm, model):
    """Two prints of one file are two archives, also where nothing but names tells them apart."""
    async with SimulatedFarm(options((model,), speed=60)) as sims:
        await simulated(sims, farm)
        for done in (1, 2):
            sims.printers[0].sim.start(job(seconds=30))
            await farm.has_archives(*["success"] * done)
        assert await farm.story() == ["print_started", "print_finished"] * 2


@pytest.mark.parametrize("model", ["p1s", "x1c", "h2d"])
async def test_a_print_that_ends_while_nobody_looks(farm, model):
    """Offline at the end, finished when seen again: the same archive, a success."""
    async with SimulatedFarm(options((model,), speed=60)) as sims:
        (printer_id,) = await simulated(sims, farm)
        printer = sims.printers[0]
        printer.sim.start(job(seconds=240))
        await until(lambda: (farm.status(printer_id).progress or 0) > 20)
        await printer.power_off()
        await until(lambda: farm.status(printer_id).connection is ConnectionState.OFFLINE)
        await until(lambda: printer.sim.machine.state == "FINISH")
        assert [archive.status.value for archive in await farm.archives()] == ["printing"]
        await printer.power_on()
        await farm.has_archives("success")
        assert await farm.story() == ["print_started", "print_finished"]


async def test_garbage_between_reports(farm):
    """Broken messages cost neither the session nor the end of the print."""
    async with SimulatedFarm(options(speed=60)) as sims:
        await simulated(sims, farm)
        sim = sims.printers[0].sim
        sim.start(job(seconds=120))
        await farm.has_archives("printing")
        for _ in range(20):
            sim.garbage(20)
            await asyncio.sleep(0.02)
        await farm.has_archives("success")
        assert farm.ingest.counts.unreadable > 0
        assert farm.ingest.counts.broken == 0


async def test_a_rotated_access_code(farm):
    """Rejected in words until the new code is entered, then connected at once."""
    async with SimulatedFarm(options()) as sims:
        (printer_id,) = await simulated(sims, farm)
        sims.printers[0].change_code("87654321")
        await until(
            lambda: farm.status(printer_id).connection is ConnectionState.ACCESS_CODE_REJECTED
        )
        await farm.change(printer_id, sealed_access_code=farm.sealer.seal("87654321"))
        await until(lambda: farm.status(printer_id).connection is ConnectionState.CONNECTED)


async def test_simulated_printers_on_a_central_broker(sqlite_url, broker_url):
    """The same prints through one broker, known by serial alone."""
    async with (
        Farm(sqlite_url, mqtt_url=broker_url).running() as farm,
        SimulatedFarm(options(FAMILIES, 10, broker=broker_url)) as sims,
    ):
        await simulated(sims, farm)
        for printer in sims.printers:
            printer.sim.start(job())
        await farm.has_archives(*["success"] * 10)
        assert farm.ingest.broker_connected is True


async def test_a_developer_mode_that_is_off(farm):
    """Commands are refused: a state of its own, with what to do about it."""
    async with SimulatedFarm(options(("p2s",))) as sims:
        (printer_id,) = await simulated(sims, farm)
        sims.printers[0].sim.renderer.developer_mode = False
        with pytest.raises(Exception, match="Developer Mode"):
            await farm.ingest.set_light(printer_id, on=False)
        await until(lambda: farm.status(printer_id).connection is ConnectionState.CONTROL_REFUSED)
        assert farm.status(printer_id).is_live


async def test_a_printer_that_tells_its_mode_need_not_be_tried(farm):
    """Off is known before any command is sent, from the first report on; so is on again."""
    async with SimulatedFarm(options(("p2s",))) as sims:
        renderer = sims.printers[0].sim.renderer
        (printer_id,) = await simulated(sims, farm)

        def stands(state):
            return lambda: farm.status(printer_id).connection is state

        await until(stands(ConnectionState.CONNECTED))
        renderer.developer_mode = False
        await until(stands(ConnectionState.CONTROL_REFUSED))
        assert "Developer Mode" in farm.status(printer_id).connection_detail
        await sims.printers[0].power_off()
        await until(lambda: not farm.status(printer_id).is_live)
        await sims.printers[0].power_on()
        await until(stands(ConnectionState.CONTROL_REFUSED))
        renderer.developer_mode = True
        await until(stands(ConnectionState.CONNECTED))


async def test_what_simulated_printers_show(farm):
    """Temperatures, spools, firmware and model abilities arrive for every family."""
    async with SimulatedFarm(options(FAMILIES, len(FAMILIES))) as sims:
        ids = await simulated(sims, farm)
        await until(lambda: all(farm.status(each).firmware_version for each in ids))
        for printer, each in zip(sims.printers, ids, strict=True):
            status = farm.status(each)
            assert status.temperatures.nozzle is not None, printer.sim.name
            assert status.temperatures.bed is not None
            assert status.ams
            assert any(tray.material for unit in status.ams for tray in unit.trays)
            has_sensor = printer.sim.profile.product not in ("P1S", "A1 mini")
            assert (status.temperatures.chamber is not None) is has_sensor
        assert orjson.dumps(farm.status(ids[0]))
        dual = farm.status(ids[FAMILIES.index("h2d")])
        assert len(dual.temperatures.nozzles) == 2
