"""Reports as printers of the families send them: the shapes are real, the values made up."""

from typing import Any

Report = dict[str, Any]

COMMON: Report = {
    "ams_rfid_status": 0,
    "ams_status": 0,
    "bed_target_temper": 0,
    "bed_temper": 24.0,
    "big_fan1_speed": "0",
    "big_fan2_speed": "0",
    "command": "push_status",
    "cooling_fan_speed": "0",
    "fan_gear": 0,
    "gcode_file": "",
    "gcode_file_prepare_percent": "0",
    "gcode_state": "IDLE",
    "heatbreak_fan_speed": "0",
    "hms": [],
    "home_flag": 0,
    "hw_switch_state": 0,
    "ipcam": {"ipcam_record": "enable", "resolution": "1080p", "mode_bits": 3},
    "layer_num": 0,
    "lights_report": [{"node": "chamber_light", "mode": "on"}],
    "mc_percent": 0,
    "mc_print_stage": "1",
    "mc_remaining_time": 0,
    "net": {"conf": 16, "info": [{"ip": 1644210368, "mask": 16777215}]},
    "nozzle_diameter": "0.4",
    "nozzle_target_temper": 0,
    "nozzle_temper": 25.0,
    "nozzle_type": "stainless_steel",
    "print_error": 0,
    "print_type": "idle",
    "profile_id": "0",
    "project_id": "0",
    "s_obj": [],
    "sdcard": True,
    "sequence_id": "1",
    "spd_lvl": 2,
    "spd_mag": 100,
    "stg": [],
    "stg_cur": 255,
    "subtask_id": "0",
    "subtask_name": "",
    "task_id": "0",
    "total_layer_num": 0,
    "wifi_signal": "-51dBm",
}


def tray(slot: int, **fields: Any) -> Report:
    """A loaded AMS tray."""
    return {
        "id": str(slot),
        "tray_type": "PLA",
        "tray_sub_brands": "PLA Basic",
        "tray_info_idx": "GFA00",
        "tray_color": "FF6A13FF",
        "tag_uid": "0123456789ABCDEF",
        "tray_uuid": "00112233445566778899AABBCCDDEEFF",
        "remain": 80,
        "tray_weight": "1000",
        **fields,
    }


def ams(**fields: Any) -> Report:
    """One AMS with two spools, in slots 0 and 2."""
    return {
        "ams": [
            {
                "id": "0",
                "humidity": "4",
                "humidity_raw": "29",
                "temp": "24.6",
                "tray": [tray(0), {"id": "1"}, tray(2, tray_color="0000FFFF"), {"id": "3"}],
            }
        ],
        "ams_exist_bits": "1",
        "tray_exist_bits": "5",
        "tray_now": "255",
        "tray_tar": "255",
        "version": 3,
        **fields,
    }


def p1(**fields: Any) -> Report:
    """A full report of a P1 or A1: no device block, a chamber that is always 5."""
    return COMMON | {"msg": 0, "chamber_temper": 5, "ams": ams(), **fields}


def x1_old(**fields: Any) -> Report:
    """A report of old X1 firmware: always complete and never marked."""
    return COMMON | {"chamber_temper": 31.0, "stg_cur": -1, "ams": ams(), **fields}


def p2s(**fields: Any) -> Report:
    """A full report of a P2S: packed temperatures of one nozzle, the chamber under ``info``."""
    return (
        COMMON
        | {
            "msg": 0,
            "stg_cur": -1,
            "fun": "40230F18FFF9CB3",
            "stat": "46258008",
            "info": {"temp": 34},
            "device": {
                "type": 1,
                "bed": {"info": {"temp": 3932220}},
                "extruder": {
                    "state": 1,
                    "info": [{"id": 0, "temp": 14745864, "snow": 2, "hnow": 0}],
                },
                "nozzle": {"exist": 1, "info": [{"id": 0, "diameter": 0.4, "type": "HS01"}]},
                "airduct": {"modeCur": 0, "parts": [{"id": 16, "state": 40}]},
            },
            "ams": ams(tray_now="0"),
            "vir_slot": [{"id": "255", "tray_type": "PETG", "tray_color": "FFFFFFFF"}],
        }
        | fields
    )


def h2d(**fields: Any) -> Report:
    """A full report of an H2D: two nozzles, the left one active, no ``msg``."""
    return (
        COMMON
        | {
            "stg_cur": -1,
            "nozzle_temper": 1.0,
            "chamber_temper": 40.0,
            "fun": "40230F18FFF9CB3",
            "stat": "46258008",
            "device": {
                "type": 1,
                "bed_temp": 6553700,
                "ctc": {"info": {"temp": 3932218}},
                "extruder": {
                    "state": 0x112,
                    "info": [
                        {"id": 0, "temp": 47, "snow": 65535, "hnow": 0},
                        {"id": 1, "temp": 16384250, "snow": 0x0102, "hnow": 1},
                    ],
                },
                "nozzle": {
                    "exist": 3,
                    "info": [{"id": 0, "diameter": 0.4}, {"id": 1, "diameter": 0.6}],
                },
                "airduct": {
                    "modeCur": 1,
                    "parts": [
                        {"id": 16, "state": 100},
                        {"id": 32, "state": 20},
                        {"id": 48, "state": 0},
                    ],
                },
            },
            "ams": {
                "ams": [
                    {
                        "id": "0",
                        "info": "2003",
                        "humidity": "5",
                        "humidity_raw": "16",
                        "temp": "30.1",
                        "dry_time": 0,
                        "tray": [tray(0, state=11)],
                    },
                    {
                        "id": "1",
                        "info": "1023",
                        "humidity": "1",
                        "humidity_raw": "29",
                        "temp": "55.0",
                        "dry_time": 90,
                        "tray": [tray(2, state=27), {"id": "3", "state": 10}],
                    },
                    {"id": "128", "info": "2004", "humidity": "0", "tray": [tray(0)]},
                ],
                "ams_exist_bits": "13",
                "tray_exist_bits": "10041",
                "tray_now": "2",
            },
            "vir_slot": [{"id": "254", "tray_type": ""}, {"id": "255", "tray_type": "ABS"}],
        }
        | fields
    )


def running(**fields: Any) -> Report:
    """The fields of a job under way."""
    return {
        "gcode_state": "RUNNING",
        "gcode_file": "/data/Metadata/plate_2.gcode",
        "subtask_name": "bracket_v2",
        "subtask_id": "1204418833",
        "task_id": "1204418833",
        "print_type": "cloud",
        "mc_percent": 37,
        "mc_remaining_time": 84,
        "layer_num": 52,
        "total_layer_num": 140,
        "stg_cur": 0,
        **fields,
    }
