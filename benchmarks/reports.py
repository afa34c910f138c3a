"""What a farm of printing printers sends, recorded from the simulator on a clock of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.simulator.commands import answer
from app.simulator.farm import SimulatedFarm, SimulatedPrinter, SimulatorOptions
from app.simulator.jobs import Filament, Job
from app.simulator.profiles import PROFILES, serial_number

# One of each manner of reporting; the third sends everything every second.
MODELS = ("p1s", "a1mini", "x1c-old", "p2s", "h2d")
# So many printers are simulated; the others say the same under their own serial numbers.
RECORDED = 4 * len(MODELS)
WARM_UP_SECONDS = 400
SEED = "farm"
GET_VERSION: dict[str, Any] = {"info": {"sequence_id": "0", "command": "get_version"}}


@dataclass(frozen=True, slots=True)
class Recording:
    """One printer's complete report, the ones that followed it second by second, and its answer to
    `get_version`."""

    serial: str
    full: bytes
    following: tuple[bytes, ...]
    version: bytes

    def told_by(self, serial: str) -> Recording:
        """The same, as another printer of the model would say it."""
        mine, other = self.serial.encode(), serial.encode()
        return Recording(
            serial,
            self.full.replace(mine, other),
            tuple(report.replace(mine, other) for report in self.following),
            self.version.replace(mine, other),
        )


def serials(printers: int) -> list[str]:
    """The serial numbers of recorded printers."""
    models = [MODELS[index % len(MODELS)] for index in range(printers)]
    return [serial_number(PROFILES[model], index, SEED) for index, model in enumerate(models)]


def record(printers: int, seconds: int) -> list[Recording]:
    """Reports of printers in the middle of long prints, once a second each."""
    options = SimulatorOptions(
        printers=min(printers, RECORDED), models=MODELS, base_port=0, seed=SEED
    )
    simulated = [
        _recorded(printer, number, seconds)
        for number, printer in enumerate(SimulatedFarm(options).printers)
    ]
    return [
        simulated[index % len(simulated)].told_by(serial)
        for index, serial in enumerate(serials(printers))
    ]


def _recorded(printer: SimulatedPrinter, number: int, seconds: int) -> Recording:
    sim = printer.sim
    filaments = (Filament(),)
    sim.start(Job(f"Part {number}", seconds=20_000, layers=100_000, filaments=filaments))
    for _ in range(WARM_UP_SECONDS):
        sim.machine.advance(1.0)
    sim.report()
    listened: list[bytes] = []
    sim.listeners.add(listened.append)
    answer(sim, GET_VERSION)
    version = listened.pop()
    sim.push_all()
    full = listened.pop()
    for _ in range(seconds):
        sim.tick(1.0)
    return Recording(sim.serial, full, tuple(listened), version)
