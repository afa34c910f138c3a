"""What was told of a printer, so that each outage and each fault is told once.

The process that holds a printer may die between seeing and telling, and its successor sees the
same again; what was told is changed in the transaction of the event, and decides.
"""

from __future__ import annotations

from sqlalchemy import delete, select, update

from app.database import ReadSession, WriteSession
from app.events import (
    Event,
    PrinterConnected,
    PrinterDisconnected,
    PrinterErrorCleared,
    PrinterErrorRaised,
)
from app.printers.models import Printer, PrinterFault
from app.upsert import insert


async def is_news(session: WriteSession, event: Event) -> bool:
    """Whether an event of a printer was not told yet; from now on it counts as told."""
    if isinstance(event, PrinterConnected):
        return await _connection(session, event.printer_id, connected=True)
    if isinstance(event, PrinterDisconnected):
        return await _connection(session, event.printer_id, connected=False)
    if isinstance(event, PrinterErrorRaised):
        return await _fault_began(session, event)
    if isinstance(event, PrinterErrorCleared):
        return await _fault_ended(session, event)
    return True


async def open_faults(session: ReadSession, printer_id: int) -> frozenset[str]:
    """The codes of the faults that were told and have not been told to be over."""
    rows = await session.scalars(
        select(PrinterFault.code).where(PrinterFault.printer_id == printer_id)
    )
    return frozenset(rows)


async def _connection(session: WriteSession, printer_id: int, *, connected: bool) -> bool:
    changed = await session.scalar(
        update(Printer)
        .where(Printer.id == printer_id, Printer.told_connected.is_distinct_from(connected))
        .values(told_connected=connected)
        .returning(Printer.id)
        .execution_options(synchronize_session=False)
    )
    return changed is not None


async def _fault_began(session: WriteSession, event: PrinterErrorRaised) -> bool:
    values = {
        "printer_id": event.printer_id,
        "code": event.code,
        "raised_at": event.occurred_at,
    }
    fault = insert(session, PrinterFault).values(values)
    made = await session.scalar(fault.on_conflict_do_nothing().returning(PrinterFault.code))
    return made is not None


async def _fault_ended(session: WriteSession, event: PrinterErrorCleared) -> bool:
    gone = await session.scalar(
        delete(PrinterFault)
        .where(PrinterFault.printer_id == event.printer_id, PrinterFault.code == event.code)
        .returning(PrinterFault.code)
        .execution_options(synchronize_session=False)
    )
    return gone is not None
