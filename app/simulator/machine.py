"""The physics of one printer: its clock, its heat, its job. Knows nothing of messages."""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass, field

from app.simulator.jobs import EXTERNAL, Filament, Job
from app.simulator.profiles import Profile

IDLE, PREPARE, RUNNING, PAUSE, FINISH, FAILED = (
    "IDLE",
    "PREPARE",
    "RUNNING",
    "PAUSE",
    "FINISH",
    "FAILED",
)
ACTIVE = (PREPARE, RUNNING, PAUSE)
CANCELLED_BY_USER = 50348044  # 0300-400C
BUSY = 83902468  # 0500-4004
NOT_READABLE = 83902467  # 0500-4003
WRONG_MAPPING = 117473298  # 0700-8012
RAN_OUT = 117473297  # 0700-8011
# Share of normal speed at the presets 1 to 4.
PACE = {1: 0.5, 2: 1.0, 3: 1.24, 4: 1.66}
NOZZLE_RATE, BED_RATE = 3.0, 0.5  # °C a second
ROOM = 25.0
NOZZLE = {"PLA": 220.0, "PETG": 245.0, "ABS": 260.0, "TPU": 225.0}
BED = {"PLA": 60.0, "PETG": 70.0, "ABS": 100.0, "TPU": 45.0}
STAGE_PAUSED_BY_USER, STAGE_RUN_OUT = 16, 6


@dataclass(slots=True)
class Slot:
    """A tray of the AMS; `remain` is a percentage, `grams` what a full spool holds."""

    material: str
    color: str
    remain: float = 100.0
    grams: float = 1000.0
    present: bool = True


@dataclass(slots=True)
class Waiting:
    """A job that was accepted and begins in so many seconds."""

    job: Job
    seconds: float


