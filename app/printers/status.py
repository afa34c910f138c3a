"""The decoded live state of a printer, and its compact JSON form.

A ``PrinterStatus`` is immutable: each published change is a new one, with a greater ``seq``.
Units: temperatures in °C, fans and progress in percent, times in whole seconds, Wi-Fi in dBm.
"""

from dataclasses import field
from datetime import datetime
from enum import StrEnum

from app.records import record


class PrinterState(StrEnum):
    """What a printer is doing."""

    OFFLINE = "OFFLINE"
    IDLE = "IDLE"
    PREPARING = "PREPARING"
    PRINTING = "PRINTING"
    PAUSED = "PAUSED"
    FINISHED = "FINISHED"
    FAILED = "FAILED"
    UNKNOWN = "UNKNOWN"


class ConnectionState(StrEnum):
    """How the connection to a printer stands; all but the first three have a cause in words."""

    CONNECTING = "CONNECTING"
    CONNECTED = "CONNECTED"
    STALE = "STALE"
    OFFLINE = "OFFLINE"
    ACCESS_CODE_REJECTED = "ACCESS_CODE_REJECTED"
    SERIAL_MISMATCH = "SERIAL_MISMATCH"
    CERTIFICATE_REJECTED = "CERTIFICATE_REJECTED"
    CONTROL_REFUSED = "CONTROL_REFUSED"


class SpeedLevel(StrEnum):
    """The printer's four speed presets, slowest first."""

    SILENT = "SILENT"
    STANDARD = "STANDARD"
    SPORT = "SPORT"
    LUDICROUS = "LUDICROUS"


class HmsStatus(StrEnum):
    """The printer's health at a glance."""

    OK = "OK"
    WARNING = "WARNING"
    ERROR = "ERROR"


class HmsSeverity(StrEnum):
    """How grave a health message is, gravest first."""

    FATAL = "FATAL"
    SERIOUS = "SERIOUS"
    COMMON = "COMMON"
    INFO = "INFO"


@record
class HmsError:
    """One health message. ``message`` is None for a code nobody has put into words yet."""

    code: str
    severity: HmsSeverity
    module: str
    message: str | None
    wiki_url: str


@record
class Health:
    """The health messages of a printer, gravest first, and what they add up to."""

    status: HmsStatus = HmsStatus.OK
    errors: tuple[HmsError, ...] = ()


@record
class NozzleTemperature:
    """One nozzle; on printers with two, index 0 is the right one and 1 the left."""

    index: int
    current: float | None
    target: float | None
    is_active: bool = True
    diameter: float | None = None


@record
class Temperatures:
    """Temperatures; ``nozzle`` is the active one. ``chamber`` is None without a sensor."""

    nozzle: float | None = None
    nozzle_target: float | None = None
    bed: float | None = None
    bed_target: float | None = None
    chamber: float | None = None
    chamber_target: float | None = None
    nozzles: tuple[NozzleTemperature, ...] = ()


@record
class Fans:
    """Fan speeds in percent; None for a fan the printer does not report."""

    part: int | None = None
    auxiliary: int | None = None
    chamber: int | None = None
    heatbreak: int | None = None


@record
class AmsTray:
    """A place for a spool.

    ``unit`` is the AMS unit's id, or None for an external spool holder. ``material``, ``color``
    (as ``#RRGGBB``) and the rest are None when the place is empty or the filament is not known.
    ``remaining`` is a percentage, known only for spools with a tag.
    """

    unit: int | None
    slot: int
    present: bool = False
    material: str | None = None
    sub_brand: str | None = None
    preset: str | None = None
    color: str | None = None
    remaining: int | None = None
    tag_uid: str | None = None
    tray_uuid: str | None = None
    weight: int | None = None  # grams of filament on a full spool, as its tag says
    is_active: bool = False


@record
class AmsUnit:
    """An AMS. ``humidity`` is in percent, ``humidity_level`` the printer's scale 1 to 5 (driest).

    ``drying_time`` is the time left of a drying cycle in seconds, None when it does not dry.
    """

    id: int
    kind: str
    humidity: int | None = None
    humidity_level: int | None = None
    temperature: float | None = None
    drying_time: int | None = None
    trays: tuple[AmsTray, ...] = ()


@record
class Job:
    """What is being printed, as the printer names it, and the record the server keeps of it.

    ``run_id``, ``archive_id`` and ``started_at`` are None until the run has been written down.
    """

    name: str
    filename: str
    plate: int | None = None
    subtask_id: str | None = None
    task_id: str | None = None
    run_id: int | None = None
    archive_id: int | None = None
    started_at: datetime | None = None


@record
class PrinterStatus:
    """Everything known about a printer at one moment.

    ``progress``, ``remaining_time``, the layers, ``stage`` and ``job`` are None when nothing is
    printing. ``seq`` grows by one with each published change; a gap tells a reader that it missed
    something and should read again.
    """

    state: PrinterState = PrinterState.UNKNOWN
    connection: ConnectionState = ConnectionState.CONNECTING
    connection_detail: str | None = None
    seq: int = 0
    reported_at: datetime | None = None
    progress: int | None = None
    remaining_time: int | None = None
    current_layer: int | None = None
    total_layers: int | None = None
    stage: str | None = None
    temperatures: Temperatures = field(default_factory=Temperatures)
    fans: Fans = field(default_factory=Fans)
    speed_level: SpeedLevel | None = None
    chamber_light: bool | None = None
    door_open: bool | None = None
    health: Health = field(default_factory=Health)
    ams: tuple[AmsUnit, ...] = ()
    external_spools: tuple[AmsTray, ...] = ()
    firmware_version: str | None = None
    wifi_signal: int | None = None
    job: Job | None = None

    @classmethod
    def unknown(cls) -> "PrinterStatus":
        """The state of a printer nobody has heard of yet."""
        return _UNKNOWN

    @property
    def is_live(self) -> bool:
        """Whether reports arrive, so that the state can be believed."""
        return self.connection in _LIVE

    @property
    def is_active(self) -> bool:
        """Whether a print is under way, running or paused."""
        return self.state in _ACTIVE

    @property
    def accepts_commands(self) -> bool:
        """Whether a command sent now would reach a printer that obeys."""
        return self.connection is ConnectionState.CONNECTED

    @property
    def can_pause(self) -> bool:
        """Whether a print is running that could be paused now."""
        return self.accepts_commands and self.state is PrinterState.PRINTING

    @property
    def can_resume(self) -> bool:
        """Whether a paused print could be continued now."""
        return self.accepts_commands and self.state is PrinterState.PAUSED

    @property
    def can_stop(self) -> bool:
        """Whether there is a print that could be stopped now."""
        return self.accepts_commands and self.is_active

    @property
    def is_free(self) -> bool:
        """Whether the printer would take a job now; its plate may still hold the last one."""
        return self.accepts_commands and self.state in _FREE


_LIVE = frozenset({ConnectionState.CONNECTED, ConnectionState.CONTROL_REFUSED})
_ACTIVE = frozenset({PrinterState.PREPARING, PrinterState.PRINTING, PrinterState.PAUSED})
_FREE = frozenset({PrinterState.IDLE, PrinterState.FINISHED, PrinterState.FAILED})
_UNKNOWN = PrinterStatus()
