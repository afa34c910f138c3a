"""How long the dispatcher waits for what."""

from __future__ import annotations

from datetime import timedelta

from app.printers.catalogue import Family
from app.records import record


@record
class DispatchTiming:
    """All waits in seconds. The defaults suit real printers; tests shorten them.

    Printers were seen to begin up to 55 s (H2D) and 135 s (P1P) after they took an order.
    """

    begin: float = 180.0
    begin_p1: float = 300.0
    send: float = 30.0  # after which an order to print is not sent any more
    unreachable: float = 600.0  # how much longer a printer is waited for that cannot be asked
    look: float = 5.0  # between looks at a printer that was told to print
    settle: float = 15.0  # after a transfer was cut off, in which a printer may still store a part
    tick: float = 15.0  # between looks at the queue when nothing wakes the dispatcher
    lease: float = 3.0
    lease_ttl: float = 10.0
    retries: tuple[float, ...] = (15.0, 60.0)

    @classmethod
    def patient(cls, seconds: float | None) -> DispatchTiming:
        """The usual waits, with another limit for how long any printer may take to begin."""
        return cls() if seconds is None else cls(begin=seconds, begin_p1=seconds)

    def limit(self, family: Family) -> float:
        """How long a printer may take to begin."""
        return self.begin_p1 if family is Family.P1 else self.begin

    def again(self, attempts: int) -> timedelta:
        """How long to wait before the next attempt after so many."""
        place = max(0, min(attempts - 1, len(self.retries) - 1))
        return timedelta(seconds=self.retries[place])
