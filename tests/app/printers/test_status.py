"""The live state of a printer and its JSON form."""

from dataclasses import replace
from datetime import UTC, datetime

import orjson
import pytest

from app.printers.status import (
    AmsTray,
    AmsUnit,
    ConnectionState,
    Fans,
    Health,
    HmsError,
    HmsSeverity,
    HmsStatus,
    Job,
    NozzleTemperature,
    PrinterState,
    PrinterStatus,
    SpeedLevel,
    Temperatures,
)
from app.printers.status_json import decode, encode

FULL = PrinterStatus(
    state=PrinterState.PRINTING,
    connection=ConnectionState.CONTROL_REFUSED,
    connection_detail="Commands are refused.",
    seq=41,
    reported_at=datetime(2026, 3, 4, 5, 6, 7, 890000, tzinfo=UTC),
    progress=37,
    remaining_time=5040,
    current_layer=52,
    total_layers=140,
    stage="Printing",
    temperatures=Temperatures(
        nozzle=219.8,
        nozzle_target=220.0,
        bed=60.0,
        bed_target=60.0,
        chamber=None,
        chamber_target=None,
        nozzles=(NozzleTemperature(0, 219.8, 220.0, True, 0.4),),
    ),
    fans=Fans(part=100, auxiliary=67, chamber=13, heatbreak=100),
    speed_level=SpeedLevel.SPORT,
    chamber_light=True,
    door_open=True,
    health=Health(
        HmsStatus.WARNING,
        (
            HmsError(
                "0C00-0300-0003-0007",
                HmsSeverity.COMMON,
                "Camera",
                "Possible first-layer defects.",
                "https://example.test/hms",
            ),
        ),
    ),
    ams=(
        AmsUnit(
            0,
            "AMS",
            humidity=29,
            humidity_level=4,
            temperature=24.5,
            trays=(AmsTray(0, 1, True, "PLA", color="#FF8800", remaining=80, is_active=True),),
        ),
    ),
    external_spools=(AmsTray(None, 0),),
    firmware_version="01.08.02.00",
    wifi_signal=-51,
    job=Job(
        "bracket_v2",
        "plate_1.gcode",
        plate=1,
        subtask_id="1204",
        run_id=3,
        archive_id=7,
        started_at=datetime(2026, 3, 4, 4, tzinfo=UTC),
    ),
)


@pytest.mark.parametrize("status", [FULL, PrinterStatus.unknown()])
def test_json_holds_the_whole_status(status):
    """What is written to the hub and to a snapshot row comes back equal."""
    assert decode(encode(status)) == status


def test_times_are_written_in_utc_with_z():
    """Readers in other languages get RFC 3339 times with Z."""
    assert orjson.loads(encode(FULL))["reported_at"] == "2026-03-04T05:06:07.890000Z"


def test_a_newer_process_may_write_more_keys():
    """Processes of two versions can share a farm during an update."""
    raw = orjson.loads(encode(FULL)) | {"invented_later": 1}
    assert decode(orjson.dumps(raw)) == FULL


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"state": "DANCING"}'])
def test_foreign_bytes_are_an_error(data):
    """Bytes that no process wrote are refused, never half believed."""
    with pytest.raises((ValueError, KeyError, TypeError)):
        decode(data)


@pytest.mark.parametrize(
    ("state", "pause", "resume", "stop", "free"),
    [
        (PrinterState.IDLE, False, False, False, True),
        (PrinterState.PREPARING, False, False, True, False),
        (PrinterState.PRINTING, True, False, True, False),
        (PrinterState.PAUSED, False, True, True, False),
        (PrinterState.FINISHED, False, False, False, True),
        (PrinterState.FAILED, False, False, False, True),
        (PrinterState.OFFLINE, False, False, False, False),
    ],
)
def test_what_can_be_done_follows_from_the_state(state, pause, resume, stop, free):
    """Pause, resume and stop are offered only where the printer would do them."""
    status = replace(PrinterStatus(), state=state, connection=ConnectionState.CONNECTED)
    assert (pause, resume, stop, free) == (
        status.can_pause,
        status.can_resume,
        status.can_stop,
        status.is_free,
    )


def test_nothing_is_offered_without_control():
    """A printer that refuses commands is live, but offers none."""
    assert FULL.is_live
    assert not FULL.can_pause
    assert not FULL.can_stop
