"""What has to be written down about a printer, in the order in which it happened."""

from dataclasses import dataclass, field
from datetime import datetime

from app.events import Event
from app.mqtt.run import Run, Transition


@dataclass(slots=True)
class RunRecord:
    """The rows of an open run; empty until they have been written."""

    run_id: int | None = None
    archive_id: int | None = None


@dataclass(frozen=True, slots=True)
class RunNote:
    """A transition of a run."""

    printer_id: int
    team_id: int
    transition: Transition
    record: RunRecord
    at: datetime


@dataclass(frozen=True, slots=True)
class EventNote:
    """Something to tell that changes no row."""

    printer_id: int
    team_id: int
    event: Event


@dataclass(frozen=True, slots=True)
class KeyNote:
    """A printer's public key, seen for the first time."""

    printer_id: int
    team_id: int
    key: bytes = field(repr=False)


Note = RunNote | EventNote | KeyNote


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far an open run is."""

    record: RunRecord
    run: Run
