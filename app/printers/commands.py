"""What may be asked of a printer, as far as the domain knows; the ingest carries it out."""

from typing import Protocol

from app.printers.orders import PrintOrder, ShownJob, StartAnswer
from app.printers.status import SpeedLevel


class PrinterCommands(Protocol):
    """Commands for printers by database id, whichever process holds the connection.

    Each returns once the printer has accepted. Raises ``Unreachable`` when there is no live
    connection or no answer within ten seconds, and ``Conflict`` when the printer refuses or its
    present state forbids the command; both say why, in words.
    """

    async def refresh(self, printer_id: int) -> None:
        """Ask for a full report; returns once it was asked for."""
        ...

    async def pause(self, printer_id: int) -> None:
        """Pause the print."""
        ...

    async def resume(self, printer_id: int) -> None:
        """Go on with a paused print."""
        ...

    async def stop(self, printer_id: int) -> None:
        """Stop the print for good."""
        ...

    async def set_speed(self, printer_id: int, level: SpeedLevel) -> None:
        """Choose a speed preset."""
        ...

    async def set_light(self, printer_id: int, *, on: bool) -> None:
        """Switch the chamber light."""
        ...

    async def shown_job(self, printer_id: int) -> ShownJob:
        """The job that the printer shows in its latest full report.

        Raises ``Unreachable`` while it does not report.
        """
        ...

    async def start_print(self, printer_id: int, order: PrintOrder) -> StartAnswer:
        """Have a file printed that lies on the printer. Sent at most once, and only while the
        printer rests and shows the job that the order names; never raises a ``DomainError``."""
        ...

    async def record_unseen(self, printer_id: int, *, completed: bool) -> None:
        """Write down a print that was ordered, and began and ended while nobody looked."""
        ...

    async def reconnect(self, printer_id: int) -> None:
        """Drop the connection and make a new one: it is suspected to carry no requests."""
        ...
