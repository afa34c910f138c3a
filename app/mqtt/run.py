"""One print as the lifecycle remembers it, what can happen to it, and its stored form."""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Any

import orjson

from app.mqtt.job import Filament, Fingerprint, Observation, names
from app.records import record

_MAX_FILAMENTS = 16
_SURELY_OWN = 5  # percent; less may be a leftover or an accident


class Origin(StrEnum):
    """How a run came to be known."""

    OBSERVED = "observed"  # seen to begin
    ADOPTED = "adopted"  # found under way
    DISPATCHED = "dispatched"  # this server ordered it


class Outcome(StrEnum):
    """How a run ended, as far as anybody can tell."""

    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    UNKNOWN = "unknown"


@record
class Run:
    """One print on one printer, with everything needed to know it again after a restart.

    ``opened_at`` is when this server saw it first, ``started_at`` when it began (estimated for an
    adopted run). Progress is frozen at what was seen while it was active: printers reset it when
    a print is cancelled. ``last_remaining`` is in seconds.
    """

    origin: Origin
    fingerprint: Fingerprint
    opened_at: datetime
    started_at: datetime
    first_state: str
    last_seen_at: datetime
    last_percent: int = 0
    last_layer: int = 0
    total_layers: int | None = None
    last_remaining: int | None = None
    plate: int | None = None
    paused: bool = False
    stop_requested_at: datetime | None = None
    fail_reason_before: int = 0
    filaments: tuple[Filament, ...] = ()
    slots: tuple[int, ...] = ()
    observed: bool = False  # seen running at least once
    grown: bool = False  # its progress was seen to grow, so what is shown is its own
    milestone: int = 0  # the last one that was told, in percent

    @property
    def name(self) -> str:
        """The title, never empty."""
        return names(self.fingerprint)[0]

    @property
    def filename(self) -> str:
        """The file name, never empty."""
        return names(self.fingerprint)[1]

    @property
    def estimate(self) -> int | None:
        """The whole duration in seconds, from what has passed and what the printer says is left."""
        if not self.last_remaining:
            return None
        passed = (self.last_seen_at - self.started_at).total_seconds()
        return max(0, round(passed)) + self.last_remaining

    @property
    def left_something(self) -> bool:
        """Whether there is something on the plate that a person must take away."""
        return self.last_layer >= 1 or self.last_percent >= 1

    def seen(self, observation: Observation, *, settled: bool, frozen: bool = False) -> "Run":
        """The run after an observation of it in action.

        Progress does not count while preparing, when it is still that of the job before. Once
        the run has ``settled`` it only grows; while ``frozen`` it stays as it is.
        """
        known, told = self.fingerprint, observation.fingerprint
        percent, layer = self.last_percent, self.last_layer
        filaments, used = self.filaments, observation.filament
        if (
            observation.gcode_state == "RUNNING"
            and used
            and not any(replace(known_one, since=0) == used for known_one in filaments)
        ):
            since = (observation.percent or 0) if settled and filaments else 0
            filaments = (*filaments, replace(used, since=since))[:_MAX_FILAMENTS]
        observed, grown = self.observed, self.grown
        if observation.gcode_state in ("RUNNING", "PAUSE") and not frozen:
            told_percent = observation.percent or 0
            grown = grown or (observed and told_percent > max(percent, _SURELY_OWN))
            observed = True
            percent = _progress(percent, observation.percent, settled=settled)
            layer = _progress(layer, observation.layer, settled=settled)
        return replace(
            self,
            fingerprint=Fingerprint(
                told.subtask or known.subtask,
                told.task or known.task,
                told.name or known.name,
                told.file or known.file,
            ),
            last_seen_at=observation.at,
            last_percent=percent,
            last_layer=layer,
            total_layers=observation.total_layers or self.total_layers,
            last_remaining=(
                self.last_remaining if observation.remaining is None else observation.remaining
            ),
            plate=observation.plate or self.plate,
            paused=observation.gcode_state == "PAUSE",
            filaments=filaments,
            slots=(observation.gcode_state == "RUNNING" and observation.slots) or self.slots,
            observed=observed,
            grown=grown,
        )

    def encode(self) -> bytes:
        """The run as JSON, for its row in the database."""
        return orjson.dumps(self, option=orjson.OPT_UTC_Z)

    @classmethod
    def decode(cls, data: bytes) -> "Run":
        """The run that ``encode`` wrote. Raises ValueError, KeyError or TypeError for others."""
        raw: dict[str, Any] = orjson.loads(data)
        for key in ("opened_at", "started_at", "last_seen_at", "stop_requested_at"):
            raw[key] = datetime.fromisoformat(raw[key]) if raw[key] else None
        raw["origin"] = Origin(raw["origin"])
        raw["fingerprint"] = Fingerprint(**raw["fingerprint"])
        raw["filaments"] = tuple(Filament(**item) for item in raw.get("filaments", ()))
        raw["slots"] = tuple(raw.get("slots", ()))
        return cls(**raw)


def _progress(known: int, told: int | None, *, settled: bool) -> int:
    if told is None or told < 0:
        return known
    return max(known, told) if settled else told


@record
class Started:
    """A run began, or was found under way; ``late`` when nobody was watching at that moment."""

    run: Run
    late: bool


@record
class Updated:
    """Title, file, plate, layer count or filaments became known or changed."""

    run: Run


@record
class Paused:
    """The run stands still; ``reason`` in words where the printer tells one."""

    run: Run
    reason: str | None


@record
class Resumed:
    """The run goes on."""

    run: Run


@record
class Reached:
    """The run has come as far as a milestone, in percent."""

    run: Run
    percent: int


@record
class Ended:
    """The run is over. ``reason`` says why in words unless it completed."""

    run: Run
    outcome: Outcome
    ended_at: datetime
    reason: str | None
    late: bool


Transition = Started | Updated | Paused | Resumed | Reached | Ended