@dataclass(slots=True)
class Machine:
    """One printer's state. Times are seconds on its own clock."""

    profile: Profile
    dice: random.Random
    state: str = IDLE
    job: Job | None = None
    waiting: Waiting | None = None
    # The job whose names and ids the reports carry, also before it begins and after it ended.
    named: Job | None = None
    begun: deque[Job] = field(default_factory=lambda: deque(maxlen=1000))
    stage: int = 0
    percent: int = 0
    layer: int = 0
    remaining: float = 0.0
    nozzle: float = ROOM
    nozzle_target: float = 0.0
    bed: float = ROOM
    bed_target: float = 0.0
    chamber: float = ROOM
    speed: int = 2
    light: bool = True
    error: int = 0
    fail_reason: int = 0
    hms: list[tuple[int, int]] = field(default_factory=list)
    slots: list[Slot] = field(default_factory=list)
    active_slot: int | None = None
    counter: int = 9000
    skipped: list[int] = field(default_factory=list)
    _error_ticks: int = 0
    _naming: Waiting | None = None

    @property
    def active(self) -> bool:
        """True from the acceptance of a job to its end."""
        return self.state in ACTIVE

    def accept(self, job: Job, *, after: float | None, names_after: float) -> None:
        """Take a job that begins later, or never when `after` is `None`; its names show up when
        they do."""
        self._name(job, names_after)
        if after is None:
            return
        if after > 0:
            self.waiting = Waiting(job, after)
        else:
            self._begin(job)

    def start(self, job: Job) -> None:
        """Take a job at once; the caller has checked that there is none."""
        self.accept(job, after=0.0, names_after=0.0)

    def _name(self, job: Job, after: float) -> None:
        self._naming = Waiting(job, after)
        if after <= 0:
            self.named, self._naming = job, None

    def _begin(self, job: Job) -> None:
        self.counter += 1
        self.waiting = None
        self.job = job
        self.begun.append(job)
        self.state = PREPARE
        self.percent = self.layer = self.error = self.fail_reason = 0
        self.hms, self.skipped = [], []
        self.remaining = job.seconds
        if job.slots is None:
            self._load(job)
        self.active_slot = self._slot_of(job)

    def _load(self, job: Job) -> None:
        for slot, filament in zip(self.slots, job.filaments, strict=False):
            if filament.grams > 0:
                slot.material, slot.color, slot.present = filament.type, filament.color, True

    def _sources(self, job: Job) -> list[tuple[Filament, int]]:
        """The filaments that the job uses, each with its slot."""
        slots = range(len(self.slots)) if job.slots is None else job.slots
        pairs = zip(job.filaments, slots, strict=False)
        return [(each, slot) for each, slot in pairs if each.grams > 0 and slot is not None]

    def _slot_of(self, job: Job) -> int | None:
        """The slot that the layer being printed takes its filament from."""
        sources = self._sources(job)
        return sources[job.layer % len(sources)][1] if sources else None

    def advance(self, seconds: float) -> None:
        """Let time pass. At most one change of `state`, so that each is seen."""
        self._warm(seconds)
        if self._error_ticks > 0:
            self._error_ticks -= 1
            if self._error_ticks == 0:
                self.error = 0
        self._let_names_come(seconds)
        if self.waiting is not None:
            self.waiting.seconds -= seconds
            if self.waiting.seconds <= 0:
                self._begin(self.waiting.job)
            return
        if self.job is None or self.state in (IDLE, PAUSE, FINISH, FAILED):
            return
        if self.state == PREPARE:
            self._prepare(self.job, seconds)
        elif self.job.warmed < self.job.warm_up:
            self._warm_up(self.job, seconds)
        else:
            self._print(self.job, seconds * PACE[self.speed])

    def _let_names_come(self, seconds: float) -> None:
        if self._naming is not None:
            self._naming.seconds -= seconds
            if self._naming.seconds <= 0:
                self.named, self._naming = self._naming.job, None

    def _prepare(self, job: Job, seconds: float) -> None:
        job.prepared += seconds
        if job.prepared >= job.prepare and job.defect:
            self._end(FAILED)
            self.show_error(job.defect)
            self.fail_reason = job.defect
        elif job.prepared >= job.prepare:
            self.state = RUNNING
            material = job.filaments[0].type if job.filaments else "PLA"
            self.nozzle_target = NOZZLE.get(material, 220.0)
            self.bed_target = BED.get(material, 60.0)
            self.stage = self.profile.stages[0]

    def _warm_up(self, job: Job, seconds: float) -> None:
        job.warmed += seconds
        if job.warmed >= job.warm_up:
            self.stage = 0
            self.nozzle, self.bed = self.nozzle_target, self.bed_target
            return
        place = int(job.warmed / job.warm_up * len(self.profile.stages))
        self.stage = self.profile.stages[min(place, len(self.profile.stages) - 1)]

    def _print(self, job: Job, seconds: float) -> None:
        seconds = min(seconds, job.seconds - job.done)
        job.done += seconds
        self._use_filament(job, seconds / job.seconds if job.seconds else 1.0)
        self.percent = int(job.fraction * 100)
        self.layer = job.layer
        self.remaining = (job.seconds - job.done) / PACE[self.speed]
        if job.done >= job.seconds:
            self._end(FINISH)
            self.percent, self.layer, self.remaining = 100, job.layers, 0.0

    def _use_filament(self, job: Job, share: float) -> None:
        self.active_slot = self._slot_of(job)
        for filament, place in self._sources(job):
            if place == EXTERNAL:
                continue
            slot = self.slots[place]
            slot.remain = max(0.0, slot.remain - filament.grams * share / slot.grams * 100)

    def _end(self, state: str) -> None:
        self.state = state
        self.stage = 0
        self.nozzle_target = self.bed_target = 0.0
        self.active_slot = None

    def pause(self, stage: int = STAGE_PAUSED_BY_USER, error: int = 0) -> None:
        """Stand still."""
        if self.state in (RUNNING, PREPARE):
            self.state, self.stage, self.error = PAUSE, stage, error

    def resume(self) -> None:
        """Go on."""
        if self.state == PAUSE:
            self.state, self.stage, self.error, self.hms = RUNNING, 0, 0, []

    def cancel(self) -> None:
        """Somebody stops the print: an error shows for about two reports, progress goes to 0."""
        self.waiting = None
        if not self.active:
            return
        self._end(FAILED)
        self.show_error(CANCELLED_BY_USER)
        self.fail_reason = CANCELLED_BY_USER
        self.percent = self.layer = 0

    def show_error(self, error: int) -> None:
        """Show a passing error, as after a cancel or a refusal."""
        self.error, self._error_ticks = error, 2

    def fail(self, attr: int, code: int) -> None:
        """A health message: a run-out pauses, a fatal or serious one ends the print."""
        entry = (attr, code)
        if entry not in self.hms:
            self.hms.append(entry)
        if attr >> 24 in (0x07, 0x12, 0x18) and (code & 0xFFFF) == 1:
            self.pause(STAGE_RUN_OUT, RAN_OUT)
        elif code >> 16 <= 2 and self.active:
            self._end(FAILED)
            self.error = self.fail_reason = (attr & 0xFFFF0000) | 0x8000

    def reboot(self) -> None:
        """Power off and on: idle with empty names; what was printing has to be resumed by hand."""
        self._end(IDLE)
        self.job = self.waiting = self.named = self._naming = None
        self.percent = self.layer = self.error = self.fail_reason = 0
        self.remaining = 0.0
        self.hms = []

    def _warm(self, seconds: float) -> None:
        self.nozzle = _towards(self.nozzle, self.nozzle_target or ROOM, NOZZLE_RATE * seconds)
        self.bed = _towards(self.bed, self.bed_target or ROOM, BED_RATE * seconds)
        warm = ROOM + (self.bed - ROOM) * 0.25
        self.chamber = _towards(self.chamber, warm, 0.05 * seconds)


def _towards(value: float, target: float, step: float) -> float:
    if abs(target - value) <= step:
        return target
    return value + step if target > value else value - step


def default_slots(dice: random.Random) -> list[Slot]:
    """Four spools, as a farm has them loaded."""
    colours = ("F5F5F5", "212121", "1E88E5", "E53935")
    return [Slot("PLA", color, remain=float(dice.randint(35, 100))) for color in colours]
