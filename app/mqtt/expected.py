"""A print that this server ordered, which may begin at any moment, and how it is known again."""

from dataclasses import replace
from datetime import datetime
from pathlib import PurePosixPath

from app.mqtt.job import Filament, Fingerprint
from app.mqtt.run import Ended, Origin, Outcome, Run, Started, Transition
from app.records import record


@record
class Expected:
    """How the ordered job will be known: by its id where the printer tells ids, else by the name
    of its file, which no other order shares. ``before`` is the job shown when it was ordered,
    ``loaded`` what lay in the slots that feed it."""

    subtask: str
    remote_path: str
    before: Fingerprint
    ordered_at: datetime
    loaded: tuple[Filament, ...] = ()

    def is_shown(self, told: Fingerprint) -> bool:
        """Whether this is the ordered job."""
        if told.subtask is not None and told.subtask == self.subtask:
            return True
        path = PurePosixPath(self.remote_path)
        return told.name in (path.stem, path.name) or PurePosixPath(told.file).name == path.name


def recognised(expected: Expected | None, run: Run, *, sure: bool) -> tuple[Run, Expected | None]:
    """A run whose names came late may turn out to be the expected one: because it shows them or,
    once it is ``sure`` that no others will come, because it never showed any of its own."""
    if expected is None or run.origin is Origin.DISPATCHED or run.opened_at < expected.ordered_at:
        return run, expected
    told = run.fingerprint
    if expected.is_shown(told) or (sure and told == expected.before):
        fed = run.filaments or expected.loaded
        return replace(run, origin=Origin.DISPATCHED, filaments=fed), None
    return run, None if sure else expected


def unseen(expected: Expected, outcome: Outcome, at: datetime) -> tuple[Transition, ...]:
    """What to write down of an expected print that began and ended while nobody looked."""
    path = PurePosixPath(expected.remote_path)
    completed = outcome is Outcome.COMPLETED
    run = Run(
        origin=Origin.DISPATCHED,
        fingerprint=Fingerprint(expected.subtask, None, path.stem, path.name),
        opened_at=at,
        started_at=expected.ordered_at,
        first_state="",
        last_seen_at=at,
        last_percent=100 if completed else 0,
        filaments=expected.loaded,
        last_layer=1,  # whatever became of it, something may lie on the plate
    )
    reason = None if completed else "It ended while nobody was watching."
    return Started(run, late=True), Ended(run, outcome, at, reason, late=True)
