"""From observations of a printer to its runs: a pure reducer with an explicit clock.

Fed with merged states after a full report of the present connection, it opens one run per print
and closes it once, whatever the printer repeats, forgets or does while nobody looks. It keeps no
clock and does no work of its own: ``step`` takes an observation, ``tick`` the passing of time.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from app.mqtt.expected import Expected, recognised, unseen
from app.mqtt.hms import CANCEL_CODES
from app.mqtt.job import ACTIVE, ENDED, Observation
from app.mqtt.milestones import MILESTONES, passed, reach
from app.mqtt.reasons import why_cancelled, why_failed, why_paused
from app.mqtt.run import (
    Ended,
    Origin,
    Outcome,
    Paused,
    Resumed,
    Run,
    Started,
    Transition,
    Updated,
)
from app.records import record

# Some firmware passes through IDLE between preparing and printing, or after a reboot.
IDLE_HOLD = timedelta(seconds=15)
# The cause of a failure may come a message after the failure itself.
CAUSE_HOLD = timedelta(seconds=3)
# A print error that means "cancelled" shows for two seconds around the change.
CANCEL_LATCH = timedelta(seconds=30)
STOP_REQUEST = timedelta(seconds=120)
# Names and ids of the job before can still be there when a job begins.
LATE_METADATA = timedelta(seconds=60)

Step = tuple["Lifecycle", tuple[Transition, ...]]


@record
class Hold:
    """An end that is not believed yet; ``fault`` is what else was wrong at that moment."""

    state: str
    since: datetime
    late: bool
    fault: str | None = None


@record
class Lifecycle:
    """What the reducer remembers of one printer.

    ``fresh`` is true until the first observation after a (re)connect: what is seen then happened
    while nobody looked. ``rested_at`` is when the printer was last seen without a job.
    ``expected`` is a print that was ordered from here and has not begun.
    """

    run: Run | None = None
    fresh: bool = True
    cancelled_at: datetime | None = None
    rested_at: datetime | None = None
    hold: Hold | None = None
    expected: Expected | None = None

    @property
    def deadline(self) -> datetime | None:
        """When ``tick`` will have something to do, None while nothing is pending."""
        return self.hold.since + _HOLDS[self.hold.state] if self.hold else None

    def out_of_sight(self, last_report_at: datetime | None) -> "Lifecycle":
        """The connection is gone: an open run stays open, last seen with the last report."""
        run = self.run
        if run is not None and last_report_at is not None and last_report_at > run.last_seen_at:
            run = replace(run, last_seen_at=last_report_at)
        return replace(self, run=run, fresh=True, hold=None)

    def stop_requested(self, at: datetime) -> "Lifecycle":
        """Somebody asked this server to stop the print."""
        if self.run is None:
            return self
        return replace(self, run=replace(self.run, stop_requested_at=at))

    def unseen(self, outcome: Outcome, at: datetime) -> Step:
        """The expected print began and ended while nobody looked; nothing is open meanwhile."""
        if self.expected is None or self.run is not None:
            return self, ()
        return replace(self, expected=None, rested_at=at), unseen(self.expected, outcome, at)


_HOLDS: Mapping[str, timedelta] = {"IDLE": IDLE_HOLD, "FAILED": CAUSE_HOLD}


def step(life: Lifecycle, seen: Observation) -> Step:
    """The lifecycle after an observation, and what happened."""
    if seen.print_error in CANCEL_CODES and life.run is not None:
        life = replace(life, cancelled_at=seen.at)
    if seen.gcode_state in ACTIVE:
        after, happened = _active(life, seen)
    elif seen.gcode_state in ENDED:
        after, happened = _at_rest(life, seen)
    else:
        return life, ()
    return (replace(after, fresh=False) if after.fresh else after), happened


def tick(life: Lifecycle, now: datetime) -> Step:
    """The lifecycle after time has passed: an end that was held back may be believed now."""
    if life.hold is None or life.run is None or now < life.hold.since + _HOLDS[life.hold.state]:
        return life, ()
    return _believe(life, life.run, life.hold)


def _active(life: Lifecycle, seen: Observation) -> Step:
    run = life.run
    if run is None:
        return (life, ()) if seen.is_system else _start(life, seen)
    if seen.is_system:
        # Nobody saw the print end, and now the printer calibrates.
        return _superseded(life, run, seen) if life.fresh else (life, ())
    if _is_another_job(life, run, seen):
        closed, ended = _superseded(life, run, seen)
        opened, started = _start(closed, seen)
        return opened, ended + started
    return _update(life if life.hold is None else replace(life, hold=None), run, seen)


def _start(life: Lifecycle, seen: Observation) -> Step:
    ordered = life.expected is not None and life.expected.is_shown(seen.fingerprint)
    by_chance = Origin.ADOPTED if life.fresh else Origin.OBSERVED
    run = Run(
        origin=Origin.DISPATCHED if ordered else by_chance,
        fingerprint=seen.fingerprint,
        opened_at=seen.at,
        started_at=_estimated_start(life, seen) if life.fresh else seen.at,
        first_state=seen.gcode_state,
        last_seen_at=seen.at,
        fail_reason_before=seen.fail_reason,
        # What feeds an ordered print is known before it is seen in use.
        filaments=life.expected.loaded if ordered and life.expected is not None else (),
    ).seen(seen, settled=False)
    if life.fresh:
        # What was passed while nobody looked is no news.
        run = replace(run, milestone=max(passed(run), default=0))
    happened: tuple[Transition, ...] = (Started(run, life.fresh),)
    if run.paused:
        happened += (Paused(run, why_paused(seen)),)
    after = Lifecycle(
        run=run,
        fresh=life.fresh,
        rested_at=life.rested_at,
        expected=None if ordered else life.expected,
    )
    return after, happened


def _estimated_start(life: Lifecycle, seen: Observation) -> datetime:
    """When an adopted run began, if it went at an even pace, and never before the last rest."""
    done = seen.percent or 0
    if not 0 < done < 100 or not seen.remaining:
        return seen.at
    start = seen.at - timedelta(seconds=seen.remaining * done // (100 - done))
    return max(start, life.rested_at) if life.rested_at else start


def _update(life: Lifecycle, run: Run, seen: Observation) -> Step:
    settled = _is_settled(run, seen)
    now = run.seen(seen, settled=settled, frozen=_cancel_latched(life, seen.at))
    now, expected = recognised(life.expected, now, sure=settled)
    happened: list[Transition] = []
    if now.grown:
        now, happened = reach(now, passed(now))
    if _told(now) != _told(run):
        happened.append(Updated(now))
    if now.paused and not run.paused:
        happened.append(Paused(now, why_paused(seen)))
    elif run.paused and not now.paused:
        happened.append(Resumed(now))
    after = Lifecycle(now, life.fresh, life.cancelled_at, life.rested_at, life.hold, expected)
    return after, tuple(happened)


def _told(run: Run) -> tuple[object, ...]:
    """What of a run other people see, progress aside."""
    return (
        run.origin,
        run.fingerprint,
        run.plate,
        run.total_layers,
        run.filaments,
        run.slots,
        run.last_remaining is None,
    )


def _is_settled(run: Run, seen: Observation) -> bool:
    """Whether names, ids and progress shown for this run are its own and not the job before's."""
    return run.grown or seen.at - run.opened_at >= LATE_METADATA


