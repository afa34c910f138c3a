"""What a printer is busy with inside a job: the stage numbers of ``stg_cur`` in words.

The numbers are those the vendor's slicer knows; an unknown one is shown as a number.
"""

from collections.abc import Mapping

STAGES: Mapping[int, str] = {
    1: "Auto bed leveling",
    2: "Preheating bed",
    3: "Vibration compensation",
    4: "Changing filament",
    5: "Paused by M400",
    6: "Paused: filament ran out",
    7: "Heating nozzle",
    8: "Calibrating extrusion",
    9: "Scanning bed surface",
    10: "Inspecting first layer",
    11: "Identifying build plate",
    12: "Calibrating micro lidar",
    13: "Homing tool head",
    14: "Cleaning nozzle tip",
    15: "Checking extruder temperature",
    16: "Paused by user",
    17: "Paused: front cover fell off",
    18: "Calibrating micro lidar",
    19: "Calibrating flow",
    20: "Paused: nozzle temperature malfunction",
    21: "Paused: bed temperature malfunction",
    22: "Unloading filament",
    23: "Paused: skipped step",
    24: "Loading filament",
    25: "Calibrating motor noise",
    26: "Paused: AMS lost",
    27: "Paused: heat break fan too slow",
    28: "Paused: chamber temperature control error",
    29: "Cooling chamber",
    30: "Paused by G-code",
    31: "Motor noise demonstration",
    32: "Paused: nozzle covered by filament",
    33: "Paused: cutter error",
    34: "Paused: first layer error",
    35: "Paused: nozzle clogged",
    36: "Checking accuracy before calibration",
    37: "Calibrating absolute accuracy",
    38: "Checking accuracy after calibration",
    39: "Calibrating nozzle offset",
    40: "Bed leveling at high temperature",
    41: "Checking quick release",
    42: "Checking door and cover",
    43: "Calibrating laser",
    44: "Checking platform",
    45: "Checking bird's-eye camera position",
    46: "Calibrating bird's-eye camera",
    47: "Bed leveling, phase 1",
    48: "Bed leveling, phase 2",
    49: "Heating chamber",
    50: "Cooling bed",
    51: "Printing calibration lines",
    52: "Checking material",
    53: "Calibrating live view camera",
    54: "Waiting for bed temperature",
    55: "Checking material position",
    56: "Calibrating cutter offset",
    57: "Measuring surface",
    58: "Thermal preconditioning",
    59: "Homing blade holder",
    60: "Calibrating camera offset",
    61: "Calibrating blade holder position",
    62: "Testing hot end pick and place",
    63: "Waiting for chamber temperature to even out",
    64: "Preparing hot end",
    65: "Calibrating clumping detection",
    66: "Purifying chamber air",
    67: "Measuring rotary attachment",
    68: "Moving tool head above purge chute",
    69: "Cooling nozzle",
    70: "Moving tool head to bed center",
    71: "Fitting arcs",
    72: "Detecting hot end type",
    73: "Detecting plate alignment",
    74: "Detecting objects on bed",
    75: "Detecting objects under bed",
    76: "Pre-extruding",
    77: "Preparing AMS",
}
PAUSE_STAGES = frozenset({5, 6, 16, 17, 20, 21, 23, 26, 27, 28, 30, 32, 33, 34, 35})

# Printers disagree on what stands for "no stage": -1, 255, or 0 (seen on A1 and A2L at rest).
_NO_STAGE = frozenset({-1, 0, 255})


def stage_text(stage: int | None, gcode_state: str) -> str | None:
    """The stage of an active job in words; None when no job is active."""
    if gcode_state in ("PREPARE", "SLICING", "RUNNING"):
        if stage is None or stage in _NO_STAGE:
            return {"PREPARE": "Preparing", "SLICING": "Slicing"}.get(gcode_state, "Printing")
        return STAGES.get(stage) or f"Stage {stage}"
    if gcode_state == "PAUSE":
        return pause_reason(stage) or "Paused"
    return None


def pause_reason(stage: int | None) -> str | None:
    """Why a job is paused, as far as the stage tells."""
    return STAGES[stage] if stage in PAUSE_STAGES else None
