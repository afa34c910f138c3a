"""The latest status of every printer of the farm, whichever process holds its connection.

The process that holds a printer publishes its statuses here; they travel over the hub, and every
process keeps the latest. Readers never wait and never ask a database.
"""

from collections.abc import Collection, Sequence
from enum import StrEnum

import orjson
import structlog

from app.hub import STATUS, Hub, Message
from app.printers.status import AmsTray, PrinterState, PrinterStatus
from app.printers.status_json import from_mapping
from app.records import record

log = structlog.get_logger(__name__)


class StatusReason(StrEnum):
    """Why a status was published."""

    REPORT = "REPORT"  # the printer reported a change
    CONNECTION = "CONNECTION"  # the connection changed
    RUN = "RUN"  # a print was written down, or its record changed
    RESTORED = "RESTORED"  # known from before a restart


@record
class StatusChange:
    """A published status. ``printer_id`` is the printer's database id."""

    printer_id: int
    status: PrinterStatus
    reason: StatusReason


@record
class Place:
    """Where a spool is loaded."""

    printer_id: int
    tray: AmsTray


class LiveFarm:
    """One per process, filled by its own ingest and by the hub."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._bodies: dict[int, bytes] = {}
        self._changes: dict[int, StatusChange] = {}
        self._teams: dict[int, int] = {}
        # By team and tag; made when somebody asks after a change.
        self._places: dict[tuple[int | None, str], list[Place]] | None = None
        hub.listen(STATUS, self._hear)

    def status(self, printer_id: int) -> PrinterStatus:
        """The latest status, ``PrinterStatus.unknown()`` when nothing was ever heard."""
        change = self._changes.get(printer_id)
        return change.status if change is not None else PrinterStatus.unknown()

    def statuses(self) -> Collection[PrinterStatus]:
        """The latest status of every printer that is known here."""
        return [change.status for change in self._changes.values()]

    def change(self, printer_id: int) -> StatusChange | None:
        """The latest published change, None when nothing was ever heard."""
        return self._changes.get(printer_id)

    def in_states(self, states: Collection[PrinterState]) -> list[int]:
        """The printers that are in one of these states."""
        return [key for key, change in self._changes.items() if change.status.state in states]

    def places_of(self, team_id: int, tray_uuid: str | None) -> Sequence[Place]:
        """Where the spool with this tag is loaded, as far as printers of the team tell."""
        if tray_uuid is None:
            return ()
        if self._places is None:
            self._places = self._found_places()
        return self._places.get((team_id, tray_uuid), ())

    def _found_places(self) -> dict[tuple[int | None, str], list[Place]]:
        found: dict[tuple[int | None, str], list[Place]] = {}
        for printer_id, change in self._changes.items():
            trays = (tray for unit in change.status.ams for tray in unit.trays)
            team_id = self._teams.get(printer_id)
            for tray in (*trays, *change.status.external_spools):
                if tray.tray_uuid is not None:
                    place = Place(printer_id, tray)
                    found.setdefault((team_id, tray.tray_uuid), []).append(place)
        return found

    def publish(self, team_id: int, change: StatusChange) -> None:
        """Tell everybody, here and in the other processes."""
        body = orjson.dumps(
            {"reason": change.reason, "status": change.status}, option=orjson.OPT_UTC_Z
        )
        self._bodies[change.printer_id] = body
        self._changes[change.printer_id] = change
        self._teams[change.printer_id] = team_id
        self._places = None
        self._hub.publish(Message(STATUS, str(change.printer_id), team_id, body))

    def restore(self, team_id: int, printer_id: int, status: PrinterStatus) -> None:
        """Take in a stored status where nothing newer is known; nobody is told."""
        known = self._changes.get(printer_id)
        if known is None or known.status.seq < status.seq:
            self._bodies.pop(printer_id, None)
            self._changes[printer_id] = StatusChange(printer_id, status, StatusReason.RESTORED)
            self._teams[printer_id] = team_id
            self._places = None

    def forget(self, printer_id: int) -> None:
        """The printer was removed."""
        self._bodies.pop(printer_id, None)
        self._changes.pop(printer_id, None)
        self._teams.pop(printer_id, None)
        self._places = None

    def read(self, message: Message) -> StatusChange | None:
        """The change that a hub message of the topic ``STATUS`` tells; None if it is not one."""
        printer_id = int(message.key)
        if self._bodies.get(printer_id) is message.body:
            return self._changes[printer_id]
        try:
            raw = orjson.loads(message.body)
            return StatusChange(
                printer_id, from_mapping(raw["status"]), StatusReason(raw["reason"])
            )
        except (ValueError, KeyError, TypeError) as error:
            log.warning("a status from another process is unreadable", error=str(error)[:200])
            return None

    def _hear(self, message: Message) -> None:
        printer_id = int(message.key)
        if self._bodies.get(printer_id) is message.body:
            return
        change = self.read(message)
        known = self._changes.get(printer_id)
        if change is not None and (known is None or known.status.seq <= change.status.seq):
            self._bodies[printer_id] = message.body
            self._changes[printer_id] = change
            self._teams[printer_id] = message.team_id
            self._places = None
