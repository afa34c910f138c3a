"""What it means when a printer that was told to print shows this or that."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.dispatch.judgement import Finding, judge
from app.print_queue.models import Dispatch, DispatchStage
from app.printers.orders import ShownJob
from tests.farm import NOON

LIMIT = 180.0
WATCHED = {"watched_since": NOON - timedelta(hours=1)}
AGAIN = {"watched_since": NOON + timedelta(seconds=5)}  # connected anew after the order
OLD = {"subtask": "77", "name": "old", "file": "old.3mf"}
OURS = {"subtask": "4711", "name": "new-q1", "file": "new-q1.3mf"}
NAMED = {"subtask": "", "name": "new-q1", "file": ""}
OTHER = {"subtask": "99", "name": "other", "file": "other.3mf"}
NOTHING = {"subtask": "", "name": "", "file": ""}


def found(
    state: str,
    names: dict[str, str],
    *,
    before: str = "FINISH",
    accepted: bool = False,
    seen: dict[str, Any] = WATCHED,
    after: float = 10.0,
    error: str | None = None,
) -> tuple[Finding, str | None]:
    dispatch = Dispatch(
        stage=DispatchStage.ACCEPTED if accepted else DispatchStage.COMMANDED,
        subtask_id=4711,
        remote_path="/new-q1.3mf",
        before=ShownJob(before, **OLD).as_dict(),
        commanded_at=NOON,
    )
    shown = ShownJob(state, **names, **seen, error=error)
    judgement = judge(dispatch, shown, NOON + timedelta(seconds=after), LIMIT)
    return judgement.finding, judgement.reason


@pytest.mark.parametrize("names", [OURS, NAMED, OLD, NOTHING])
def test_a_printer_at_work_is_waited_for(names: dict[str, str]) -> None:
    """The ingest writes down what it begins, also when its names come late."""
    if names is not NOTHING:
        assert found("PREPARE", names, after=500)[0] is Finding.WAIT
    assert found("RUNNING", names)[0] is Finding.WAIT


def test_another_print_is_none_of_ours() -> None:
    """After the limit the item may be sent again: this printer runs one job at a time."""
    assert found("RUNNING", OTHER)[0] is Finding.WAIT
    assert found("RUNNING", OTHER, after=181) == (
        Finding.LOST,
        "Another print began on the printer.",
    )


@pytest.mark.parametrize("names", [OURS, NAMED])
def test_names_of_ours_tell_that_the_order_was_taken(names: dict[str, str]) -> None:
    """Also while FINISH of the job before still shows, for a minute on some printers."""
    assert found("FINISH", names, after=50)[0] is Finding.ACCEPTED
    assert found("FINISH", names, after=50, accepted=True)[0] is Finding.WAIT
    assert found("IDLE", names, after=135, before="IDLE")[0] is Finding.ACCEPTED
    late = found("FINISH", names, after=181)
    assert late == (
        Finding.GAVE_UP,
        "The printer took the order but did not begin within 180 seconds.",
    )
    assert found("IDLE", OLD, after=181, accepted=True)[0] is Finding.GAVE_UP


def test_nothing_at_all_may_be_sent_again() -> None:
    """It never heard of it, so it cannot begin it."""
    assert found("FINISH", OLD, after=179)[0] is Finding.WAIT
    for state, names, seen in (
        ("FINISH", OLD, WATCHED),
        ("FINISH", OLD, AGAIN),
        ("IDLE", NOTHING, WATCHED),  # somebody dismissed the end of the job before
    ):
        assert found(state, names, seen=seen, after=181) == (
            Finding.LOST,
            "The printer did not react to the order within 180 seconds.",
        )


def test_what_nobody_knows_is_not_sent_again() -> None:
    """Out of sight after the order, and the printer forgot everything since."""
    finding, reason = found("IDLE", NOTHING, seen=AGAIN, after=181)
    assert finding is Finding.GAVE_UP
    assert reason is not None
    assert reason.startswith("It is not known")
    assert found("IDLE", NOTHING, seen=AGAIN, after=20)[0] is Finding.WAIT


def test_a_failure_before_the_beginning() -> None:
    """With the cause where the printer tells one."""
    assert found("FAILED", OURS, error="The print file is missing.") == (
        Finding.REJECTED,
        "The print file is missing.",
    )
    assert found("FAILED", OLD) == (Finding.REJECTED, "The printer did not begin the print.")
    # It had failed before, so it says nothing.
    assert found("FAILED", OLD, before="FAILED")[0] is Finding.WAIT


def test_what_ended_out_of_sight() -> None:
    """Believed at once where it cannot be the end of the job before, else after the limit."""
    assert found("FINISH", OURS, before="IDLE", seen=AGAIN)[0] is Finding.DONE_UNSEEN
    assert found("FINISH", OURS, before="FINISH", seen=AGAIN)[0] is Finding.ACCEPTED
    assert found("FINISH", OURS, before="FINISH", seen=AGAIN, after=181)[0] is Finding.DONE_UNSEEN
    assert found("FAILED", OURS, before="FINISH", seen=AGAIN)[0] is Finding.FAILED_UNSEEN
    assert found("FINISH", OURS, before="IDLE", seen={})[0] is Finding.DONE_UNSEEN