def _is_another_job(life: Lifecycle, run: Run, seen: Observation) -> bool:
    known, told = run.fingerprint, seen.fingerprint
    if life.hold is not None and (life.hold.state == "FAILED" or _cancel_latched(life, seen.at)):
        return True
    if not _is_settled(run, seen):
        return False
    if known.contradicts(told):
        return True
    if (known.is_strong and told.is_strong) or _cancel_latched(life, seen.at):
        return False
    fell_back = seen.percent is not None and run.last_percent - seen.percent > 5
    layer = seen.layer or 0
    if known.renamed(told) and (life.fresh or fell_back):
        return True
    if life.fresh:
        return fell_back and layer < run.last_layer
    return fell_back and layer <= 1 < run.last_layer


def _at_rest(life: Lifecycle, seen: Observation) -> Step:
    run = life.run
    if run is None:
        return replace(life, rested_at=seen.at, cancelled_at=None), ()
    if _is_foreign(life, run, seen):
        return _superseded(life, run, seen)
    if seen.gcode_state == "FINISH":
        return _end(life, run, Outcome.COMPLETED, seen.at, None, late=life.fresh)
    if seen.gcode_state == "FAILED":
        return _failed(life, run, seen)
    if _cancelled_by_reason(run, seen):
        life = replace(life, cancelled_at=seen.at)
    if life.hold is None:
        life = replace(life, hold=Hold("IDLE", seen.at, life.fresh))
    elif life.hold.state == "FAILED":
        return _believe(life, run, life.hold)
    return life, ()


