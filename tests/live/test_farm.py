"""From a printer's report to GraphQL, subscriptions and the history, over real sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app.simulator.farm import SimulatedFarm, SimulatorOptions
from app.simulator.jobs import Filament, Job
from tests.running import RunningServer, eventually, running

SPEED = 60.0
STATES = """{ printers { nodes { name status { state connection connectionDetail progress
    temperatures { chamber } ams { trays { material remaining } } } } } }"""
ARCHIVES = """{ archives { totalCount nodes { name status progress duration filamentType
    failureReason printer { name } } } statistics { totalPrints successfulPrints stoppedPrints
    failedPrints } }"""


def _job(name: str = "Benchy", seconds: float = 90.0) -> Job:
    return Job(
        name, seconds=seconds, layers=30, filaments=(Filament(),), prepare=10.0, warm_up=15.0
    )


@pytest.fixture
async def farm() -> AsyncIterator[SimulatedFarm]:
    """One printer of each flavour, time sixty times as fast."""
    models = ("p1s", "a1mini", "x1c-old", "p2s", "h2d")
    options = SimulatorOptions(printers=5, models=models, speed=SPEED, base_port=0)
    async with SimulatedFarm(options) as started:
        yield started


async def _states(server: RunningServer) -> list[dict[str, Any]]:
    nodes: list[dict[str, Any]] = (await server.graphql(STATES))["printers"]["nodes"]
    return nodes


async def _all(server: RunningServer, **wanted: str) -> bool:
    states = [node["status"] for node in await _states(server)]
    return all(state[name] == value for state in states for name, value in wanted.items())


async def _history(server: RunningServer) -> list[dict[str, Any]]:
    nodes: list[dict[str, Any]] = (await server.graphql(ARCHIVES))["archives"]["nodes"]
    return nodes


async def test_every_flavour_prints_once_from_start_to_end(
    server: RunningServer, farm: SimulatedFarm
) -> None:
    """Five families: connected, printing, one archive each that ends as a success."""
    for printer in farm.printers:
        await server.add(printer)
    await eventually(lambda: _all(server, connection="CONNECTED"))
    for printer in farm.printers:
        printer.sim.start(_job(printer.sim.profile.key))
    await eventually(lambda: _all(server, state="PRINTING"))

    async def ended() -> bool:
        history = await _history(server)
        return [item["status"] for item in history] == ["SUCCESS"] * 5

    await eventually(ended, 60)
    history = await _history(server)
    assert sorted(item["name"] for item in history) == ["a1mini", "h2d", "p1s", "p2s", "x1c-old"]
    assert {item["progress"] for item in history} == {100}
    assert {item["filamentType"] for item in history} == {"PLA"}
    states = {node["name"]: node["status"] for node in await _states(server)}
    assert states["P1S 01"]["temperatures"]["chamber"] is None  # these have no sensor
    assert states["H2D 05"]["temperatures"]["chamber"] is not None
    data = await server.graphql(ARCHIVES)
    assert data["statistics"]["successfulPrints"] == 5
    # A printer goes on saying FINISH: nothing more is recorded.
    for printer in farm.printers:
        printer.sim.push_all()
    assert (await server.graphql(ARCHIVES))["archives"]["totalCount"] == 5


async def test_progress_is_told_live(server: RunningServer, farm: SimulatedFarm) -> None:
    """The present comes first; layers and percent only grow; the end is told."""
    printer = farm.printers[0]
    added = await server.add(printer)
    await eventually(lambda: _all(server, connection="CONNECTED"))
    query = f"""subscription {{ printProgress(printerId: "{added["id"]}") {{
        state progress currentLayer totalLayers seq archive {{ status name }} }} }}"""
    async with server.subscription(query) as progress:
        first = (await progress.next())["printProgress"]
        assert first["progress"] is None
        printer.sim.start(_job(seconds=300))
        seen: list[dict[str, Any]] = []
        while not seen or seen[-1]["state"] != "FINISHED":
            seen.append((await progress.next())["printProgress"])
    layers = [item["currentLayer"] for item in seen if item["currentLayer"] is not None]
    percents = [item["progress"] for item in seen if item["progress"] is not None]
    assert layers == sorted(layers)
    assert percents == sorted(percents)
    assert len(set(percents)) >= 5
    numbers = [item["seq"] for item in [first, *seen]]
    assert numbers == sorted(numbers)
    assert any(item["archive"] and item["archive"]["name"] == "Benchy" for item in seen)


async def test_events_are_told_in_order_and_can_be_read_again(
    server: RunningServer, farm: SimulatedFarm
) -> None:
    """One start, one end; after a cursor the same events come again, none twice."""
    printer = farm.printers[0]
    await server.add(printer)
    await eventually(lambda: _all(server, connection="CONNECTED"))
    query = """subscription { farmEvents(types: [PRINT_STARTED, PRINT_FINISHED, PRINT_STOPPED])
        { type cursor archive { name } printer { name } } }"""
    async with server.subscription(query) as events:
        printer.sim.start(_job())
        started = (await events.next())["farmEvents"]
        finished = (await events.next())["farmEvents"]
    assert [started["type"], finished["type"]] == ["PRINT_STARTED", "PRINT_FINISHED"]
    assert started["archive"] == finished["archive"] == {"name": "Benchy"}
    again = query.replace("farmEvents(", f'farmEvents(after: "{started["cursor"]}", ')
    async with server.subscription(again) as events:
        assert (await events.next())["farmEvents"] == finished


async def test_a_cancel_is_stopped_with_the_progress_it_reached(
    server: RunningServer, farm: SimulatedFarm
) -> None:
    """Cancelled through the API: stopped, not failed, and not at 0 %."""
    printer = farm.printers[3]
    added = await server.add(printer)
    await eventually(lambda: _all(server, connection="CONNECTED"))
    printer.sim.start(_job(seconds=1_200))

    async def under_way() -> bool:
        (node,) = await _states(server)
        return (node["status"]["progress"] or 0) >= 10

    await eventually(under_way)
    data = await server.graphql(
        """mutation($id: ID!) { stopPrint(input: {id: $id}) {
            printer { name } userErrors { code message } } }""",
        {"id": added["id"]},
    )
    assert data["stopPrint"]["userErrors"] == []

    async def recorded() -> bool:
        return (await _history(server))[0]["status"] == "STOPPED"

    await eventually(recorded)
    (archive,) = await _history(server)
    assert archive["progress"] >= 10
    assert printer.sim.machine.percent == 0


async def test_commands_reach_the_printer(server: RunningServer, farm: SimulatedFarm) -> None:
    """Pause, resume, speed, light; what the state forbids is a conflict in words."""
    printer = farm.printers[4]
    gid = (await server.add(printer))["id"]
    await eventually(lambda: _all(server, connection="CONNECTED"))

    async def act(mutation: str, fields: str = "") -> list[dict[str, Any]]:
        query = f"""mutation {{ {mutation}(input: {{id: "{gid}"{fields}}}) {{
            userErrors {{ code message }} }} }}"""
        errors: list[dict[str, Any]] = (await server.graphql(query))[mutation]["userErrors"]
        return errors

    assert (await act("pausePrint"))[0]["code"] == "CONFLICT"
    printer.sim.start(_job(seconds=3_000))
    await eventually(lambda: _all(server, state="PRINTING"))
    assert await act("pausePrint") == []
    await eventually(lambda: _all(server, state="PAUSED"))
    assert await act("resumePrint") == []
    await eventually(lambda: _all(server, state="PRINTING"))
    assert await act("setPrintSpeed", ", level: LUDICROUS") == []
    assert await act("setChamberLight", ", on: false") == []
    await eventually(lambda: printer.sim.machine.speed == 4)
    assert printer.sim.machine.light is False


async def test_developer_mode_off_is_told_in_words(
    server: RunningServer, farm: SimulatedFarm
) -> None:
    """Reports still arrive; commands are refused, and the connection says why, also where the
    printer does not tell its mode by itself."""
    printer = farm.printers[0]
    printer.sim.renderer.developer_mode = False
    gid = (await server.add(printer))["id"]
    await eventually(lambda: _all(server, connection="CONNECTED"))
    printer.sim.start(_job(seconds=3_000))
    await eventually(lambda: _all(server, state="PRINTING"))
    query = f'mutation {{ pausePrint(input: {{id: "{gid}"}}) {{ userErrors {{ code }} }} }}'
    assert (await server.graphql(query))["pausePrint"]["userErrors"][0]["code"] == "CONFLICT"
    await eventually(lambda: _all(server, connection="CONTROL_REFUSED"))
    (node,) = await _states(server)
    assert "Developer Mode" in node["status"]["connectionDetail"]
    assert printer.sim.machine.state == "RUNNING"


async def test_a_wrong_access_code_is_its_own_state(
    server: RunningServer, farm: SimulatedFarm
) -> None:
    """Rejected, told in words, and connected at once when the code is corrected."""
    printer = farm.printers[0]
    right = printer.sim.access_code
    printer.sim.access_code = "11111111"
    gid = (await server.add(printer))["id"]
    printer.change_code(right)
    await eventually(lambda: _all(server, connection="ACCESS_CODE_REJECTED"))
    (node,) = await _states(server)
    assert "access code" in node["status"]["connectionDetail"].lower()
    query = """mutation($input: UpdatePrinterInput!) {
        updatePrinter(input: $input) { userErrors { message } } }"""
    await server.graphql(query, {"input": {"id": gid, "accessCode": right}})
    await eventually(lambda: _all(server, connection="CONNECTED"))


async def test_garbage_costs_nothing(server: RunningServer, farm: SimulatedFarm) -> None:
    """A thousand broken messages in the middle of a print: it ends as one success."""
    printer = farm.printers[0]
    await server.add(printer)
    await eventually(lambda: _all(server, connection="CONNECTED"))
    printer.sim.start(_job(seconds=240))
    await eventually(lambda: _all(server, state="PRINTING"))
    printer.sim.garbage(1_000)

    async def ended() -> bool:
        return (await _history(server))[0]["status"] == "SUCCESS"

    await eventually(ended, 60)
    assert len(await _history(server)) == 1
    assert server.runtime.ingest.counts.unreadable > 0


async def test_a_restart_in_the_middle_of_a_print_changes_nothing(
    tmp_path: Path, farm: SimulatedFarm
) -> None:
    """The state is there before the first report, the run goes on, and there is one archive."""
    printer = farm.printers[1]
    async with running(tmp_path) as server:
        await server.add(printer)
        await eventually(lambda: _all(server, connection="CONNECTED"))
        printer.sim.start(_job(seconds=600))

        async def under_way() -> bool:
            (node,) = await _states(server)
            return (node["status"]["progress"] or 0) >= 10

        await eventually(under_way)
        (before,) = await _history(server)
    await printer.power_off()
    async with running(tmp_path) as server:

        async def restored() -> bool:
            (node,) = await _states(server)
            return (node["status"]["progress"] or 0) >= 10

        await eventually(restored)
        (node,) = await _states(server)
        assert node["status"]["connection"] != "CONNECTED"
        await printer.power_on()

        async def ended() -> bool:
            return (await _history(server))[0]["status"] == "SUCCESS"

        await eventually(ended, 60)
        (after,) = await _history(server)
        assert after["name"] == before["name"]
        events = await server.graphql("{ statistics { totalPrints } }")
        assert events["statistics"]["totalPrints"] == 1
