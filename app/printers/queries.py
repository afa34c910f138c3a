"""All SQL of printers."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, Select, func, select

from app.database import ReadSession, WriteSession
from app.keyset import Order, Page, Window, fetch_page
from app.printers.models import Printer
from app.records import record
from app.texts import like_pattern

Session = ReadSession | WriteSession

ORDERS: dict[tuple[str, bool], Order] = {
    (name, descending): Order(f"printers.{name}.{descending}", columns, descending)
    for name, columns in (
        ("id", (Printer.id,)),
        ("name", (Printer.name, Printer.id)),
        ("created_at", (Printer.created_at, Printer.id)),
    )
    for descending in (False, True)
}
OLDEST_FIRST = ORDERS["id", False]


@record
class PrinterFilter:
    """Conditions that all hold; `search` is a part of name, model or serial number."""

    model: str | None = None
    search: str | None = None
    ids: frozenset[int] | None = None


def _conditions(wanted: PrinterFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.model is not None:
        found.append(func.lower(Printer.model) == wanted.model.lower())
    if wanted.ids is not None:
        found.append(Printer.id.in_(wanted.ids))
    for word in (wanted.search or "").lower().split():
        pattern = like_pattern(word)
        found.append(
            func.lower(Printer.name).like(pattern, escape="\\")
            | func.lower(Printer.model).like(pattern, escape="\\")
            | func.lower(Printer.serial_number).like(pattern, escape="\\")
        )
    return found


def listed(wanted: PrinterFilter) -> Select[Printer]:
    """The printers that match."""
    return select(Printer).where(*_conditions(wanted))


def counted(wanted: PrinterFilter) -> Select[int]:
    """How many printers match."""
    return select(func.count(Printer.id)).where(*_conditions(wanted))


async def page(
    session: Session, wanted: PrinterFilter, order: Order, window: Window
) -> Page[Printer]:
    """One window of the printers."""
    return await fetch_page(session, listed(wanted), order, window)


async def count(session: Session, wanted: PrinterFilter) -> int:
    """How many printers match."""
    return await session.scalar(counted(wanted)) or 0


async def by_ids(session: Session, ids: Collection[int]) -> dict[int, Printer]:
    """Printers by id."""
    rows = await session.scalars(select(Printer).where(Printer.id.in_(ids)))
    return {row.id: row for row in rows}


async def by_serial(session: Session, serial_number: str) -> Printer | None:
    """A printer by its serial number, which is case-sensitive."""
    found: Printer | None = await session.scalar(
        select(Printer).where(Printer.serial_number == serial_number)
    )
    return found


async def all_printers(session: Session) -> Sequence[Printer]:
    """Every printer the session may see, oldest first."""
    return (await session.scalars(select(Printer).order_by(Printer.id))).all()
