"""The one shape of what a benchmark finds, and of a benchmark."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal


class BaselineMissing(Exception):
    """What a figure is compared with could not be run, so the figure would mean nothing."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The bound a figure must keep: of its value, or of its ratio to the baseline."""

    of: Literal["value", "ratio"]
    relation: Literal["at least", "at most"]
    bound: float

    def met_by(self, value: float, ratio: float | None) -> bool:
        """Whether the bound is kept; a ratio that is not there keeps none."""
        found = value if self.of == "value" else ratio
        if found is None:
            return False
        return found >= self.bound if self.relation == "at least" else found <= self.bound


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value beside its baseline, in the same `unit`."""

    name: str
    value: float
    unit: str
    baseline: float | None = None
    baseline_name: str = ""
    wanted: Wanted | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """The value over its baseline."""
        return self.value / self.baseline if self.baseline else None

    @property
    def met(self) -> bool | None:
        """Whether the bound is kept; None without one."""
        return None if self.wanted is None else self.wanted.met_by(self.value, self.ratio)


@dataclass(frozen=True, slots=True)
class Workplace:
    """What a benchmark gets: an empty folder, a way to say what it is doing, and how long it may
    take."""

    folder: Path
    say: Callable[[str], None]
    quick: bool = False

    def rounds(self, usual: int) -> int:
        """How many rounds to measure; one when in haste."""
        return 1 if self.quick else usual

    def seconds(self, usual: float) -> float:
        """How long to measure or to wait; a third when in haste."""
        return usual / 3 if self.quick else usual


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A row of the catalogue. `measure` yields its figures as they are found."""

    name: str
    title: str
    measure: Callable[[Workplace], AsyncIterator[Figure]]
