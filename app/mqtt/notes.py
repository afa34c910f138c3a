"""What has to be written down about a printer, in the order in which it happened."""

from dataclasses import dataclass, field
from datetime import datetime

from app.events import Event
from app.mqtt.run import Run, Transition
from app.records import record


@dataclass(slots=True)
class RunRecord:
    """The rows of an open run; empty until they have been written."""

    run_id: int | None = None
    archive_id: int | None = None


@record
class RunNote:
    """A transition of a run."""

    printer_id: int
    team_id: int
    transition: Transition
    record: RunRecord
    at: datetime


@record
class EventNote:
    """Something to tell that changes no row."""

    printer_id: int
    team_id: int
    event: Event


@record
class KeyNote:
    """A printer's public key, seen for the first time."""

    printer_id: int
    team_id: int
    key: bytes = field(repr=False)


Note = RunNote | EventNote | KeyNote


@record
class Checkpoint:
    """How far an open run is."""

    record: RunRecord
    run: Run
