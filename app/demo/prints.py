"""Sliced files of the demo: some wait in its queue and are printed, one lies there to be tried."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from app.accounts.viewer import Viewer
from app.archives.files import UploadDetails, create_archive
from app.plates.service import prepared
from app.print_queue.service import NewQueueItem, add_copies
from app.printers.models import Printer
from app.runtime import Runtime
from app.simulator.farm import SimulatedPrinter
from app.simulator.jobs import Filament
from app.simulator.threemf import Plate, sliced_file

# Title, seconds of the printer's clock, and how often each is printed.
_PRINTS = (("Cable clip", 900, 4), ("Camera mount", 1_500, 3), ("Bearing spacer", 1_200, 3))
TRIAL = "bracket.3mf"


def sliced(simulated: SimulatedPrinter, title: str, seconds: int) -> bytes:
    """A file for a simulated printer, of the filament in its first slot."""
    sim = simulated.sim
    slot = sim.machine.slots[0]
    filament = Filament(slot.material, slot.color, round(seconds / 90, 1))
    plate = Plate(seconds=seconds, layers=seconds // 15, filaments=(filament,))
    return sliced_file(title, [plate], model_code=sim.profile.code, product=sim.profile.product)


async def fill_queue(
    runtime: Runtime, viewer: Viewer, farm: Sequence[tuple[SimulatedPrinter, Printer]]
) -> None:
    """Upload a file for each of these printers and queue it, for the printer or for any."""
    for (simulated, row), (title, seconds, copies) in zip(farm, _PRINTS, strict=False):
        content = sliced(simulated, title, seconds)
        async with (
            runtime.files.incoming.receive(_blocks(content), f"{title}.gcode.3mf") as file,
            prepared(runtime.files, file) as made,
            runtime.database.transaction(viewer.team_id) as session,
        ):
            archive = await create_archive(session, viewer, made, UploadDetails(name=title))
            await add_copies(session, viewer, NewQueueItem(archive.id, row.id))
            await add_copies(session, viewer, NewQueueItem(archive.id, quantity=copies))


async def _blocks(content: bytes) -> AsyncIterator[bytes]:
    yield content


def lay_out(folder: Path, simulated: SimulatedPrinter) -> Path:
    """Write a file that can be uploaded by hand; where it is."""
    path = folder / TRIAL
    path.write_bytes(sliced(simulated, "Bracket", 900))
    return path
