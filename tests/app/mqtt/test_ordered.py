"""Prints that were ordered from here: the request, and how the run is known again."""

from datetime import timedelta

import orjson
import pytest

from app.mqtt.commands import print_file, tray_number
from app.mqtt.expected import Expected
from app.mqtt.job import Fingerprint, Observation
from app.mqtt.lifecycle import Lifecycle, step
from app.mqtt.run import Ended, Origin, Outcome, Started, Updated
from app.printers.orders import Feed, PrintOrder, ShownJob
from tests.farm import NOON

OLD = Fingerprint(None, None, "old", "old.3mf")
OURS = Fingerprint("4711", "4711", "new-q1", "new-q1.3mf")
NAMED = Fingerprint(None, None, "new-q1", "")
OTHER = Fingerprint(None, None, "other", "other.3mf")
EXPECTED = Expected("4711", "/new-q1.3mf", OLD, NOON)


def order(**about):
    fields = {
        "subtask_id": 4711,
        "remote_path": "/new-q1.3mf",
        "plate": 2,
        "md5": "AB",
        "feeds": (Feed(0, 2), None, Feed(128, 0)),
        "before": ShownJob("IDLE"),
        "expires_at": NOON,
        "patience": 180.0,
    }
    return PrintOrder(**(fields | about))


def seen(state, fingerprint, seconds, *, percent=0, layer=0):
    at = NOON + timedelta(seconds=seconds)
    return Observation(at, state, fingerprint, percent=percent, layer=layer, remaining=600)


def lived(life, *observations):
    happened = []
    for observation in observations:
        life, news = step(life, observation)
        happened += news
    return life, happened


def test_the_request_to_print_a_file():
    """Unique decimal ids, a bool for the AMS, both forms of the mapping, an address in one word."""
    body = orjson.loads(print_file(order(timelapse=True)).encode("70002"))["print"]
    assert body == {
        "sequence_id": "70002",
        "command": "project_file",
        "param": "Metadata/plate_2.gcode",
        "url": "ftp://new-q1.3mf",
        "file": "new-q1.3mf",
        "md5": "AB",
        "subtask_name": "new-q1",
        "project_id": "4711",
        "profile_id": "0",
        "task_id": "4711",
        "subtask_id": "4711",
        "bed_type": "auto",
        "timelapse": True,
        "bed_leveling": True,
        "auto_bed_leveling": 1,
        "flow_cali": False,
        "extrude_cali_flag": 0,
        "vibration_cali": False,
        "layer_inspect": False,
        "use_ams": True,
        "ams_mapping": [2, -1, 128],
        "ams_mapping2": [
            {"ams_id": 0, "slot_id": 2},
            {"ams_id": 255, "slot_id": 255},
            {"ams_id": 128, "slot_id": 0},
        ],
        "cfg": "0",
    }


def test_the_external_spool_and_plain_code():
    """Without an AMS `use_ams` is false; g-code has no mapping at all."""
    body = print_file(order(feeds=(Feed(None, 0), Feed(None, 1)))).fields
    assert body["use_ams"] is False
    assert body["ams_mapping"] == [254, 254]
    assert body["ams_mapping2"] == [{"ams_id": 255, "slot_id": 0}, {"ams_id": 254, "slot_id": 0}]
    plain = print_file(order(remote_path="/vase-q2.gcode", feeds=()))
    assert (plain.command, plain.fields) == ("gcode_file", {"param": "/vase-q2.gcode"})


@pytest.mark.parametrize(
    ("feed", "number"), [(Feed(3, 3), 15), (Feed(131, 0), 131), (Feed(None, 1), 254)]
)
def test_slots_have_numbers_across_units(feed, number):
    """AMS units count by four, an AMS HT by its id."""
    assert tray_number(feed) == number


def test_an_order_travels_between_processes():
    """The process that holds the connection gets what the dispatcher made."""
    before = ShownJob("FINISH", "1", "2", "three", "four.3mf")
    sent = order(before=before, feeds=(None, Feed(None, 1)))
    assert PrintOrder.from_dict(orjson.loads(orjson.dumps(sent.as_dict()))) == sent


@pytest.mark.parametrize("shown", [OURS, NAMED])
def test_an_ordered_run_is_known_at_once(shown):
    """By its id, or by the name of its file where the printer tells no ids."""
    life = Lifecycle(fresh=False, expected=EXPECTED)
    life, happened = lived(life, seen("RUNNING", shown, 5))
    assert [type(item) for item in happened] == [Started]
    assert happened[0].run.origin is Origin.DISPATCHED
    assert life.expected is None


def test_an_ordered_run_is_known_when_its_names_come_late():
    """Until then it is one that was seen to begin."""
    life = Lifecycle(fresh=False, expected=EXPECTED)
    life, happened = lived(life, seen("PREPARE", OLD, 5), seen("RUNNING", OURS, 15))
    assert [type(item) for item in happened] == [Started, Updated]
    assert [item.run.origin for item in happened] == [Origin.OBSERVED, Origin.DISPATCHED]


def test_an_ordered_run_whose_names_never_come():
    """A minute later it is clear that no other names will."""
    life = Lifecycle(fresh=False, expected=EXPECTED)
    life, _ = lived(life, seen("RUNNING", OLD, 5), seen("RUNNING", OLD, 40))
    assert life.run.origin is Origin.OBSERVED
    life, _ = lived(life, seen("RUNNING", OLD, 70, percent=3))
    assert life.run.origin is Origin.DISPATCHED
    short = Lifecycle(fresh=False, expected=EXPECTED)
    _, happened = lived(short, seen("RUNNING", OLD, 5), seen("FINISH", OLD, 30, percent=100))
    assert happened[-1].run.origin is Origin.DISPATCHED
    assert happened[-1].outcome is Outcome.COMPLETED


def test_what_somebody_else_began_is_not_the_ordered_run():
    """The order stays expected until the other run is surely another."""
    life = Lifecycle(fresh=False, expected=EXPECTED)
    life, happened = lived(life, seen("RUNNING", OTHER, 5))
    assert happened[0].run.origin is Origin.OBSERVED
    assert life.expected is EXPECTED
    life, _ = lived(life, seen("RUNNING", OTHER, 70, percent=9))
    assert life.run.origin is Origin.OBSERVED
    assert life.expected is None


def test_an_ordered_run_after_a_restart():
    """Found under way it is the ordered one, and begun not before the order."""
    life = Lifecycle(fresh=True, expected=EXPECTED, rested_at=NOON)
    _, happened = lived(life, seen("RUNNING", OURS, 300, percent=50, layer=5))
    assert happened[0].late
    assert happened[0].run.origin is Origin.DISPATCHED
    assert happened[0].run.started_at >= NOON


def test_an_ordered_run_that_nobody_saw():
    """It is written down with its beginning and its end, once."""
    life = Lifecycle(fresh=False, expected=EXPECTED)
    at = NOON + timedelta(hours=1)
    life, happened = life.unseen(Outcome.COMPLETED, at)
    kinds = [type(item) for item in happened]
    assert kinds == [Started, Ended]
    assert happened[1].run.left_something
    assert (happened[1].outcome, happened[1].ended_at, happened[1].late) == (
        Outcome.COMPLETED,
        at,
        True,
    )
    assert life.unseen(Outcome.COMPLETED, at) == (life, ())
