"""What a simulated printer prints."""

from __future__ import annotations

import random
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Filament:
    """A filament of a job: material, colour as `RRGGBB`, grams that the whole job uses."""

    type: str = "PLA"
    color: str = "1E88E5"
    grams: float = 25.0


EXTERNAL = 254  # the spool beside the AMS, as a slot


@dataclass(slots=True)
class Job:
    """A print. `seconds` and `prepare` are on the printer's own clock."""

    name: str
    seconds: float = 600.0
    layers: int = 100
    filaments: tuple[Filament, ...] = (Filament(),)
    prepare: float = 10.0
    warm_up: float = 40.0
    plate: int = 1
    task_id: str = "0"
    subtask_id: str = "0"
    project_id: str = "0"
    file: str = ""  # where it lies on the card
    # For each filament the slot it comes from, `None` where it is not used; no tuple: in order,
    # and the slots are loaded to fit.
    slots: tuple[int | None, ...] | None = None
    defect: int = 0  # the error that ends it before it prints
    done: float = 0.0
    prepared: float = 0.0
    warmed: float = 0.0
    stages: tuple[int, ...] = field(default=())

    @property
    def fraction(self) -> float:
        """How much of it is printed, 0 to 1."""
        return min(1.0, self.done / self.seconds) if self.seconds > 0 else 1.0

    @property
    def layer(self) -> int:
        """The layer being printed, 0 before the first."""
        return 0 if self.done <= 0 else min(self.layers, 1 + int(self.fraction * self.layers))


TITLES = (
    "Benchy",
    "Planetary gear set",
    "Cable clip ×24",
    "Drawer organiser",
    "Plant pot, spiral",
    "Camera mount v3",
    "Bearing spacer",
    "Lampshade",
    "Phone stand",
    "Voron Z joint",
)
MATERIALS = (("PLA", 0.7), ("PETG", 0.2), ("ABS", 0.06), ("TPU", 0.04))
COLOURS = ("1E88E5", "43A047", "FB8C00", "212121", "F5F5F5", "E53935", "8E24AA")


def random_job(dice: random.Random) -> Job:
    """Something to print, for a farm that keeps itself busy."""
    material = dice.choices([name for name, _ in MATERIALS], [weight for _, weight in MATERIALS])[0]
    seconds = dice.uniform(1_800, 9_000)
    return Job(
        name=dice.choice(TITLES),
        seconds=seconds,
        layers=dice.randint(60, 400),
        filaments=(Filament(material, dice.choice(COLOURS), round(seconds / 90, 1)),),
    )
