"""How the connection to a printer stands, in a word and a sentence, and since when."""

from collections.abc import Callable

from app.events import Event, PrinterConnected, PrinterDisconnected
from app.mqtt.commands import REFUSED_WORDS
from app.mqtt.printer_info import PrinterInfo
from app.printers.status import ConnectionState, PrinterStatus

DOWN = frozenset(
    {
        ConnectionState.OFFLINE,
        ConnectionState.ACCESS_CODE_REJECTED,
        ConnectionState.SERIAL_MISMATCH,
        ConnectionState.CERTIFICATE_REJECTED,
    }
)
REPORTING = frozenset({ConnectionState.CONNECTED, ConnectionState.CONTROL_REFUSED})
RESTORED_WORDS = "Known from before a restart; the printer has not reported since."


class Presence:
    """The connection of one printer as people see it.

    Coming and going become events, but short absences do not: an absence counts after
    ``announce_after`` seconds. ``announced`` is what the last event said, before a restart too.
    Times are a monotonic clock's seconds.
    """

    def __init__(
        self,
        info: PrinterInfo,
        restored: PrinterStatus,
        *,
        announce_after: float,
        announced: bool | None = None,
        tell: Callable[[Event], None],
        changed: Callable[[], None],
    ) -> None:
        self.state = ConnectionState.CONNECTING
        self.detail: str | None = None
        known = restored.reported_at is not None
        if known:
            self.state, self.detail = ConnectionState.STALE, RESTORED_WORDS
        self._team_id, self._printer_id = info.team_id, info.id
        self._announce_after = announce_after
        self._tell = tell
        self._changed = changed
        self._refused: str | None = None
        self._says_refuses = False
        # What the last event said; None when there was none.
        self._announced = announced
        self._away_since: float | None = None

    @property
    def is_down(self) -> bool:
        """Whether the printer cannot be reached at all."""
        return self.state in DOWN

    @property
    def is_reporting(self) -> bool:
        """Whether reports arrive."""
        return self.state in REPORTING

    def show(self, state: ConnectionState, detail: str | None, now: float) -> None:
        """The connection stands like this; ``detail`` is the cause in words."""
        if state in REPORTING:
            self._away_since = None
            if self._announced is not True:
                self._announced = True
                self._tell(PrinterConnected(team_id=self._team_id, printer_id=self._printer_id))
        elif self._away_since is None:
            self._away_since = now
        if (state, detail) != (self.state, self.detail):
            self.state, self.detail = state, detail
            self._changed()

    def reports(self, now: float) -> None:
        """Reports arrive."""
        if self._refused is None:
            self.show(ConnectionState.CONNECTED, None, now)
        else:
            self.show(ConnectionState.CONTROL_REFUSED, self._refused, now)

    def refused(self, words: str, now: float) -> None:
        """The printer does not obey: it is watched but not controlled until it reconnects."""
        self._refused = words
        if self.is_reporting:
            self.reports(now)

    def obeyed(self, now: float) -> None:
        """The printer carried out a command, or a new connection begins."""
        self._refused = None
        if self.is_reporting:
            self.reports(now)

    def says(self, refuses: bool | None, now: float) -> None:
        """A report tells whether commands are refused, so that none need be tried."""
        if refuses:
            self.refused(REFUSED_WORDS, now)
        elif self._says_refuses:
            self.obeyed(now)
        self._says_refuses = refuses is True

    def tick(self, now: float) -> None:
        """Let time pass: a long absence is told once."""
        if (
            self._away_since is not None
            and self._announced is not False
            and now - self._away_since >= self._announce_after
        ):
            self._announced = False
            reason = self.detail or "The printer does not report."
            self._tell(
                PrinterDisconnected(
                    team_id=self._team_id, printer_id=self._printer_id, reason=reason
                )
            )
