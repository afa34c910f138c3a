"""The lifecycle of one printer's prints, and the notes that write them down."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from app.mqtt.expected import Expected
from app.mqtt.hms import in_words
from app.mqtt.job import Filament, Observation, observation_of
from app.mqtt.lifecycle import Lifecycle, Step, step, tick
from app.mqtt.notes import Checkpoint, RunNote, RunRecord
from app.mqtt.printer_info import PrinterInfo
from app.mqtt.run import Ended, Outcome, Run, Started
from app.mqtt.state import PrinterMemory
from app.printers.status import HmsSeverity, Job, PrinterStatus

# What must be looked at at once, because it may be gone with the next report.
URGENT_KEYS = frozenset(
    {
        "gcode_state",
        "gcode_file",
        "subtask_name",
        "subtask_id",
        "task_id",
        "print_type",
        "print_error",
        "fail_reason",
    }
)
# What else an observation is made of; a report that changes none of these needs no look.
LIFE_KEYS = URGENT_KEYS | {
    "mc_percent",
    "mc_remaining_time",
    "layer_num",
    "total_layer_num",
    "stg_cur",
    "plate_idx",
    "mapping",
}
_GRAVE = frozenset({HmsSeverity.FATAL, HmsSeverity.SERIOUS})


class RunKeeper:
    """Watches one printer for prints that begin, change and end."""

    def __init__(
        self,
        info: PrinterInfo,
        run: Run | None,
        record: RunRecord | None,
        note: Callable[[RunNote], None],
        expected: Expected | None = None,
    ) -> None:
        self._info = info
        self._life = Lifecycle(run=run, expected=expected)
        self._record = record
        self._note = note

    @property
    def is_fresh(self) -> bool:
        """Whether nothing was observed since the connection was made."""
        return self._life.fresh

    def checkpoint(self, reported_at: datetime | None) -> Checkpoint | None:
        """What a restart needs to go on with the open run."""
        run = self._life.run
        if run is None or self._record is None:
            return None
        if reported_at is not None and reported_at > run.last_seen_at:
            run = replace(run, last_seen_at=reported_at)
        return Checkpoint(self._record, run)

    def out_of_sight(self, reported_at: datetime | None) -> None:
        """The connection is gone; the run stays open."""
        self._life = self._life.out_of_sight(reported_at)

    def stop_requested(self, at: datetime) -> None:
        """A stop command is on its way: an end that follows is no failure."""
        self._life = self._life.stop_requested(at)

    def expect(self, expected: Expected) -> None:
        """A print was ordered and may begin at any moment."""
        self._life = replace(self._life, expected=expected)

    def unseen(self, outcome: Outcome, at: datetime) -> bool:
        """The expected print ended while nobody looked; False when nothing is expected."""
        return self._happened(self._life.unseen(outcome, at), at)

    def observe(self, memory: PrinterMemory, draft: PrinterStatus, at: datetime) -> bool:
        """Look at the merged state; True when something happened."""
        return self._happened(step(self._life, _observation(memory, draft, at)), at)

    def tick(self, at: datetime) -> bool:
        """Let time pass; True when something happened."""
        deadline = self._life.deadline
        if deadline is None or at < deadline:
            return False
        return self._happened(tick(self._life, at), at)

    def _happened(self, taken: Step, at: datetime) -> bool:
        self._life, transitions = taken
        for transition in transitions:
            if isinstance(transition, Started) or self._record is None:
                self._record = RunRecord()
            self._note(RunNote(self._info.id, self._info.team_id, transition, self._record, at))
            if isinstance(transition, Ended):
                self._record = None
        return bool(transitions)

    def describe(self, job: Job | None) -> Job | None:
        """The job with the record that is kept of it."""
        run, record = self._life.run, self._record
        if job is None or run is None or record is None:
            return job
        return Job(
            job.name,
            job.filename,
            job.plate,
            job.subtask_id,
            job.task_id,
            record.run_id,
            record.archive_id,
            run.started_at,
        )


def _observation(memory: PrinterMemory, draft: PrinterStatus, at: datetime) -> Observation:
    grave = next((item for item in draft.health.errors if item.severity in _GRAVE), None)
    return observation_of(
        memory.raw,
        at,
        fault=in_words(grave.message, grave.code) if grave else None,
        filament=_filament(draft),
    )


def _filament(draft: PrinterStatus) -> Filament | None:
    trays = [tray for unit in draft.ams for tray in unit.trays]
    for tray in (*trays, *draft.external_spools):
        if tray.is_active and tray.material:
            return Filament(tray.material, tray.color, tray.tray_uuid, tray.unit, tray.slot)
    return None
