"""Two server processes of one farm share one connection to a printer's camera."""

import contextlib
import signal

import pytest

from app.camera import service
from app.database import EVERY_TEAM
from app.printers import leases
from app.simulator.farm import SimulatedFarm, SimulatorOptions
from app.simulator.jobs import Job
from tests.commands.process import serving
from tests.running import RunningServer, eventually, running


@contextlib.asynccontextmanager
async def pair(tmp_path, postgres_url, redis_url):
    """Two servers and a printer; the first of the servers holds it, the second does not."""
    shared = {"database_url": postgres_url, "broadcast_url": redis_url, "secret_key": "k" * 40}
    async with contextlib.AsyncExitStack() as stack:
        options = SimulatorOptions(models=("p1s",), base_port=0, speed=60)
        farm = await stack.enter_async_context(SimulatedFarm(options))
        printer = farm.printers[0]
        printer.quirks.camera_pictures_per_second = 20
        printer.sim.start(Job("Gear", 600, 50))
        servers = [
            await stack.enter_async_context(running(tmp_path / name, **shared)) for name in "ab"
        ]
        for server in servers:
            await eventually(lambda hub=server.runtime.hub: hub.connected)
        await servers[0].add(printer)

        async def owner():
            async with servers[0].runtime.database.read(EVERY_TEAM) as session:
                return await leases.owner_of(session, 1)

        holder = await eventually(owner)
        servers.sort(key=lambda each: each.runtime.process_id != holder)
        yield servers[0], servers[1], printer


@pytest.mark.timeout(120)
async def test_both_processes_show_one_connection(tmp_path, postgres_url, redis_url, monkeypatch):
    """Whichever is asked: one viewer at the printer. Stopped at one, stopped at both."""
    monkeypatch.setattr(service, "LINGER_SECONDS", 1.0)
    async with pair(tmp_path, postgres_url, redis_url) as (here, there, printer):
        path = "/api/v1/printers/1/camera"
        for server in (there, here, there):
            answer = await server.client().get(f"{path}/snapshot")
            assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
        watcher = there.runtime.cameras.watch(1, 30)
        for _ in range(5):
            assert (await watcher.next())[:2] == b"\xff\xd8"
        assert printer.camera.served == 1
        assert printer.camera.viewers == 1
        watcher.close()
        await eventually(lambda: printer.camera.viewers == 0)
        assert not here.runtime.cameras._relays

        near, far = here.runtime.cameras.watch(1), there.runtime.cameras.watch(1)
        assert await near.next()
        assert await far.next()
        assert printer.camera.served == 2
        assert (await there.client().post(f"{path}/stop")).json() == {"status": "stopped"}
        await eventually(lambda: near.closed and far.closed and printer.camera.viewers == 0)
        assert printer.camera.served == 2


@pytest.mark.timeout(120)
async def test_the_reason_reaches_the_other_process(tmp_path, postgres_url, redis_url, monkeypatch):
    """Why there is no picture is told where it was asked for."""
    async with pair(tmp_path, postgres_url, redis_url) as (_here, there, printer):
        await printer.camera.stop()
        answer = await there.client().get("/api/v1/printers/1/camera/snapshot")
        assert answer.status_code == 503
        assert "refuses connections" in answer.json()["detail"]


@pytest.mark.timeout(120)
async def test_a_stream_outlives_the_process_that_held_the_camera(
    tmp_path, postgres_url, redis_url
):
    """Killed without a word: the other one takes the printer over and goes on showing it to those
    who watch."""
    shared = {"database_url": postgres_url, "broadcast_url": redis_url, "secret_key": "k" * 40}
    async with contextlib.AsyncExitStack() as stack:
        options = SimulatorOptions(models=("p1s",), base_port=0, speed=60)
        farm = await stack.enter_async_context(SimulatedFarm(options))
        printer = farm.printers[0]
        printer.quirks.camera_pictures_per_second = 20
        printer.sim.start(Job("Gear", 600, 50))
        doomed = await stack.enter_async_context(serving(tmp_path / "a", **shared))
        # It is alone when the printer is added, so it is the one that holds it.
        await RunningServer(None, doomed.base).add(printer)
        path = "/api/v1/printers/1/camera/snapshot"

        async def shown():
            return (await doomed.get(path)).status_code == 200

        await eventually(shown)
        there = await stack.enter_async_context(running(tmp_path / "b", **shared))
        await eventually(lambda: there.runtime.hub.connected)
        watcher = there.runtime.cameras.watch(1, 30)
        assert await watcher.first(10)
        assert (printer.camera.served, printer.camera.viewers) == (1, 1)
        await doomed.end(signal.SIGKILL)
        await eventually(lambda: printer.camera.served == 2, 60)
        assert await watcher.next()
        assert await watcher.next()
        async with there.runtime.database.read(EVERY_TEAM) as session:
            assert await leases.owner_of(session, 1) == there.runtime.process_id
