"""The queue as one list: what waits or runs in queue order, then what ended, newest first."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.errors import Invalid
from app.keyset import Order, Page, Window, decode_cursor, encode_cursor
from app.print_queue import queries
from app.print_queue.models import QueueItem
from app.print_queue.queries import ENDED, IN_QUEUE_ORDER, WAITING_OR_RUNNING, QueueFilter, Session

LATEST_END_FIRST = Order("queue.ended", (QueueItem.completed_at, QueueItem.id), descending=True)
_SECTIONS = ((WAITING_OR_RUNNING, IN_QUEUE_ORDER), (ENDED, LATEST_END_FIRST))


@dataclass(frozen=True, slots=True)
class QueuePage(Page[QueueItem]):
    """A page over both sections; a cursor belongs to the section of its row."""

    def cursor(self, row: QueueItem) -> str:
        """The opaque place of a row in the list."""
        return encode_cursor(_SECTIONS[row.status in ENDED][1], row)


async def page(session: Session, wanted: QueueFilter, window: Window) -> QueuePage:
    """One window of the list. Raises `Invalid` for a cursor of another list."""
    after = _section(window.after, "after")
    before = _section(window.before, "before")
    backwards = window.last is not None
    rows: list[QueueItem] = []
    skip = window.offset
    for number in (1, 0) if backwards else (0, 1):
        if (after is not None and number < after) or (before is not None and number > before):
            continue
        missing = window.size + 1 - len(rows)
        # What waits or runs is bounded, so its offset is taken here, where the rest is known.
        last_section = number == len(_SECTIONS) - 1
        part = Window(
            first=None if backwards else missing + (0 if last_section else skip),
            last=missing if backwards else None,
            after=window.after if after == number else None,
            before=window.before if before == number else None,
            offset=skip if last_section and not backwards else 0,
        )
        found = await _section_rows(session, wanted, number, part)
        if backwards:
            rows = [*found, *rows]
        else:
            rows += found if last_section else found[skip:]
            skip = max(0, skip - len(found))
        if len(rows) > window.size:
            break
    more = len(rows) > window.size
    shown = rows[-window.size :] if backwards else rows[: window.size]
    return QueuePage(
        rows=shown,
        has_next=window.before is not None if backwards else more,
        has_previous=more if backwards else window.after is not None or window.offset > 0,
        order=IN_QUEUE_ORDER,
    )


async def _section_rows(
    session: Session, wanted: QueueFilter, number: int, window: Window
) -> list[QueueItem]:
    statuses, order = _SECTIONS[number]
    if wanted.statuses is not None:
        statuses &= wanted.statuses
    if not statuses:
        return []
    found = await queries.page(session, replace(wanted, statuses=statuses), order, window)
    return list(found.rows)


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
