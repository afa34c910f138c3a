"""What a farm of printing printers sends, recorded from the simulator on a clock of its own."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from app.simulator.farm import SimulatedFarm, SimulatorOptions
from app.simulator.jobs import Filament, Job

# One of each manner of reporting; the third sends everything every second.
MODELS = ("p1s", "a1mini", "x1c-old", "p2s", "h2d")
WARM_UP_SECONDS = 400


@dataclass(slots=True)
class Recording:
    """One printer's complete report, and the ones that followed it second by second."""

    serial: str
    full: bytes = b""
    following: list[bytes] = field(default_factory=list)


async def record(printers: int, seconds: int) -> list[Recording]:
    """Reports of printers in the middle of long prints, once a second each."""
    farm = SimulatedFarm(SimulatorOptions(printers=printers, models=MODELS, base_port=0))
    recordings = []
    for number, printer in enumerate(farm.printers):
        sim, taken = printer.sim, Recording(printer.sim.serial)
        job = Job(f"Part {number}", seconds=20_000, layers=100_000, filaments=(Filament(),))
        sim.start(job)
        for _ in range(WARM_UP_SECONDS):
            sim.machine.advance(1.0)
        sim.report()
        listened: list[bytes] = []
        sim.listeners.add(listened.append)
        sim.push_all()
        taken.full = listened.pop()
        for _ in range(seconds):
            sim.tick(1.0)
        taken.following = listened
        recordings.append(taken)
        await asyncio.sleep(0)
    return recordings
