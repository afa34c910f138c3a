"""From merged reports to the status that people see."""

import pytest

from app.mqtt.decode import ALL_KEYS, decode
from app.mqtt.hms import health_of
from app.mqtt.stages import STAGES, stage_text
from app.printers.catalogue import model_of_name, model_of_serial
from app.printers.status import (
    AmsTray,
    Fans,
    HmsSeverity,
    HmsStatus,
    NozzleTemperature,
    PrinterState,
    PrinterStatus,
    SpeedLevel,
)
from tests.app.mqtt.reports import ams, h2d, p1, p2s, running, tray, x1_old

P1S, X1C, P2S, H2D, A1 = (model_of_serial(prefix) for prefix in ("01P", "00M", "22E", "094", "039"))


def status_of(report, model):
    return decode(PrinterStatus.unknown(), report, ALL_KEYS, model)


def test_a_running_job_shows_its_progress():
    """Percent, seconds left, layers, stage and names of the job."""
    status = status_of(p1(**running()), P1S)
    assert status.state is PrinterState.PRINTING
    assert (
        status.progress,
        status.remaining_time,
        status.current_layer,
        status.total_layers,
    ) == (37, 84 * 60, 52, 140)
    assert status.stage == "Printing"
    assert status.job is not None
    assert (
        status.job.name,
        status.job.filename,
        status.job.plate,
    ) == ("bracket_v2", "bracket_v2.3mf", 2)


@pytest.mark.parametrize("state", ["IDLE", "FINISH", "FAILED"])
def test_nothing_is_in_progress_when_nothing_prints(state):
    """Leftovers of the last job (a P1 keeps 759 minutes after a failure) are not shown."""
    status = status_of(p1(**running(gcode_state=state, mc_remaining_time=759)), P1S)
    shown = (status.progress, status.remaining_time, status.current_layer, status.stage, status.job)
    assert shown == (None, None, None, None, None)


def test_preparing_shows_no_progress_of_the_job_before():
    """Percent and layer still belong to the last job while a printer prepares the next."""
    status = status_of(p1(**running(gcode_state="PREPARE", mc_percent=100)), P1S)
    assert (status.state, status.progress, status.current_layer) == (PrinterState.PREPARING, 0, 0)
    assert status.stage == "Preparing"


def test_a_calibration_is_no_print():
    """The printer moves, but there is no job to show."""
    job = {"gcode_file": "/usr/etc/print/auto_cali_for_user.gcode"}
    status = status_of(p1(**running(**job)), P1S)
    assert status.state is PrinterState.PRINTING
    assert status.job is None


def test_numbers_as_text_are_numbers():
    """Old firmware sends some numbers as strings."""
    status = status_of(p1(**running(mc_percent="12", mc_remaining_time="5", layer_num=3.0)), P1S)
    assert (status.progress, status.remaining_time, status.current_layer) == (12, 300, 3)


def test_unknown_words_for_the_state_are_unknown():
    """A state nobody has heard of is shown as such."""
    assert status_of(p1(gcode_state="DANCING"), P1S).state is PrinterState.UNKNOWN


@pytest.mark.parametrize(
    ("file", "title", "name", "filename"),
    [
        ("/data/Metadata/plate_1.gcode", "Benchy ", "Benchy", "Benchy.3mf"),
        ("box.gcode.3mf", "", "box", "box.gcode.3mf"),
        ("/sdcard/cache/box.3mf", "Box", "Box", "box.3mf"),
        ("", "", "Untitled print", "Untitled print.3mf"),
        ("", "a\x00b.3mf", "ab.3mf", "ab.3mf"),
    ],
)
def test_names_are_never_empty(file, title, name, filename):
    """Title and file name come from wherever the printer put something usable."""
    job = status_of(p1(**running(gcode_file=file, subtask_name=title)), P1S).job
    assert job is not None
    assert (job.name, job.filename) == (name, filename)


def test_a_chamber_of_five_degrees_is_no_sensor():
    """P1 and A1 report a constant; an X1 Carbon measures."""
    assert status_of(p1(), P1S).temperatures.chamber is None
    assert status_of(x1_old(), X1C).temperatures.chamber == 31.0


