"""Bytes to messages."""

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.mqtt.messages import MAX_BYTES, Other, Push, Reply, Unreadable, Version, parse

TEXT = st.text('ab0é\x00"', max_size=6)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=30,
)
KNOWN = st.sampled_from(
    ["print", "info", "system", "ams", "command", "msg", "hms", "module", "device", "gcode_state"]
)


def test_a_delta_is_a_push_with_its_claim():
    """Telemetry keeps its fields and what it claims to be."""
    message = parse(b'{"print":{"mc_percent":37,"command":"push_status","msg":1}}')
    assert message == Push({"mc_percent": 37, "command": "push_status"}, 1)


def test_an_unmarked_report_claims_nothing():
    """Old firmware does not say whether a report is full."""
    assert parse(b'{"print":{"command":"push_status"}}') == Push({"command": "push_status"}, None)


def test_echoes_are_replies_and_not_telemetry():
    """The echo of a request holds fields that look like telemetry and must not be merged."""
    payload = orjson.dumps(
        {
            "print": {
                "command": "extrusion_cali_get",
                "nozzle_diameter": "0.2",
                "sequence_id": 7,
                "result": "SUCCESS",
            }
        }
    )
    assert parse(payload) == Reply("print", "extrusion_cali_get", "7", "success", "", None)


def test_a_version_reply_tells_the_firmware():
    """The ota module carries the printer's firmware version."""
    payload = orjson.dumps(
        {
            "info": {
                "command": "get_version",
                "sequence_id": "20",
                "module": [
                    {"name": "esp32", "sw_ver": "1.2", "sn": "X"},
                    {"name": "ota", "sw_ver": "01.08.02.00"},
                ],
            }
        }
    )
    message = parse(payload)
    assert isinstance(message, Version)
    assert message.firmware == "01.08.02.00"
    assert message.sequence_id == "20"
    assert [module.name for module in message.modules] == ["esp32", "ota"]


@pytest.mark.parametrize(
    "payload",
    [
        b'{"print":{"subtask_name":"a\xff\xfeb","command":"push_status"}}',
        b'{"print":{"subtask_name":"ab","command":"push_status"}}\x00',
    ],
)
def test_stray_bytes_are_repaired(payload):
    """Broken UTF-8 inside a name and a trailing NUL do not cost the message."""
    message = parse(payload)
    assert isinstance(message, Push)
    assert message.body["command"] == "push_status"


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\x00",
        b"nonsense",
        b'{"print":{"mc_percent":3',
        b"[1,2]",
        b'"text"',
        b"null",
        b"[" * 100_000,
        b'{"a":' * 900 + b"1" + b"}" * 900,
        b" " * (MAX_BYTES + 1),
    ],
)
def test_what_cannot_be_read_says_why(payload):
    """Half JSON, foreign JSON, endless nesting and monsters are unreadable, never an exception."""
    message = parse(payload)
    assert isinstance(message, Unreadable)
    assert message.reason


def test_a_large_message_is_read():
    """Full reports with many units exceed any small limit: 256 kB are fine."""
    payload = orjson.dumps({"print": {"command": "push_status", "pad": "x" * 262_144}})
    assert isinstance(parse(payload), Push)


def test_a_known_field_of_a_wrong_type_is_left_out():
    """A field that makes no sense must not replace the value before it; numbers as text may."""
    message = parse(
        orjson.dumps(
            {
                "print": {
                    "command": "push_status",
                    "mc_percent": {"x": 1},
                    "layer_num": "many",
                    "total_layer_num": "140",
                    "ams": [],
                    "gcode_state": 4,
                    "hms": "none",
                    "never_heard_of": {"a": 1},
                }
            }
        )
    )
    assert isinstance(message, Push)
    assert message.body == {
        "command": "push_status",
        "total_layer_num": "140",
        "never_heard_of": {"a": 1},
    }


def test_fields_beside_the_subsystem_are_taken_in():
    """Some firmware sends a few fields at the top level, with or without telemetry."""
    message = parse(b'{"wifi_signal":"-60dBm","t_utc":5}')
    assert message == Push({"wifi_signal": "-60dBm"}, 1)


def test_other_subsystems_are_named():
    """A motion controller's log says nothing about state."""
    assert parse(b'{"mc_print":{"param":"[BMC] M900"}}') == Other("mc_print")


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=400))
def test_no_bytes_raise(payload):
    """Whatever bytes arrive, parsing answers."""
    parse(payload)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(KNOWN, st.dictionaries(KNOWN | TEXT, JSON) | JSON))
def test_no_json_raises(raw):
    """Whatever JSON arrives under known names, parsing answers."""
    parse(orjson.dumps(raw))
