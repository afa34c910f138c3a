"""Taking the past of a printer off it before it is removed: history, queue, attempts."""

from __future__ import annotations

from app.accounts.viewer import Viewer
from app.archives import detaching
from app.archives.detaching import Transaction, rows_from_printer
from app.print_queue.models import Dispatch, QueueItem
from app.print_queue.queries import ENDED


async def from_printer(transaction: Transaction, viewer: Viewer, printer_id: int) -> None:
    """Detach what ended until at most a batch of each kind is left. Raises `Forbidden`."""
    await detaching.from_printer(transaction, viewer, printer_id)
    await rows_from_printer(transaction, QueueItem, printer_id, QueueItem.status.in_(ENDED))
    await rows_from_printer(transaction, Dispatch, printer_id, Dispatch.ended_at.is_not(None))