def test_plain_temperatures_are_rounded_to_a_tenth():
    """P1 and A1 resolve to a thirty-second of a degree, which is noise."""
    report = p1(nozzle_temper=219.78125, nozzle_target_temper=220, bed_temper="59.96875")
    seen = status_of(report, P1S).temperatures
    assert (seen.nozzle, seen.nozzle_target, seen.bed) == (219.8, 220.0, 60.0)
    assert seen.nozzles == (NozzleTemperature(0, 219.8, 220.0, True, 0.4),)


def test_packed_temperatures_of_one_nozzle():
    """Newer families pack target and current value into one number."""
    seen = status_of(p2s(), P2S).temperatures
    assert (seen.nozzle, seen.nozzle_target) == (264.0, 225.0)
    assert (seen.bed, seen.bed_target) == (60.0, 60.0)
    assert seen.chamber == 34.0


def test_two_nozzles_and_the_active_one():
    """The active extruder is in bits 4 to 7; the plain nozzle field is not believed."""
    seen = status_of(h2d(), H2D).temperatures
    assert (seen.nozzle, seen.nozzle_target) == (250.0, 250.0)
    assert seen.nozzles == (
        NozzleTemperature(0, 47.0, 0.0, False, 0.4),
        NozzleTemperature(1, 250.0, 250.0, True, 0.6),
    )
    assert (seen.bed, seen.bed_target) == (100.0, 100.0)
    assert (seen.chamber, seen.chamber_target) == (58.0, 60.0)


def test_fans_in_percent():
    """Steps of fifteen on most printers, percentages in the air duct of newer ones."""
    report = p1(cooling_fan_speed="15", big_fan1_speed="10", big_fan2_speed="2")
    assert status_of(report, P1S).fans == Fans(part=100, auxiliary=67, chamber=13, heatbreak=0)
    assert status_of(h2d(), H2D).fans == Fans(part=100, auxiliary=20, chamber=0, heatbreak=0)


def test_the_small_things():
    """Speed preset, light, Wi-Fi and door."""
    status = status_of(p2s(spd_lvl=4, stat="46A58008"), P2S)
    assert status.speed_level is SpeedLevel.LUDICROUS
    assert status.chamber_light is True
    assert status.wifi_signal == -51
    assert status.door_open is True
    assert status_of(p2s(), P2S).door_open is False
    assert status_of(x1_old(home_flag=-1058546177), X1C).door_open is True
    assert status_of(x1_old(home_flag=-1066934785), X1C).door_open is False
    assert status_of(p1(home_flag=-1058546177), P1S).door_open is None


def test_ams_with_spools_and_empty_slots():
    """Material, colour, remaining percent and tag of each slot; empty slots stay in the list."""
    unit = status_of(p1(ams=ams(tray_now="2")), P1S).ams[0]
    assert (unit.id, unit.kind, unit.humidity, unit.humidity_level) == (0, "AMS", 29, 4)
    assert unit.temperature == 24.6
    assert [item.present for item in unit.trays] == [True, False, True, False]
    assert unit.trays[1] == AmsTray(0, 1)
    loaded = unit.trays[2]
    assert (loaded.material, loaded.color, loaded.remaining) == ("PLA", "#0000FF", 80)
    assert (loaded.weight, loaded.is_active) == (1000, True)
    assert loaded.tray_uuid == "00112233445566778899AABBCCDDEEFF"


def test_remaining_without_a_tag_is_not_known():
    """AMS lite counts from 100 or 0 for spools without a tag: null is honest."""
    spool = tray(0, tray_uuid="0" * 32, tag_uid="0" * 16, remain=100, tray_color="00000000")
    report = p1(ams=ams(ams=[{"id": "0", "tray": [spool]}]))
    unit = status_of(report, A1).ams[0]
    assert unit.kind == "AMS lite"
    assert (unit.trays[0].remaining, unit.trays[0].tag_uid, unit.trays[0].color) == (
        None,
        None,
        None,
    )


def test_units_of_every_kind():
    """Kinds, drying time, high unit ids, and the tray that feeds the active nozzle."""
    units = status_of(h2d(), H2D).ams
    assert [(unit.id, unit.kind) for unit in units] == [
        (0, "AMS 2 Pro"),
        (1, "AMS 2 Pro"),
        (128, "AMS HT"),
    ]
    assert [unit.drying_time for unit in units] == [None, 5400, None]
    assert units[2].humidity_level is None
    active = [item for unit in units for item in unit.trays if item.is_active]
    assert [(item.unit, item.slot) for item in active] == [(1, 2)]


