"""What it means when a printer that was told to print shows this job now. Pure."""

from __future__ import annotations

from datetime import datetime
from enum import Enum, auto

from app.print_queue.models import Dispatch, DispatchStage
from app.printers.orders import ShownJob
from app.records import record


class Finding(Enum):
    """What is to be done about an order that has not been seen to begin."""

    WAIT = auto()
    ACCEPTED = auto()  # the printer shows the job and will begin it
    REJECTED = auto()  # it never will; it may be sent again
    LOST = auto()  # it never heard of it; it may be sent again
    GAVE_UP = auto()  # nobody knows, or it took it and did nothing: not to be sent again
    DONE_UNSEEN = auto()  # it was printed while nobody looked
    FAILED_UNSEEN = auto()  # it was begun and did not succeed while nobody looked


@record
class Judgement:
    """``reason`` says why, in words, unless the print goes well."""

    finding: Finding
    reason: str | None = None


WAIT = Judgement(Finding.WAIT)


def judge(dispatch: Dispatch, shown: ShownJob, now: datetime, limit: float) -> Judgement:
    """What an order that has not begun has come to. ``limit`` is in seconds from the order.

    A printer may keep showing FINISH for a minute with the new job's names before it begins, so
    an end is believed at once only where the printer showed another state when it was ordered.
    """
    before = ShownJob.from_dict(dispatch.before) or ShownJob("")
    ordered = dispatch.commanded_at or dispatch.created_at
    late = (now - ordered).total_seconds() >= limit
    watched = shown.watched_since is not None and shown.watched_since <= ordered
    ours = shown.is_of(dispatch.subtask_id, dispatch.remote_path)
    if not shown.is_at_rest:
        foreign = not ours and shown.identity != before.identity
        return _another(late) if foreign else WAIT
    if ours:
        return _ours(dispatch, shown, before, limit, late=late, watched=watched)
    if watched and shown.state == "FAILED" and before.state != "FAILED":
        return Judgement(Finding.REJECTED, _why_not(shown))
    if not late:
        return WAIT
    if dispatch.stage is DispatchStage.ACCEPTED:
        return _never_began(limit)
    if watched or shown.identity == before.identity:
        return Judgement(
            Finding.LOST, f"The printer did not react to the order within {limit:g} seconds."
        )
    return Judgement(
        Finding.GAVE_UP,
        "It is not known whether the printer printed it: it was out of sight after the order.",
    )


def _ours(
    dispatch: Dispatch,
    shown: ShownJob,
    before: ShownJob,
    limit: float,
    *,
    late: bool,
    watched: bool,
) -> Judgement:
    """The printer rests and shows the ordered job."""
    changed = shown.state != before.state
    if shown.state == "FAILED" and changed and watched:
        return Judgement(Finding.REJECTED, _why_not(shown))
    if not watched and (changed or late):
        if shown.state == "FINISH":
            return Judgement(Finding.DONE_UNSEEN)
        if shown.state == "FAILED":
            return Judgement(Finding.FAILED_UNSEEN)
    if late:
        return _never_began(limit)
    return Judgement(Finding.ACCEPTED) if dispatch.stage is DispatchStage.COMMANDED else WAIT


def _another(late: bool) -> Judgement:
    if not late:
        return WAIT
    return Judgement(Finding.LOST, "Another print began on the printer.")


def _never_began(limit: float) -> Judgement:
    return Judgement(
        Finding.GAVE_UP,
        f"The printer took the order but did not begin within {limit:g} seconds.",
    )


def _why_not(shown: ShownJob) -> str:
    return shown.error or "The printer did not begin the print."
