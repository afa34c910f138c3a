"""How long the ingest waits for what, and what it counts."""

from dataclasses import dataclass, field

from app.records import record


@record
class Timing:
    """All waits in seconds. The defaults suit real printers; tests shorten them."""

    first_report: float = 15.0  # connected and subscribed, but nothing comes
    silence: float = 60.0  # reports came and stopped
    broker_offline: float = 180.0  # silent on a central broker, where no connection can break
    retry_first: float = 1.0
    retry_last: float = 30.0
    retry_slow: float = 60.0  # what only a person can mend
    pushall_apart: float = 3.0  # the least a printer bears
    pushall_heal: float = 60.0  # between full reports asked for because something is missing
    pushall_every: tuple[float, float] = (600.0, 1200.0)
    pushall_rate: float = 20.0  # for the whole process, per second
    answer: float = 10.0
    version_answer: float = 15.0
    coalesce: float = 0.1  # between two published statuses of one printer
    breath: float = 10.0  # between statuses that only say when the last report came
    announce: float = 60.0  # away for so long is worth an event
    snapshot: float = 2.0
    checkpoint: float = 10.0
    tick: float = 0.5
    lease: float = 3.0


@dataclass(slots=True)
class Counts:
    """What the ingest has seen since the process began."""

    messages: int = 0
    unreadable: int = 0
    unknown_serials: int = 0
    broken: int = 0  # readable, but handling them failed
    published: int = 0
    pushalls: int = 0
    reconnects: int = 0
    dropped_notes: int = field(default=0)