def test_external_spools():
    """Newer firmware lists holders in vir_slot, the main one first here; older has vt_tray."""
    assert [(s.slot, s.material) for s in status_of(h2d(), H2D).external_spools] == [
        (0, "ABS"),
        (1, None),
    ]
    report = p1(vt_tray={"id": "254", "tray_type": "TPU"}, ams={"ams": [], "tray_now": "254"})
    (spool,) = status_of(report, P1S).external_spools
    assert (spool.unit, spool.slot, spool.material, spool.is_active) == (None, 0, "TPU", True)


@pytest.mark.parametrize(
    ("attr", "code", "text", "severity", "module"),
    [
        (201327360, 196615, "0C00-0300-0003-0007", HmsSeverity.COMMON, "Camera"),
        (83887616, 131184, "0500-0600-0002-0070", HmsSeverity.SERIOUS, "Main board"),
        (50331904, 65543, "0300-0100-0001-0007", HmsSeverity.FATAL, "Motion controller"),
        (0x07012200, 0x00020001, "0701-2200-0002-0001", HmsSeverity.SERIOUS, "AMS"),
        (0xEE000000, 0x00040001, "EE00-0000-0004-0001", HmsSeverity.INFO, "Module EE"),
    ],
)
def test_health_codes(attr, code, text, severity, module):
    """Code, severity and module are parts of the two numbers."""
    (error,) = health_of([{"attr": attr, "code": code}], 0, P1S).errors
    assert (error.code, error.severity, error.module) == (text, severity, module)
    assert error.wiki_url.endswith("/hmscode/" + text.replace("-", "_"))


def test_health_words():
    """Known codes speak, with unit and slot; an unknown code has no words."""
    entries = [
        {"attr": 0x07012200, "code": 0x00020001},
        {"attr": 0x12002000, "code": 0x00020001},
        {"attr": 83887616, "code": 131184},
    ]
    assert [error.message for error in health_of(entries, 0, P1S).errors] == [
        "AMS B slot 3 ran out of filament.",
        "AMS lite slot 1 ran out of filament.",
        None,
    ]


def test_health_adds_up():
    """The gravest entry decides, repeats count once, and hints alone are no trouble."""
    common = {"attr": 201327360, "code": 196615}
    serious = {"attr": 83887616, "code": 131184}
    hint = {"attr": 0x03000000, "code": 0x00040001}
    assert health_of([], 0, P1S).status is HmsStatus.OK
    assert health_of([hint], 0, P1S).status is HmsStatus.OK
    assert health_of([common, common], 0, P1S).status is HmsStatus.WARNING
    both = health_of([common, serious, common], 0, P1S)
    assert both.status is HmsStatus.ERROR
    assert [error.severity for error in both.errors] == [HmsSeverity.SERIOUS, HmsSeverity.COMMON]


def test_print_errors_are_health_and_cancelling_is_not():
    """A print error shows beside the HMS entries; the code of a cancelled print is no fault."""
    (error,) = health_of([], 117473297, P1S).errors
    assert (error.code, error.severity) == ("0700-8011", HmsSeverity.SERIOUS)
    assert health_of([], 50348044, P1S).errors == ()


def test_stages_have_names():
    """Known stages are words, unknown ones numbers, and at rest there is none."""
    assert stage_text(7, "RUNNING") == "Heating nozzle"
    assert stage_text(1, "RUNNING") == "Auto bed leveling"
    assert stage_text(500, "RUNNING") == "Stage 500"
    assert [stage_text(idle, "RUNNING") for idle in (-1, 0, 255, None)] == ["Printing"] * 4
    assert stage_text(6, "PAUSE") == "Paused: filament ran out"
    assert stage_text(14, "PAUSE") == "Paused"
    assert stage_text(7, "FINISH") is None
    assert set(STAGES) == set(range(1, 78))


def test_an_unchanged_part_is_not_read_again():
    """A change that nobody sees gives back the very same status."""
    before = status_of(p1(**running()), P1S)
    assert decode(before, p1(**running()), {"sdcard"}, P1S) is before
    assert decode(before, p1(**running(), nozzle_temper=25.01), {"nozzle_temper"}, P1S) is before


def test_a_name_can_give_an_unknown_serial_its_abilities():
    """The model decides whether the chamber value is believed."""
    model = model_of_name("X1 Carbon")
    assert model is not None
    assert status_of(x1_old(chamber_temper=5), model).temperatures.chamber == 5.0
