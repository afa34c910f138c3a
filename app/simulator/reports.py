"""The complete report of a printer, in the words of its family.

Shapes and constants are those seen in reports of real printers; the values are the simulator's.
"""

from __future__ import annotations

import hashlib
import math
from pathlib import PurePosixPath
from typing import Any

from app.simulator.jobs import EXTERNAL, Job
from app.simulator.machine import ACTIVE, FINISH, IDLE, PREPARE, Machine, Slot
from app.simulator.profiles import Flavour

Report = dict[str, Any]
NO_SLOT = 0xFFFF


class Renderer:
    """Renders one machine; `wifi` is the signal in dBm."""

    def __init__(self, machine: Machine, serial: str) -> None:
        self._machine = machine
        self._serial = serial
        self.wifi = -52
        self.developer_mode = True

    def full(self) -> Report:
        """Everything the family sends in a full push, without `msg` and `sequence_id`."""
        profile = self._machine.profile
        report = self._common()
        if profile.flavour in (Flavour.P1, Flavour.A2L):
            report |= self._p1()
        if profile.flavour is Flavour.X1_OLD:
            report |= self._x1_old()
        if profile.flavour in (Flavour.NEW, Flavour.DUAL, Flavour.A2L):
            report |= self._new()
        return report

    def version(self) -> list[Report]:
        """The modules of a `get_version` reply."""
        profile = self._machine.profile
        new = not profile.old_style
        ota: Report = {
            "name": "ota",
            "sw_ver": profile.firmware,
            "hw_ver": "OTA",
            "sn": self._serial,
        }
        ota |= {"product_name": f"Bambu Lab {profile.product}"} if new else {"project_name": ""}
        processor = "ap" if new else "esp32"
        return [
            ota,
            {"name": processor, "sw_ver": profile.firmware, "hw_ver": "AP05", "sn": self._serial},
            {
                "name": "ams/0",
                "sw_ver": "00.00.06.49",
                "hw_ver": "AMS08",
                "sn": f"006{self._serial[3:]}",
            },
        ]

    def _common(self) -> Report:
        machine = self._machine
        job, named = machine.job, machine.named
        return {
            "command": "push_status",
            "gcode_state": machine.state,
            "gcode_file": self._file(),
            "gcode_file_prepare_percent": self._prepare_percent(),
            "subtask_name": named.name if named else "",
            "task_id": named.task_id if named else self._no_id(),
            "subtask_id": named.subtask_id if named else self._no_id(),
            "project_id": named.project_id if named else self._no_id(),
            "profile_id": self._no_id(),
            "print_type": "local" if machine.active else "idle",
            "mc_percent": machine.percent,
            "mc_remaining_time": math.ceil(machine.remaining / 60),
            "mc_print_stage": "2" if machine.active else "1",
            "mc_print_sub_stage": 0,
            "layer_num": machine.layer,
            "total_layer_num": job.layers if job and machine.state != PREPARE else 0,
            "stg": list(machine.profile.stages) if machine.active else [],
            "stg_cur": self._stage(),
            "print_error": machine.error,
            "hms": [{"attr": attr, "code": code} for attr, code in machine.hms],
            "spd_lvl": machine.speed,
            "spd_mag": {1: 50, 2: 100, 3: 124, 4: 166}[machine.speed],
            "nozzle_temper": self._degrees(machine.nozzle),
            "nozzle_target_temper": self._degrees(machine.nozzle_target),
            "bed_temper": self._degrees(machine.bed),
            "bed_target_temper": self._degrees(machine.bed_target),
            "nozzle_diameter": "0.4",
            "nozzle_type": "stainless_steel",
            "cooling_fan_speed": "15" if machine.layer > 1 else "0",
            "big_fan1_speed": "10" if machine.layer > 1 else "0",
            "big_fan2_speed": "0",
            "heatbreak_fan_speed": "15" if machine.nozzle > 50 else "0",
            "fan_gear": 0,
            "lights_report": [{"node": "chamber_light", "mode": "on" if machine.light else "off"}],
            "wifi_signal": f"{self.wifi}dBm",
            "sdcard": True,
            "home_flag": 4_210_063,
            "hw_switch_state": 1,
            "s_obj": list(machine.skipped),
            "ams": self._ams(),
            "ams_status": 768 if machine.active else 0,
            "ams_rfid_status": 0,
            "ipcam": {
                "ipcam_dev": "1",
                "ipcam_record": "enable",
                "timelapse": "disable",
                "resolution": "1080p",
                "mode_bits": 3,
            },
            "net": {"conf": 16, "info": [{"ip": 16_777_343, "mask": 16_777_215}]},
            "online": {"ahb": False, "rfid": False, "version": 7},
            "upgrade_state": {"status": "IDLE", "progress": "0", "new_version_state": 2},
            "upload": {"status": "idle", "progress": 0, "message": ""},
            "cali_version": 0,
            "force_upgrade": False,
            "queue_number": 0,
            "queue_total": 0,
            "queue_est": 0,
            "queue_sts": 0,
        }

    def _p1(self) -> Report:
        return {
            "chamber_temper": 5.0,  # these have no sensor; the value never changes
            "vt_tray": {"id": "254", "tray_type": "", "tray_color": "00000000", "remain": 0},
            "filam_bak": [],
            "flag3": 15,
            "k": "0.0200",
            "lifecycle": "product",
            "mc_print_line_number": str(self._machine.layer * 1200),
            "mess_production_state": "active",
        }

    def _x1_old(self) -> Report:
        machine = self._machine
        return {
            "chamber_temper": float(round(machine.chamber)),
            "aux_part_fan": True,
            "fail_reason": str(machine.fail_reason),
            "job_id": "0",
            "mc_print_error_code": str(machine.error),
            "xcam": {"first_layer_inspector": True, "spaghetti_detector": True},
            "vt_tray": {"id": "254", "tray_type": "", "tray_color": "00000000", "remain": 0},
            "device": {
                "fan": 0,
                "nozzle": {
                    "0": {"info": 4, "temp": _packed(machine.nozzle_target, machine.nozzle)},
                    "info": 1,
                },
            },
        }

    def _new(self) -> Report:
        machine = self._machine
        job = machine.job
        return {
            "fail_reason": str(machine.fail_reason),
            "fun": "4023FF18FFF9CB3" if self.developer_mode else "4023FF1AFFF9CB3",
            "stat": "46258008",
            "cfg": "1C0F81D9",
            "aux": "2004",
            "err": "0",
            "mc_err": 0,
            "ap_err": 0,
            "job_id": "0",
            "state": {IDLE: 0, FINISH: 6, "FAILED": 7}.get(machine.state, 4),
            "percent": machine.percent,
            "remain_time": math.ceil(machine.remaining / 60),
            "prepare_per": int(self._prepare_percent()),
            "plate_idx": machine.named.plate if machine.named else 0,
            "plate_cnt": 1,
            "mc_print_error_code": str(machine.error),
            "mapping": self._mapping(job) if job else [],
            "vir_slot": self._virtual_slots(),
            "info": {"temp": _packed(0, machine.chamber)},
            "device": self._device(),
            "3D": {
                "layer_num": machine.layer,
                "total_layer_num": job.layers if job else 0,
            },
            "xcam": {"cfg": 0, "first_layer_inspector": True},
            "job": {"cur_stage": {"idx": 0, "state": 2 if machine.active else 0}, "stage": []},
        }

    def _device(self) -> Report:
        machine = self._machine
        dual = machine.profile.flavour is Flavour.DUAL
        slot = NO_SLOT if machine.active_slot is None else _packed_slot(machine.active_slot)
        heads = [
            {
                "id": 0,
                "temp": _packed(machine.nozzle_target, machine.nozzle),
                "snow": slot,
                "spre": slot,
                "star": slot,
                "info": 14,
                "stat": 0,
            }
        ]
        if dual:
            heads.append(
                {
                    "id": 1,
                    "temp": 30,
                    "snow": 0xFEFF,
                    "spre": 0xFEFF,
                    "star": 0xFEFF,
                    "info": 8,
                    "stat": 0,
                }
            )
        nozzles = [{"id": head["id"], "diameter": 0.4, "type": "HS01", "wear": 0} for head in heads]
        return {
            "type": 1,
            "bed": {"info": {"temp": _packed(machine.bed_target, machine.bed)}},
            "ctc": {"info": {"temp": _packed(0, machine.chamber)}},
            "extruder": {"state": len(heads), "info": heads},
            "nozzle": {"exist": 3 if dual else 1, "info": nozzles},
            "plate": {"cur_id": ""},
        }

    def _mapping(self, job: Job) -> list[int]:
        slots = range(len(job.filaments)) if job.slots is None else job.slots
        return [NO_SLOT if slot is None else _packed_slot(slot) for slot in slots]

    def _virtual_slots(self) -> list[Report]:
        ids = ("254", "255") if self._machine.profile.flavour is Flavour.DUAL else ("255",)
        return [
            {"id": name, "tray_type": "", "tray_color": "00000000", "remain": 0} for name in ids
        ]

    def _ams(self) -> Report:
        machine = self._machine
        slots = machine.slots
        bits = sum(1 << place for place, slot in enumerate(slots) if slot.present)
        unit = 16 if machine.profile.flavour is Flavour.A2L else 0
        now = "255" if machine.active_slot is None else str(machine.active_slot)
        return {
            "ams": [
                {
                    "id": str(unit),
                    "humidity": "4",
                    "humidity_raw": "28",
                    "temp": "24.5",
                    "info": machine.profile.ams_info,
                    "tray": [self._tray(place, slot) for place, slot in enumerate(slots)],
                }
            ]
            if slots
            else [],
            "ams_exist_bits": f"{1 << (12 if unit else 0):x}" if slots else "0",
            "tray_exist_bits": f"{bits << (24 if unit else 0):x}",
            "tray_is_bbl_bits": f"{bits:x}",
            "tray_read_done_bits": f"{bits:x}",
            "tray_now": now,
            "tray_pre": now,
            "tray_tar": now,
            "version": 3,
            "insert_flag": True,
            "power_on_flag": False,
        }

    def _tray(self, place: int, slot: Slot) -> Report:
        if not slot.present:
            return {"id": str(place)}
        tag = self._tag(place)
        tray: Report = {
            "id": str(place),
            "tray_type": slot.material,
            "tray_sub_brands": f"{slot.material} Basic",
            "tray_info_idx": "GFA00",
            "tray_color": f"{slot.color}FF",
            "cols": [f"{slot.color}FF"],
            "tag_uid": tag[32:48],
            "tray_uuid": self.tray_uuid(place),
            "remain": round(slot.remain),
            "tray_weight": f"{slot.grams:.0f}",
            "tray_diameter": "1.75",
            "total_len": 330_000,
            "nozzle_temp_min": "190",
            "nozzle_temp_max": "240",
        }
        if self._machine.profile.old_style:
            return tray | {"k": 0.02, "n": 1.0}
        return tray | {"state": 27, "cali_idx": -1}

    def _tag(self, place: int) -> str:
        return hashlib.sha256(f"{self._serial}:{place}".encode()).hexdigest().upper()

    def tray_uuid(self, place: int) -> str:
        """The identity on the tag of the spool in a slot."""
        return self._tag(place)[:32]

    def _file(self) -> str:
        machine, named = self._machine, self._machine.named
        if named is None:
            return ""
        if not machine.profile.old_style:
            return f"/data/Metadata/plate_{named.plate}.gcode"
        if machine.state not in ACTIVE and named is machine.job:
            return ""  # this family clears it at the end
        return PurePosixPath(named.file).name or f"{named.name}.gcode.3mf"

    def _prepare_percent(self) -> str:
        machine = self._machine
        if machine.job is None or machine.state != PREPARE:
            return "0" if machine.job is None else "100"
        return str(min(100, int(machine.job.prepared / (machine.job.prepare or 1) * 100)))

    def _stage(self) -> int:
        machine = self._machine
        if machine.active:
            return machine.stage
        if machine.profile.key in ("a1", "a2l"):
            return 0
        return 255 if machine.profile.old_style else -1

    def _no_id(self) -> str:
        return "" if self._machine.profile.flavour is Flavour.DUAL else "0"

    def _degrees(self, value: float) -> float:
        if self._machine.profile.flavour in (Flavour.P1, Flavour.A2L):
            return round(value * 32) / 32
        return float(round(value))


def _packed_slot(slot: int) -> int:
    """Unit in the high byte, slot in the low one; the spool beside the AMS is unit 255."""
    return 0xFF00 if slot == EXTERNAL else slot


def _packed(target: float, current: float) -> int:
    """Target in the high 16 bits, present value in the low ones, whole °C."""
    return (round(target) << 16) | round(current)


def difference(before: Report, after: Report) -> Report:
    """What changed: objects recursively, everything else whole."""
    changed: Report = {}
    for name, value in after.items():
        old = before.get(name)
        if isinstance(value, dict) and isinstance(old, dict):
            inner = difference(old, value)
            if inner:
                changed[name] = inner
        elif value != old:
            changed[name] = value
    return changed
