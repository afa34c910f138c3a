"""What a report says of the job: its name, its identity, and how far it is."""

import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import PurePosixPath

from app.mqtt.values import integer, percent, text
from app.printers.status import Job
from app.records import record

ACTIVE = frozenset({"PREPARE", "SLICING", "RUNNING", "PAUSE"})
ENDED = frozenset({"IDLE", "FINISH", "FAILED"})
_NO_ID = frozenset({"", "0"})
_PLATE = re.compile(r"plate_(\d{1,4})\.gcode")
_MAX_SLOTS = 64
# Jobs whose names are remembered: what a large farm prints at a time.
KNOWN_JOBS = 2_000
_SUFFIXES = (".gcode.3mf", ".3mf", ".gcode")


@record
class Fingerprint:
    """What tells one job from another, as far as the printer lets us know.

    Jobs from the cloud and from servers have a unique ``subtask``; LAN jobs of newer printers a
    counter in ``task``; LAN and SD-card jobs of the P1 and A1 families nothing but names, which a
    reprint of the same file shares.
    """

    subtask: str | None = None
    task: str | None = None
    name: str = ""
    file: str = ""

    @property
    def is_strong(self) -> bool:
        """Whether two different jobs cannot look the same."""
        return self.subtask is not None or self.task is not None

    def contradicts(self, other: "Fingerprint") -> bool:
        """Whether the two are certainly different jobs, by ids that both have."""
        if self.subtask is not None and other.subtask is not None:
            return self.subtask != other.subtask
        if self.task is not None and other.task is not None:
            return (self.task, self.name) != (other.task, other.name)
        return False

    def renamed(self, other: "Fingerprint") -> bool:
        """Whether names that both have differ; a job without ids is known by nothing else."""
        return bool(
            (self.name and other.name and self.name != other.name)
            or (self.file and other.file and self.file != other.file)
        )


def fingerprint_of(raw: Mapping[str, object]) -> Fingerprint:
    """The identity of the job in a report."""
    subtask, task = _id(raw.get("subtask_id")), _id(raw.get("task_id"))
    return Fingerprint(subtask, task, text(raw.get("subtask_name")), text(raw.get("gcode_file")))


def _id(value: object) -> str | None:
    written = str(value) if type(value) is int else text(value)
    return None if written in _NO_ID else written[:64]


def is_system_job(raw: Mapping[str, object]) -> bool:
    """Calibrations and the like: the printer moves, but nothing is printed."""
    return text(raw.get("print_type")) == "system" or text(raw.get("gcode_file")).startswith(
        "/usr/"
    )


def current_job(raw: Mapping[str, object]) -> Job | None:
    """The job of an active printer; None for a calibration."""
    if is_system_job(raw):
        return None
    fingerprint = fingerprint_of(raw)
    name, filename = names(fingerprint)
    return Job(name, filename, plate_of(raw), fingerprint.subtask, fingerprint.task)


@lru_cache(KNOWN_JOBS)
def names(fingerprint: Fingerprint) -> tuple[str, str]:
    """Title and file name of a job, never empty.

    Larger printers name only the plate inside the unpacked file; its own name is then made from
    the title, which is how slicers name what they send. Every report of a print asks for them.
    """
    file = PurePosixPath(fingerprint.file).name
    if "/Metadata/" in fingerprint.file or _PLATE.fullmatch(file):
        file = ""
    name = fingerprint.name or _without_suffix(file) or "Untitled print"
    if not file:
        file = name if name.lower().endswith(_SUFFIXES) else f"{name}.3mf"
    return name, file


def _without_suffix(file: str) -> str:
    for suffix in _SUFFIXES:
        if file.lower().endswith(suffix):
            return file[: -len(suffix)]
    return file


def plate_of(raw: Mapping[str, object]) -> int | None:
    """The number of the printed plate, 1 the first, as the file path or the printer tells."""
    found = _PLATE.search(text(raw.get("gcode_file")))
    plate = int(found.group(1)) if found else integer(raw.get("plate_idx"))
    return plate if plate is not None and 0 < plate < 1000 else None


def slots_of(raw: Mapping[str, object]) -> tuple[int, ...]:
    """The slot of each filament of the job, ``ams << 8 | slot``, where the printer tells."""
    told = raw.get("mapping")
    if not isinstance(told, list) or len(told) > _MAX_SLOTS:
        return ()
    slots = tuple(integer(value) for value in told)
    return tuple(slot for slot in slots if slot is not None) if None not in slots else ()


@record
class Filament:
    """A material, its colour (``#RRGGBB``) and its tag, as a spool's slot tells them.

    ``unit`` None is an external holder, ``slot`` None one that is not known; ``since`` is how far
    the print was in percent when it was first seen in use.
    """

    material: str
    color: str | None = None
    tray_uuid: str | None = None
    unit: int | None = None
    slot: int | None = None
    since: int = 0


@record
class Observation:
    """What the print lifecycle needs of one merged report.

    ``remaining`` is in seconds. ``fault`` is the gravest trouble in words, None without one;
    ``filament`` what feeds the nozzle, None when nothing known does; ``slots`` the
    slot of each filament of the job.
    """

    at: datetime
    gcode_state: str
    fingerprint: Fingerprint
    is_system: bool = False
    percent: int | None = None
    layer: int | None = None
    total_layers: int | None = None
    remaining: int | None = None
    plate: int | None = None
    stage: int | None = None
    print_error: int = 0
    fail_reason: int = 0
    fault: str | None = None
    filament: Filament | None = None
    slots: tuple[int, ...] = ()


def observation_of(
    raw: Mapping[str, object],
    at: datetime,
    *,
    fault: str | None = None,
    filament: Filament | None = None,
) -> Observation:
    """What a merged report says of the job at this moment."""
    minutes = integer(raw.get("mc_remaining_time", raw.get("remain_time")))
    return Observation(
        at=at,
        gcode_state=text(raw.get("gcode_state")).upper(),
        fingerprint=fingerprint_of(raw),
        is_system=is_system_job(raw),
        percent=percent(raw.get("mc_percent", raw.get("percent"))),
        layer=integer(raw.get("layer_num")),
        total_layers=integer(raw.get("total_layer_num")) or None,
        remaining=minutes * 60 if minutes is not None and minutes >= 0 else None,
        plate=plate_of(raw),
        stage=integer(raw.get("stg_cur")),
        print_error=integer(raw.get("print_error")) or 0,
        fail_reason=integer(raw.get("fail_reason")) or 0,
        fault=fault,
        filament=filament,
        slots=slots_of(raw),
    )