def _is_foreign(life: Lifecycle, run: Run, seen: Observation) -> bool:
    """Whether the end that is seen belongs to another job than the run."""
    if seen.gcode_state == "IDLE" or not _is_settled(run, seen):
        return False
    known, told = run.fingerprint, seen.fingerprint
    if known.contradicts(told):
        return True
    both_strong = known.is_strong and told.is_strong
    return life.fresh and not both_strong and known.renamed(told)


def _failed(life: Lifecycle, run: Run, seen: Observation) -> Step:
    fault = seen.print_error if seen.print_error not in CANCEL_CODES else 0
    cancelled = seen.fail_reason in CANCEL_CODES and not fault
    from_here = _stop_was_requested(run, seen.at)
    if cancelled or from_here or _cancel_latched(life, seen.at):
        reason = why_cancelled(from_here=from_here)
        return _end(life, run, Outcome.CANCELLED, seen.at, reason, late=life.fresh)
    cause = why_failed(seen)
    if cause is not None:
        return _end(life, run, Outcome.FAILED, seen.at, cause, late=life.fresh)
    if life.hold is None or life.hold.state != "FAILED":
        life = replace(life, hold=Hold("FAILED", seen.at, life.fresh, seen.fault))
    return life, ()


def _believe(life: Lifecycle, run: Run, hold: Hold) -> Step:
    """Close a run whose end was held back."""
    if hold.state == "FAILED":
        reason = hold.fault or "The printer reported a failure without a cause."
        return _end(life, run, Outcome.FAILED, hold.since, reason, late=hold.late)
    latched = life.cancelled_at is not None and life.cancelled_at >= hold.since - CANCEL_LATCH
    from_here = _stop_was_requested(run, hold.since)
    if latched or from_here:
        reason = why_cancelled(from_here=from_here)
        return _end(life, run, Outcome.CANCELLED, hold.since, reason, late=hold.late)
    all_layers = bool(run.total_layers) and run.last_layer == run.total_layers
    if run.last_percent == 100 or (run.last_remaining == 0 and all_layers):
        return _end(life, run, Outcome.COMPLETED, hold.since, None, late=hold.late)
    reason = f"The printer went idle at {run.last_percent} % without finishing."
    return _end(life, run, Outcome.INTERRUPTED, hold.since, reason, late=hold.late)


def _superseded(life: Lifecycle, run: Run, seen: Observation) -> Step:
    """Close a run whose end nobody saw: the printer shows another job."""
    if life.hold is not None:
        return _believe(life, run, life.hold)
    if run.last_percent >= 99:
        return _end(life, run, Outcome.COMPLETED, seen.at, None, late=life.fresh)
    reason = (
        f"How this print ended was not seen; it was at {run.last_percent} % when the printer "
        "was last seen with it."
    )
    return _end(life, run, Outcome.UNKNOWN, seen.at, reason, late=life.fresh)


def _end(
    life: Lifecycle, run: Run, outcome: Outcome, at: datetime, reason: str | None, *, late: bool
) -> Step:
    ended_at = at
    if late:
        # It ended while nobody looked: when it would have, or when it was last seen.
        ended_at = run.last_seen_at
        if outcome is Outcome.COMPLETED:
            ended_at += timedelta(seconds=run.last_remaining or 0)
        ended_at = min(ended_at, at)
    run, expected = recognised(life.expected, run, sure=True)
    after = Lifecycle(fresh=life.fresh, rested_at=at, expected=expected)
    reached: list[Transition] = []
    if outcome is Outcome.COMPLETED:
        run, reached = reach(run, MILESTONES)
    return after, (
        *reached,
        Ended(run, outcome, max(ended_at, run.started_at), reason, late),
    )


def _cancel_latched(life: Lifecycle, now: datetime) -> bool:
    return life.cancelled_at is not None and now - life.cancelled_at <= CANCEL_LATCH


def _cancelled_by_reason(run: Run, seen: Observation) -> bool:
    """The sticky failure reason says "cancelled" and did not say so before this run."""
    return seen.fail_reason in CANCEL_CODES and seen.fail_reason != run.fail_reason_before


def _stop_was_requested(run: Run, now: datetime) -> bool:
    return run.stop_requested_at is not None and now - run.stop_requested_at <= STOP_REQUEST
