"""The queue as one list: what waits or runs in queue order, then what ended, newest first."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Select, case, false, select, union_all
from sqlalchemy.orm import aliased

from app import keyset
from app.errors import Invalid
from app.keyset import Order, Page, Window, decode_cursor, place_values
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
from app.records import record

_SECTIONS = ((WAITING_OR_RUNNING, IN_QUEUE_ORDER), (ENDED, LATEST_END_FIRST))


@record
class QueueOrder(Order):
    """The order over both sections; a cursor belongs to the section of its row."""

    def cursor(self, values: Sequence[Any]) -> str:
        """The cursor of a row whose status, position, id and end are these."""
        status, position, item_id, end = values
        ended = status in ENDED
        return _SECTIONS[ended][1].cursor([end if ended else position, item_id])

    def places(self, window: Window) -> dict[str, Any]:
        """The values in the cursors; the names also tell which sections they belong to."""
        found: dict[str, Any] = {}
        for argument in ("after", "before"):
            cursor: str | None = getattr(window, argument)
            section = _section(cursor, argument)
            if cursor is not None and section is not None:
                values = decode_cursor(_SECTIONS[section][1], cursor, argument)
                found |= place_values(argument, values) | {f"{argument}_of_{section}": None}
        return found


ORDER = QueueOrder(
    "queue", (QueueItem.status, QueueItem.position, QueueItem.id, QueueItem.completed_at)
)


@record
class QueuePage(Page[QueueItem]):
    """A page over both sections."""

    def cursor(self, row: QueueItem) -> str:
        """The opaque place of a row in the list."""
        return ORDER.cursor([row.status, row.position, row.id, row.completed_at])


async def page(session: Session, wanted: QueueFilter, window: Window) -> QueuePage:
    """One window of the list, in one statement.

    Raises `Invalid` for a cursor of another list.
    """
    statement, _rows = windowed(queries.listed, wanted, window)
    rows = list(await session.scalars(statement))
    more = len(rows) > window.size
    rows = rows[: window.size]
    backwards = window.last is not None
    return QueuePage(
        rows=rows[::-1] if backwards else rows,
        has_next=window.before is not None if backwards else more,
        has_previous=more if backwards else window.after is not None or window.offset > 0,
        order=ORDER,
    )


def windowed(
    listed: Callable[[QueueFilter], Select[QueueItem]], wanted: QueueFilter, window: Window
) -> tuple[Select[QueueItem], Any]:
    """The rows of a window and one more, and the alias they are selected from.

    Of each section come as many rows as if the other had none, from an index; so few are sorted.
    """
    sections = [
        select(keyset.windowed(listed(part), order, here).subquery())
        for part, order, here in _parts(wanted, window)
    ]
    nothing = select(listed(wanted).where(false()).subquery())
    rows = aliased(QueueItem, union_all(*sections or [nothing]).subquery())
    ended = rows.status.in_(ENDED)
    keys: list[tuple[Any, bool]] = [
        (case((ended, 1), else_=0), False),
        (case((ended, 0), else_=rows.position), False),
        (case((ended, 0), else_=rows.id), False),
        (rows.completed_at, True),
        (rows.id, True),
    ]
    backwards = window.last is not None
    statement = select(rows).order_by(
        *(key.desc() if descending is not backwards else key for key, descending in keys)
    )
    return statement.limit(window.size + 1).offset(window.offset or None), rows


def _parts(wanted: QueueFilter, window: Window) -> Iterator[tuple[QueueFilter, Order, Window]]:
    """The window of each section that may have rows of the whole window."""
    after = _section(window.after, "after")
    before = _section(window.before, "before")
    for number, (_statuses, order) in enumerate(_SECTIONS):
        part = _of_section(wanted, number)
        beyond = (after is not None and number < after) or (before is not None and number > before)
        if part is None or beyond:
            continue
        here = replace(
            window,
            first=None if window.first is None else window.first + window.offset,
            after=window.after if after == number else None,
            before=window.before if before == number else None,
            offset=0,
        )
        for one in _each_status(part):
            yield one, order, here


def _each_status(part: QueueFilter) -> Iterator[QueueFilter]:
    """Some of the ways to end by themselves, since few may have ended so: an index has each."""
    if part.statuses is not None and part.statuses < ENDED:
        for status in sorted(part.statuses):
            yield replace(part, statuses=frozenset({status}))
    else:
        yield part


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
    return QueuePage(rows=rows[:size], has_next=len(rows) > size, has_previous=False, order=ORDER)


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
