"""Why a print cannot go to a printer now: kinds, and words for one printer or for many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from enum import Enum

from app.records import record


class Kind(Enum):
    """What stands in the way: said of one printer, and of several."""

    PAUSED = ("is paused", "are paused")
    MODEL = ("is another model", "are other models")
    ADDRESS = ("has no address", "have no address")
    OFFLINE = ("is offline", "are offline")
    CONTROL = ("takes no commands", "take no commands")
    BUSY = ("is busy", "are busy")
    PLATE = ("waits for its plate to be cleared", "wait for their plates to be cleared")
    NOZZLE = ("has another nozzle", "have other nozzles")
    FILAMENT = ("has other filament", "have other filament")
    PREVIOUS = ("failed its last print", "failed their last prints")
    AHEAD = ("is taken by an earlier item", "are taken by earlier items")


# A printer with one of these will be free in time: what waits for it keeps its turn there.
PASSING = frozenset({Kind.BUSY, Kind.PLATE, Kind.OFFLINE, Kind.CONTROL, Kind.PAUSED, Kind.AHEAD})


@record
class Obstacle:
    """``words`` are a sentence about one printer."""

    kind: Kind
    words: str


def summary(obstacles: Iterable[Obstacle]) -> str:
    """Why none of many printers takes an item, in one sentence."""
    found = list(obstacles)
    if not found:
        return "Waiting for a printer: there is none."
    counts = Counter(obstacle.kind for obstacle in found)
    parts = [
        f"{number} {kind.value[number > 1]}"
        for kind, number in sorted(counts.items(), key=lambda pair: list(Kind).index(pair[0]))
    ]
    return f"Waiting for a free printer that fits: {', '.join(parts)}."
