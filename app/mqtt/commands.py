"""What is sent to printers, and what their answers mean.

All clients of a printer read the same report topic and see each other's answers, so requests
carry ids from a range of our own: the vendor's slicer counts from 20000 to 29999.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import field
from enum import StrEnum

import aiomqtt
import orjson

from app.mqtt.messages import Reply
from app.mqtt.values import hex_bits
from app.printers.orders import Feed, PrintOrder
from app.printers.status import SpeedLevel
from app.records import record

Send = Callable[[bytes], Awaitable[None]]
_FIRST_ID = 100_000_000
_LAST_ID = 2_000_000_000
_MAX_PENDING = 64
_VERIFICATION_ERRORS = frozenset({0x05024007, 0x05024009})
_BUSY = 0x05004004


@record
class Command:
    """One request. ``controls`` tells whether it acts on the printer or only asks."""

    subsystem: str
    command: str
    fields: Mapping[str, object] = field(default_factory=dict)
    controls: bool = True

    def encode(self, sequence_id: str) -> bytes:
        """The bytes for the printer's request topic."""
        body = {"sequence_id": sequence_id, "command": self.command, **self.fields}
        return orjson.dumps({self.subsystem: body})


PUSHALL = Command("pushing", "pushall", {"version": 1, "push_target": 1}, controls=False)
GET_VERSION = Command("info", "get_version", controls=False)
PAUSE = Command("print", "pause", {"param": ""})
RESUME = Command("print", "resume", {"param": ""})
STOP = Command("print", "stop", {"param": ""})


def set_speed(level: SpeedLevel) -> Command:
    """Choose one of the four speed presets."""
    return Command("print", "print_speed", {"param": str(list(SpeedLevel).index(level) + 1)})


def set_light(*, on: bool) -> Command:
    """Switch the chamber light."""
    return Command(
        "system",
        "ledctrl",
        {
            "led_node": "chamber_light",
            "led_mode": "on" if on else "off",
            "led_on_time": 500,
            "led_off_time": 500,
            "loop_times": 0,
            "interval_time": 0,
        },
    )


# What `tray_now` and `ams_mapping` call the external spool; in `ams_mapping2` the right or only
# holder is 255 and the left one of two 254.
_EXTERNAL = 254
_UNUSED = 255


def tray_number(feed: Feed) -> int:
    """The number of a slot across all units of a printer, as ``ams_mapping`` wants it."""
    if feed.unit is None:
        return _EXTERNAL
    return feed.unit if feed.unit >= 128 else feed.unit * 4 + feed.slot


def _place(feed: Feed | None) -> dict[str, int]:
    if feed is None:
        return {"ams_id": _UNUSED, "slot_id": _UNUSED}
    if feed.unit is None:
        return {"ams_id": _UNUSED if feed.slot == 0 else _EXTERNAL, "slot_id": 0}
    return {"ams_id": feed.unit, "slot_id": feed.slot}


def print_file(order: PrintOrder) -> Command:
    """Print a file from the printer's storage.

    Fields as slicers send them; ids are decimal, unique and never 0, because printers key the
    state of a job on them.
    """
    if not order.is_package:
        return Command("print", "gcode_file", {"param": order.remote_path})
    name = order.remote_path.removeprefix("/")
    number = str(order.subtask_id)
    return Command(
        "print",
        "project_file",
        {
            "param": f"Metadata/plate_{order.plate}.gcode",
            "url": f"ftp://{name}",
            "file": name,
            "md5": order.md5,
            "subtask_name": name.removesuffix(".3mf"),
            "project_id": number,
            "profile_id": "0",
            "task_id": number,
            "subtask_id": number,
            "bed_type": "auto",
            "timelapse": order.timelapse,
            "bed_leveling": order.bed_levelling,
            "auto_bed_leveling": int(order.bed_levelling),
            "flow_cali": order.flow_calibration,
            "extrude_cali_flag": int(order.flow_calibration),
            "vibration_cali": order.vibration_calibration,
            "layer_inspect": order.layer_inspection,
            "use_ams": any(feed is not None and feed.unit is not None for feed in order.feeds),
            "ams_mapping": [-1 if feed is None else tray_number(feed) for feed in order.feeds],
            "ams_mapping2": [_place(feed) for feed in order.feeds],
            "cfg": "0",
        },
    )


