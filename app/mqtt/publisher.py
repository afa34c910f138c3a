"""Publishing one printer's status: a change at once, a rush of them ten times a second."""

import asyncio
from collections.abc import Callable

from app.mqtt.timing import Counts, Timing
from app.printers.live import LiveFarm, StatusChange, StatusReason
from app.printers.status import PrinterStatus

# What says more wins over what says less.
_WEIGHT = {reason: weight for weight, reason in enumerate(StatusReason)}
# A process that takes a printer over cannot know the last number that was given out.
TAKE_OVER_GAP = 1_000


class StatusPublisher:
    """Gives out sequence numbers and keeps the pace.

    ``compose`` makes the status with its number when one is due, or None when there is nothing
    to tell.
    """

    def __init__(
        self,
        live: LiveFarm,
        timing: Timing,
        counts: Counts,
        *,
        team_id: int,
        printer_id: int,
        last: PrinterStatus,
        compose: Callable[[StatusReason, int], PrinterStatus | None],
        published: Callable[[int], None],
    ) -> None:
        self.last = last
        self._live = live
        self._timing = timing
        self._counts = counts
        self._team_id = team_id
        self._printer_id = printer_id
        self._compose = compose
        self._published = published
        self._seq = last.seq + TAKE_OVER_GAP
        self._next_at = 0.0
        self._reason: StatusReason | None = None
        self._timer: asyncio.TimerHandle | None = None

    def request(self, reason: StatusReason) -> None:
        """Something changed: publish now, or as soon as the pace allows."""
        if self._reason is None or _WEIGHT[reason] > _WEIGHT[self._reason]:
            self._reason = reason
        if self._timer is not None:
            return
        loop = asyncio.get_running_loop()
        wait = self._next_at - loop.time()
        if wait <= 0:
            self._publish()
        else:
            self._timer = loop.call_later(wait, self._publish)

    def flush(self) -> None:
        """Publish what waits."""
        if self._timer is not None:
            self._publish()

    def close(self) -> None:
        """Publish nothing more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._reason = None

    def _publish(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        reason, self._reason = self._reason or StatusReason.REPORT, None
        self._next_at = asyncio.get_running_loop().time() + self._timing.coalesce
        status = self._compose(reason, self._seq + 1)
        if status is None:
            return
        self._seq += 1
        self.last = status
        self._counts.published += 1
        self._live.publish(self._team_id, StatusChange(self._printer_id, self.last, reason))
        self._published(self._printer_id)
