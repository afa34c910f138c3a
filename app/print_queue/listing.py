"""The queue as one list: what waits or runs in queue order, then what ended, newest first."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from app.errors import Invalid
from app.keyset import Order, Page, Window, decode_cursor, encode_cursor
from app.print_queue import queries
from app.print_queue.models import QueueItem
from app.print_queue.queries import (
    ENDED,
    IN_QUEUE_ORDER,
    LATEST_END_FIRST,
    WAITING_OR_RUNNING,
    QueueFilter,
    Session,
)

_SECTIONS = ((WAITING_OR_RUNNING, IN_QUEUE_ORDER), (ENDED, LATEST_END_FIRST))


@dataclass(frozen=True, slots=True)
class QueuePage(Page[QueueItem]):
    """A page over both sections; a cursor belongs to the section of its row."""

    def cursor(self, row: QueueItem) -> str:
        """The opaque place of a row in the list."""
        return encode_cursor(_SECTIONS[row.status in ENDED][1], row)


async def page(session: Session, wanted: QueueFilter, window: Window) -> QueuePage:
    """One window of the list, in one statement (two with an offset).

    Raises `Invalid` for a cursor of another list.
    """
    parts = await _parts(session, wanted, window)
    found = await queries.parts(session, parts) if parts else []
    rows = sorted((row for row in found if row.status not in ENDED), key=_place)
    rows += sorted((row for row in found if row.status in ENDED), key=_end, reverse=True)
    backwards = window.last is not None
    more = len(rows) > window.size
    return QueuePage(
        rows=rows[-window.size :] if backwards else rows[: window.size],
        has_next=window.before is not None if backwards else more,
        has_previous=more if backwards else window.after is not None or window.offset > 0,
        order=IN_QUEUE_ORDER,
    )


def _place(item: QueueItem) -> tuple[int, int]:
    return item.position, item.id


def _end(item: QueueItem) -> tuple[datetime, int]:
    return item.completed_at or item.created_at, item.id


async def _parts(
    session: Session, wanted: QueueFilter, window: Window
) -> list[tuple[QueueFilter, Order, Window]]:
    """What the window may need of each section. Of the second, as many rows as if the first had
    none: they are few and come from an index."""
    after = _section(window.after, "after")
    before = _section(window.before, "before")
    parts: list[tuple[QueueFilter, Order, Window]] = []
    skip = window.offset
    for number, (_statuses, order) in enumerate(_SECTIONS):
        part = _of_section(wanted, number)
        beyond = (after is not None and number < after) or (before is not None and number > before)
        if part is None or beyond:
            continue
        here = replace(
            window,
            after=window.after if after == number else None,
            before=window.before if before == number else None,
            offset=skip,
        )
        parts.append((part, order, here))
        if skip and number == 0:
            whole = replace(here, first=skip, offset=0)
            skip = max(0, skip - await queries.count_up_to(session, part, order, whole))
    return parts


async def first_of_each(
    session: Session, printers: Collection[int], wanted: QueueFilter, limit: int
) -> dict[int, list[QueueItem]]:
    """The first items of the lists of many printers, in at most two statements."""
    found: dict[int, list[QueueItem]] = {printer_id: [] for printer_id in printers}
    for number, (_statuses, order) in enumerate(_SECTIONS):
        part = _of_section(wanted, number)
        short = [printer_id for printer_id, rows in found.items() if len(rows) < limit]
        if part is None or not short:
            continue
        rows = await queries.first_of_each(session, short, part, order, limit)
        for printer_id in short:
            found[printer_id] = [*found[printer_id], *rows[printer_id]][:limit]
    return found


def first_page(rows: Sequence[QueueItem], size: int) -> QueuePage:
    """The first page of a list of which one row more than the page was loaded."""
    return QueuePage(
        rows=rows[:size], has_next=len(rows) > size, has_previous=False, order=IN_QUEUE_ORDER
    )


def _of_section(wanted: QueueFilter, number: int) -> QueueFilter | None:
    """The filter within a section; None when nothing of it is wanted."""
    statuses = _SECTIONS[number][0]
    if wanted.statuses is not None:
        statuses &= wanted.statuses
    return replace(wanted, statuses=statuses) if statuses else None


def _section(cursor: str | None, argument: str) -> int | None:
    """The section that a cursor points into."""
    if cursor is None:
        return None
    try:
        decode_cursor(IN_QUEUE_ORDER, cursor, argument)
    except Invalid:
        decode_cursor(LATEST_END_FIRST, cursor, argument)
        return 1
    return 0