class Verdict(StrEnum):
    """What the printer made of a request."""

    ACCEPTED = "accepted"
    REFUSED = "refused"  # it does not take commands from us at all
    FAILED = "failed"  # it takes commands, but not this one now
    LOST = "lost"  # nobody will ever know


@record
class Answer:
    """The verdict, with the cause in words where there is one."""

    verdict: Verdict
    reason: str | None = None


REFUSED_WORDS = (
    "The printer refuses commands that the vendor has not signed. Turn on Developer Mode "
    "(LAN Only mode) on its screen; until then it can be watched but not controlled."
)
# Of the bit field `fun`: commands must be signed, as when Developer Mode is off (protocol §1.9).
_SIGNED_ONLY = 1 << 29


def refuses_unsigned(raw: Mapping[str, object]) -> bool | None:
    """What a report says about commands of ours; None from printers that do not tell."""
    bits = hex_bits(raw.get("fun"))
    return None if bits is None else bool(bits & _SIGNED_ONLY)


def judge(reply: Reply) -> Answer:
    """What a reply to one of our commands means.

    Refusals come in several forms, all seen from real printers: a failed result that speaks of
    verification, an error code alone, or a bare echo without any result.
    """
    if reply.error_code in _VERIFICATION_ERRORS or "verify fail" in reply.reason.lower():
        return Answer(Verdict.REFUSED, REFUSED_WORDS)
    if reply.error_code == _BUSY or "busy" in reply.reason.lower():
        return Answer(Verdict.FAILED, "The printer is busy.")
    if reply.result is None and not reply.error_code:
        return Answer(Verdict.REFUSED, REFUSED_WORDS)
    if reply.result == "success" and not reply.error_code:
        return Answer(Verdict.ACCEPTED)
    return Answer(Verdict.FAILED, reply.reason or "The printer did not carry out the command.")


class Pending:
    """Requests of one printer that wait for their answers, at most 64."""

    def __init__(self) -> None:
        self._next = _FIRST_ID + secrets.randbelow(_LAST_ID - _FIRST_ID)
        self._waiting: dict[tuple[str, str], asyncio.Future[Answer]] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def next_id(self) -> str:
        """A sequence id nobody else uses at the moment."""
        self._next = self._next + 1 if self._next < _LAST_ID else _FIRST_ID
        return str(self._next)

    def expect(self, command: Command, sequence_id: str) -> "asyncio.Future[Answer]":
        """A future for the answer; the oldest one gives up where too many wait."""
        while len(self._waiting) >= _MAX_PENDING:
            self._give_up(next(iter(self._waiting)), "Too many commands are waiting for answers.")
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        name = (command.command, sequence_id)
        self._waiting[name] = future
        future.add_done_callback(lambda _done: self._waiting.pop(name, None))
        return future

    async def ask(self, send: Send, command: Command, timeout: float) -> Answer:
        """Send a command; the printer's answer, or that there was none within ``timeout`` s."""
        number = self.next_id()
        future = self.expect(command, number)
        try:
            async with asyncio.timeout(timeout):
                await send(command.encode(number))
                return await future
        except TimeoutError:
            return Answer(Verdict.LOST, f"The printer did not answer within {timeout:g} seconds.")
        except (OSError, aiomqtt.MqttError):
            return Answer(Verdict.LOST, "The connection to the printer was lost.")
        finally:
            future.cancel()

    def settle(self, command: str, sequence_id: str, answer: Answer) -> bool:
        """Give an answer to whom it belongs; False when it is not for us."""
        future = self._waiting.pop((command, sequence_id), None)
        if future is None or future.done():
            return False
        future.set_result(answer)
        return True

    def abandon(self) -> None:
        """The connection is gone: nobody will answer any more."""
        for name in list(self._waiting):
            self._give_up(name, "The connection was lost before the printer answered.")

    def _give_up(self, name: tuple[str, str], reason: str) -> None:
        future = self._waiting.pop(name)
        if not future.done():
            future.set_result(Answer(Verdict.LOST, reason))
