"""From what a printer shows to its runs: one per print, whatever happens."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.mqtt.job import Observation, observation_of
from app.mqtt.lifecycle import Lifecycle, step, tick
from app.mqtt.run import Ended, Origin, Outcome, Paused, Reached, Resumed, Run, Started, Updated
from tests.app.mqtt.reports import p1, running

START = datetime(2026, 5, 1, 12, tzinfo=UTC)
CANCELLED = 50348044


class Film:
    """A printer seen over time; every second is one step unless told otherwise."""

    def __init__(self) -> None:
        self.now = START
        self.life = Lifecycle()
        self.happened = []

    def see(self, after: float = 1, **fields) -> "Film":
        self.now += timedelta(seconds=after)
        self._take(tick(self.life, self.now))
        self._take(step(self.life, observation_of(p1(**fields), self.now)))
        return self

    def wait(self, seconds: float) -> "Film":
        self.now += timedelta(seconds=seconds)
        self._take(tick(self.life, self.now))
        return self

    def lose(self, for_seconds: float = 0) -> "Film":
        self.life = self.life.out_of_sight(self.now)
        self.now += timedelta(seconds=for_seconds)
        return self

    def restart(self) -> "Film":
        """What a new process knows: the run as it was stored."""
        run = self.life.run
        self.life = Lifecycle(run=Run.decode(run.encode()) if run else None)
        return self

    def _take(self, taken) -> None:
        self.life, happened = taken
        self.happened += happened

    @property
    def story(self) -> list[str]:
        return [
            item.outcome.value if isinstance(item, Ended) else type(item).__name__
            for item in self.happened
            if not isinstance(item, Updated | Reached)
        ]

    @property
    def milestones(self) -> list[int]:
        return [item.percent for item in self.happened if isinstance(item, Reached)]

    @property
    def last(self):
        return self.happened[-1]


def job(name="bracket", **fields):
    """A job as a P1 shows it: nothing but names."""
    names = {"subtask_id": "0", "task_id": "0", "gcode_file": f"{name}.3mf", "subtask_name": name}
    return running() | names | fields


def at_rest(state="IDLE", **fields):
    return {"gcode_state": state, "gcode_file": "", "subtask_name": "bracket"} | fields


def printing(film, start=0, end=100, step_=10, **fields):
    for percent in range(start, end, step_):
        film.see(30, **job(mc_percent=percent, layer_num=percent, total_layer_num=100, **fields))
    return film


def test_a_clean_print_starts_once_and_completes_once():
    """Idle, preparing, running, finished: one run with its times."""
    film = Film().see(**at_rest()).see(**job(gcode_state="PREPARE", mc_percent=0))
    printing(film).see(**at_rest("FINISH", mc_percent=100))
    assert film.story == ["Started", "completed"]
    started = film.happened[0]
    assert started.run.origin is Origin.OBSERVED
    assert started.run.started_at == START + timedelta(seconds=2)
    assert film.last.ended_at == film.now
    assert film.last.reason is None
    assert not film.last.late
    assert film.life.run is None


def test_finish_is_sticky_and_told_once():
    """FINISH that is pushed a thousand times is one event."""
    film = printing(Film().see(**at_rest()))
    for _ in range(1000):
        film.see(**at_rest("FINISH"))
    assert film.story == ["Started", "completed"]


def test_a_start_without_preparing_is_a_start():
    """PREPARE can be shorter than the interval between two reports."""
    film = Film().see(**at_rest("FINISH")).see(**job(mc_percent=0))
    assert film.story == ["Started"]


def test_a_print_found_under_way_is_adopted():
    """The first look at a printer shows a print: it is kept with an estimated start."""
    film = Film().see(**job(mc_percent=40, mc_remaining_time=60))
    (started,) = film.happened
    assert started.run.origin is Origin.ADOPTED
    assert started.late
    assert started.run.started_at == film.now - timedelta(seconds=2400)


def test_a_restart_in_mid_print_tells_nothing_and_completes_the_first_run():
    """The stored run is recognised; the end belongs to it."""
    film = printing(Film().see(**at_rest()), 0, 41)
    film.restart().see(**job(mc_percent=41, layer_num=41))
    assert film.story == ["Started"]
    printing(film, 50).see(**at_rest("FINISH"))
    assert film.story == ["Started", "completed"]
    assert film.last.run.started_at == film.happened[0].run.started_at


def test_milestones_are_reached_once_each():
    """25, 50 and 75 percent as they are passed, several at once when reports were missed."""
    film = printing(Film().see(**at_rest()), 0, 30)
    assert film.milestones == []
    film.see(30, **job(mc_percent=25))
    assert film.milestones == [25]
    film.see(30, **job(mc_percent=24)).see(30, **job(mc_percent=26))
    assert film.milestones == [25]
    film.see(30, **job(mc_percent=80))
    assert film.milestones == [25, 50, 75]
    film.see(**at_rest("FINISH", mc_percent=100))
    assert film.milestones == [25, 50, 75]


def test_a_completed_print_came_by_every_milestone():
    """One that was too quick to be seen on its way; a cancelled one did not."""
    film = Film().see(**at_rest()).see(**job(gcode_state="PREPARE", mc_percent=0))
    film.see(**job(mc_percent=1)).see(**at_rest("FINISH", mc_percent=100))
    assert film.milestones == [25, 50, 75]
    assert film.story == ["Started", "completed"]
    film = printing(Film().see(**at_rest()), 0, 40)
    film.see(**job(print_error=0x0300400C)).see(**at_rest("FAILED", mc_percent=0))
    assert film.story == ["Started", "cancelled"]
    assert film.milestones == [25]


def test_progress_of_the_job_before_is_no_milestone():
    """What a printer still shows of the last print at the start of the next does not count."""
    film = Film().see(**at_rest("FINISH", mc_percent=100))
    film.see(**job(name="next", mc_percent=100)).see(**job(name="next", mc_percent=0))
    assert film.milestones == []
    printing(film, 1, 32, name="next")
    assert film.milestones == [25]


def test_what_was_passed_before_anybody_looked_is_no_news():
    """A print that is found at 60 % tells 75 % alone; one that was known tells what it passed."""
    film = Film().see(**job(mc_percent=60)).see(30, **job(mc_percent=61))
    assert film.milestones == []
    film.see(30, **job(mc_percent=76))
    assert film.milestones == [75]
    film = printing(Film().see(**at_rest()), 0, 30)
    film.lose(600).restart().see(**job(mc_percent=60))
    assert film.milestones == [25, 50]


def test_pausing_and_resuming():
    """Pause and resume are told with the reason the stage gives."""
    film = printing(Film().see(**at_rest()), 0, 30)
    film.see(**job(gcode_state="PAUSE", stg_cur=6)).see(**job(gcode_state="PAUSE", stg_cur=6))
    assert film.last == Paused(film.last.run, "Paused: filament ran out")
    film.see(**job(mc_percent=30))
    assert isinstance(film.last, Resumed)
    assert film.story == ["Started", "Paused", "Resumed"]


def test_a_cancel_at_the_printer_keeps_its_percent():
    """Cancelled: error code, then FAILED with zeros. The percent reached is what was printed."""
    film = printing(Film().see(**at_rest()), 0, 60)
    film.see(**job(mc_percent=57, print_error=CANCELLED))
    film.see(**at_rest("FAILED", print_error=CANCELLED, mc_percent=0, layer_num=0))
    film.see(2, **at_rest("FAILED"))
    assert film.story == ["Started", "cancelled"]
    assert film.last.run.last_percent == 50
    assert film.last.reason == "Cancelled at the printer."


def test_a_latched_cancel_code_counts_after_it_is_gone():
    """The code shows for two seconds; FAILED may come just after it."""
    film = printing(Film().see(**at_rest()), 0, 60)
    film.see(**job(mc_percent=0, layer_num=0, print_error=CANCELLED))
    film.see(5, **at_rest("FAILED", print_error=0))
    assert film.story == ["Started", "cancelled"]
    assert film.last.run.last_percent == 50


def test_a_cancel_on_old_firmware_ends_in_idle():
    """Old P1 firmware goes to IDLE; the cancel is believed after the hold."""
    film = printing(Film().see(**at_rest()), 0, 60)
    film.see(**job(print_error=CANCELLED)).see(**at_rest()).wait(14)
    assert film.story == ["Started"]
    film.wait(2)
    assert film.story == ["Started", "cancelled"]
    assert film.last.ended_at == film.now - timedelta(seconds=16)


def test_a_stop_from_here_is_cancelled_whatever_the_printer_says():
    """Within two minutes of our stop command FAILED means stopped."""
    film = printing(Film().see(**at_rest()), 0, 60)
    film.life = film.life.stop_requested(film.now)
    film.see(5, **at_rest("FAILED"))
    assert film.story == ["Started", "cancelled"]
    assert film.last.reason == "Stopped from here."


def test_a_sticky_fail_reason_marks_a_cancel():
    """Larger printers keep the cancel code as the reason of the failure."""
    film = printing(Film().see(**at_rest()), 0, 60)
    film.see(**at_rest("FAILED", fail_reason=str(CANCELLED)))
    assert film.story == ["Started", "cancelled"]


def test_an_old_fail_reason_does_not_cancel_the_next_print():
    """The reason of the last failure is still there when the next print goes idle."""
    film = Film().see(**at_rest(fail_reason=str(CANCELLED)))
    printing(film, 0, 60, fail_reason=str(CANCELLED))
    film.see(**at_rest(fail_reason=str(CANCELLED))).wait(20)
    assert film.story == ["Started", "interrupted"]


def test_a_fault_fails_with_its_cause():
    """FAILED with a print error tells why."""
    film = printing(Film().see(**at_rest()), 0, 60).see(**at_rest("FAILED", print_error=50348032))
    assert film.story == ["Started", "failed"]
    assert film.last.reason == "Homing the Z axis failed; the print was stopped. (0300-4000)"


def test_the_cause_may_come_a_message_later():
    """FAILED first, the code a second after it."""
    film = printing(Film().see(**at_rest()), 0, 60).see(**at_rest("FAILED"))
    assert film.story == ["Started"]
    film.see(**at_rest("FAILED", print_error=CANCELLED))
    assert film.story == ["Started", "cancelled"]


def test_a_failure_without_a_cause_is_told_after_a_moment():
    """Nothing explains it within three seconds: failed all the same."""
    film = printing(Film().see(**at_rest()), 0, 60).see(**at_rest("FAILED")).wait(3)
    assert film.story == ["Started", "failed"]
    assert film.last.ended_at == film.now - timedelta(seconds=3)


def test_a_failure_before_printing_is_one_failed_run():
    """Wrong plate or nozzle: PREPARE goes to FAILED without ever running."""
    film = Film().see(**at_rest()).see(**job(gcode_state="PREPARE"))
    film.see(**at_rest("FAILED", print_error=134184978))
    assert film.story == ["Started", "failed"]
    assert not film.last.run.left_something


def test_idle_between_preparing_and_running_is_no_end():
    """Some firmware passes through IDLE."""
    film = Film().see(**at_rest()).see(**job(gcode_state="PREPARE")).see(**at_rest())
    film.see(10, **job(mc_percent=0)).wait(60)
    assert film.story == ["Started"]


def test_the_same_file_twice_is_two_runs():
    """Two prints of one file without any ids are told apart by the end between them."""
    film = Film().see(**at_rest())
    printing(film).see(**at_rest("FINISH"))
    printing(film).see(**at_rest("FINISH"))
    assert film.story == ["Started", "completed", "Started", "completed"]


def test_the_same_file_twice_without_a_visible_end():
    """The end fell between two reports: progress that begins anew is a new run."""
    film = printing(Film().see(**at_rest()))
    film.see(**job(mc_percent=0, layer_num=0))
    assert film.story == ["Started", "unknown", "Started"]


def test_another_cloud_job_closes_the_first():
    """Ids that differ are different jobs; at 99 percent the first one was done."""
    film = Film().see(**at_rest())
    printing(film, 0, 60, subtask_id="11")
    film.see(**job(subtask_id="12", mc_percent=0))
    assert film.story == ["Started", "unknown", "Started"]
    film.see(90, **job(subtask_id="12", mc_percent=99)).see(**job(subtask_id="13"))
    assert film.story[-2:] == ["completed", "Started"]


def test_late_names_and_ids_belong_to_the_same_run():
    """Title and ids of the job before may still show when a job begins."""
    film = Film().see(**at_rest()).see(**job("old", subtask_id="1", mc_percent=100))
    film.see(8, **job("new", subtask_id="2", mc_percent=0, total_layer_num=0))
    assert film.story == ["Started"]
    assert isinstance(film.last, Updated)
    assert film.last.run.name == "new"
    film.see(60, **at_rest("IDLE")).wait(20)
    assert film.story == ["Started", "interrupted"]
    assert film.last.run.last_percent == 0


def test_a_quick_print_settles_by_its_progress():
    """A print that grew is known by its ids, however young it is."""
    film = Film().see(**at_rest())
    for percent in (0, 30, 90):
        film.see(1, **job(subtask_id="1", mc_percent=percent, layer_num=percent))
    film.lose(2).see(**job("other", subtask_id="2", mc_percent=3, layer_num=3))
    assert film.story == ["Started", "unknown", "Started"]
    film = Film().see(**at_rest())
    for percent in (0, 30, 90, 0):
        film.see(1, **job(mc_percent=percent, layer_num=percent, subtask_id="1"))
    assert film.life.run.last_percent == 90


def test_a_calibration_is_no_run():
    """System jobs open nothing and, seen in passing, close nothing."""
    calibration = job(gcode_file="/usr/etc/print/auto_cali_for_user.gcode")
    film = Film().see(**at_rest()).see(**calibration).see(**at_rest("FINISH"))
    assert film.story == []


def test_an_unknown_state_changes_nothing():
    """OFFLINE, INIT or an empty word: keep what is known."""
    film = printing(Film().see(**at_rest()), 0, 60)
    film.see(**job(gcode_state="")).see(**job(gcode_state="INIT")).wait(60)
    assert film.story == ["Started"]


def away_at_ninety(**back):
    film = printing(Film().see(**at_rest()), 0, 91, mc_remaining_time=10)
    return film.lose(3600).see(**back)


def test_finished_while_away():
    """Completed, late, at the time it would have finished."""
    film = away_at_ninety(**at_rest("FINISH"))
    assert film.story == ["Started", "completed"]
    assert film.last.late
    assert film.last.ended_at == film.last.run.last_seen_at + timedelta(minutes=10)


def test_rebooted_while_away():
    """IDLE with ninety percent: interrupted when it was last seen."""
    film = away_at_ninety(**at_rest()).wait(15)
    assert film.story == ["Started", "interrupted"]
    assert film.last.late
    assert film.last.ended_at == film.last.run.last_seen_at


def test_rebooted_after_the_last_percent():
    """IDLE with a hundred percent seen: completed."""
    film = printing(Film().see(**at_rest()), 0, 101).lose(3600).see(**at_rest()).wait(15)
    assert film.story == ["Started", "completed"]


def test_another_job_after_being_away():
    """The old run ends unknown, the new one is adopted and cannot have begun before."""
    film = away_at_ninety(**job("other", mc_percent=20, layer_num=20, mc_remaining_time=60))
    assert film.story == ["Started", "unknown", "Started"]
    assert film.last.run.origin is Origin.ADOPTED
    assert film.last.run.name == "other"


def test_the_same_file_again_after_being_away():
    """Weak ids: less progress than before shows that it is another print."""
    film = away_at_ninety(**job(mc_percent=30, layer_num=30))
    assert film.story == ["Started", "unknown", "Started"]


def test_someone_elses_finish_after_being_away():
    """A finished job with another id says nothing about ours."""
    film = Film().see(**at_rest())
    printing(film, 0, 60, subtask_id="11").lose(3600).see(**at_rest("FINISH", subtask_id="12"))
    assert film.story == ["Started", "unknown"]


def test_a_short_loss_of_sight_is_nothing():
    """Reconnecting in mid-print goes on with the same run."""
    film = printing(Film().see(**at_rest()), 0, 51).lose(20)
    printing(film, 60).see(**at_rest("FINISH"))
    assert film.story == ["Started", "completed"]
    assert not film.last.late


def test_a_run_survives_its_stored_form():
    """The row in the database holds the whole run."""
    film = printing(Film().see(**at_rest()), 0, 51, subtask_id="5")
    run = replace(film.life.run, stop_requested_at=film.now)
    assert Run.decode(run.encode()) == run


OBSERVATIONS = st.builds(
    dict,
    gcode_state=st.sampled_from(["IDLE", "PREPARE", "RUNNING", "PAUSE", "FINISH", "FAILED", ""]),
    mc_percent=st.sampled_from([0, 1, 50, 99, 100]),
    layer_num=st.sampled_from([0, 1, 50, 100]),
    subtask_id=st.sampled_from(["0", "1", "2"]),
    subtask_name=st.sampled_from(["a", "b", ""]),
    gcode_file=st.sampled_from(["a.3mf", "", "/usr/x.gcode"]),
    print_error=st.sampled_from([0, CANCELLED, 50348032]),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(OBSERVATIONS, st.sampled_from([1, 20, 90]), st.sampled_from([0, 0, 0, 1, 2]))
    )
)
def test_runs_never_overlap(scenes):
    """Whatever a printer shows: starts and ends alternate, and each run ends at most once."""
    film = Film()
    for fields, seconds, accident in scenes:
        film.see(seconds, **fields)
        if accident == 1:
            film.lose(5)
        elif accident == 2:
            film.restart()
    kinds = [type(item) for item in film.happened if isinstance(item, Started | Ended)]
    assert all(first is not second for first, second in itertools.pairwise(kinds))
    assert kinds[:1] in ([], [Started])
    for item in film.happened:
        if isinstance(item, Ended):
            assert item.run.started_at <= item.ended_at <= film.now
            assert (item.reason is None) is (item.outcome is Outcome.COMPLETED)


@pytest.mark.parametrize("state", ["SLICING", "PREPARE", "RUNNING", "PAUSE"])
def test_every_active_state_opens_a_run(state):
    """A run begins with whatever active state is seen first."""
    assert isinstance(Film().see(**at_rest()).see(**job(gcode_state=state)).happened[0], Started)


def test_an_observation_reads_numbers_however_they_are_written():
    """Minutes become seconds, strings numbers."""
    seen = observation_of(p1(**running(mc_remaining_time="84", fail_reason="50348044")), START)
    assert isinstance(seen, Observation)
    assert (seen.remaining, seen.fail_reason, seen.plate) == (5040, 50348044, 2)


def test_a_health_message_explains_a_failure_without_a_code():
    """The gravest health message is the reason, unless the printer says "cancelled" in time."""
    rest = p1(**at_rest("FAILED"))
    film = printing(Film().see(**at_rest()), 0, 60)
    film.now += timedelta(seconds=1)
    film.life, nothing = step(film.life, observation_of(rest, film.now, fault="Heater broken."))
    assert nothing == ()
    film.wait(3)
    assert film.story == ["Started", "failed"]
    assert film.last.reason == "Heater broken."


def test_a_health_message_goes_before_an_error_that_says_little():
    """ "Paused for an unknown reason" beside a broken sensor: the sensor is the reason."""
    film = printing(Film().see(**at_rest()), 0, 60)
    rest = p1(**at_rest("FAILED", print_error=0x03008000))
    film.life, (ended,) = step(film.life, observation_of(rest, film.now, fault="Sensor broken."))
    assert ended.reason == "Sensor broken."
