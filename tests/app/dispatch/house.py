"""A server, simulated printers that are its own, and files to print on them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.dispatch.timing import DispatchTiming
from app.simulator.farm import SimulatedFarm, SimulatedPrinter, SimulatorOptions
from app.simulator.jobs import Filament
from app.simulator.threemf import Plate, sliced_file
from tests.running import RunningServer, eventually, running
from tests.schema.asking import change
from tests.schema.uploading import upload

SPEED = 60.0
# Short enough for a test, long enough for a busy machine.
QUICK = DispatchTiming(
    begin=6.0,
    begin_p1=6.0,
    send=5.0,
    unreachable=4.0,
    look=0.2,
    settle=3.0,
    tick=0.5,
    lease=0.3,
    lease_ttl=2.0,
    retries=(0.3, 0.3),
)
ITEM = """id databaseId status attempts error waitingReason uploadProgress startedAt completedAt
    archive { name } result { id name filename status progress } printer { name }
    dispatch { stage reason } """


@dataclass
class House:
    """`printers` are the simulated ones, in the order they were added."""

    server: RunningServer
    sims: SimulatedFarm
    ids: list[str] = field(default_factory=list)

    @property
    def printers(self) -> Sequence[SimulatedPrinter]:
        return self.sims.printers

    def begun(self, number: int = 0) -> list[str]:
        """The files of the jobs that a printer began, in order."""
        return [job.file for job in self.printers[number].sim.machine.begun]

    async def settle(self) -> None:
        """Add all printers and wait until they report."""
        for printer in self.printers:
            self.ids.append((await self.server.add(printer))["id"])
        await eventually(self._all_connected)

    async def _all_connected(self) -> bool:
        asked = "{ printers(first: 100) { nodes { status { connection state } } } }"
        nodes = (await self.server.graphql(asked))["printers"]["nodes"]
        return all(
            node["status"]["connection"] == "CONNECTED" and node["status"]["state"] != "UNKNOWN"
            for node in nodes
        )

    async def file(
        self,
        title: str = "Bracket",
        *,
        seconds: int = 60,
        number: int = 0,
        filaments: tuple[Filament, ...] | None = None,
        plates: int = 1,
    ) -> str:
        """The id of an archive that can be printed on a printer, from what is loaded there."""
        profile = self.printers[number].sim.profile
        slot = self.printers[number].sim.machine.slots[0]
        wanted = filaments or (Filament(slot.material, slot.color, 12.0),)
        plate = Plate(seconds=seconds, layers=20, filaments=wanted)
        content = sliced_file(
            title, [plate] * plates, model_code=profile.code, product=profile.product
        )
        payload = await upload(self.server, content, f"{title}.gcode.3mf")
        assert payload["userErrors"] == []
        found: str = payload["archive"]["id"]
        return found

    async def queue(self, archive: str, **about: Any) -> str:
        """The id of a new queue item."""
        added = await change(
            self.server, "addToQueue", "queueItem { id }", archiveId=archive, **about
        )
        assert added["userErrors"] == []
        found: str = added["queueItem"]["id"]
        return found

    async def item(self, item_id: str) -> dict[str, Any]:
        """An item as it is now."""
        data = await self.server.graphql(
            f"query($id: ID!) {{ node(id: $id) {{ ... on QueueItem {{ {ITEM} }} }} }}",
            {"id": item_id},
        )
        found: dict[str, Any] = data["node"]
        return found

    async def becomes(self, item_id: str, status: str, deadline: float = 30.0) -> dict[str, Any]:
        """The item once it has this status; fails loudly when it gets another end."""
        seen: dict[str, Any] = {}

        async def there() -> bool:
            seen.update(await self.item(item_id))
            return bool(seen["status"] == status)

        try:
            await eventually(there, deadline)
        except TimeoutError:
            raise AssertionError(f"never {status}: {seen}") from None
        return seen

    async def clear(self, number: int = 0) -> None:
        """Somebody clears the plate."""
        await self.server.graphql(
            "mutation($id: ID!) { clearPlate(input: {id: $id}) { printer { id } } }",
            {"id": self.ids[number]},
        )

    async def history(self) -> list[dict[str, Any]]:
        """Every archive that was printed, oldest first."""
        asked = """{ archives(first: 100) { nodes { name filename status progress
            printer { name } } } }"""
        nodes = (await self.server.graphql(asked))["archives"]["nodes"]
        return [node for node in reversed(nodes) if node["status"] != "READY"]


@asynccontextmanager
async def house(
    folder: Path,
    *models: str,
    speed: float = SPEED,
    timing: DispatchTiming = QUICK,
    **settings: Any,
) -> AsyncIterator[House]:
    """A server with one simulated printer per model."""
    options = SimulatorOptions(printers=len(models), models=models, speed=speed, base_port=0)
    async with SimulatedFarm(options) as sims, running(folder, timing=timing, **settings) as server:
        made = House(server, sims)
        await made.settle()
        yield made
