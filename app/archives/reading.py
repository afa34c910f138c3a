"""Which statements answer a window of the history, whatever its length.

An index gives the rows of a filter in an order only where it was made for both. Elsewhere the first
rows of an order are looked through for those that match, which finds enough where many do; where
few do, an index finds all of them, to be sorted. So no reading goes through the whole history.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import aliased

from app.archives.models import Archive
from app.archives.queries import (
    BY_CREATION,
    ArchiveFilter,
    Session,
    conditions,
    in_index,
    listed,
)
from app.keyset import (
    Opaque,
    Order,
    Page,
    Reading,
    Window,
    Within,
    in_order,
    merged,
    placed,
    read_page,
    windowed,
)

# Rows of an order that are looked through. Where fewer than a page of them match, less than a
# fortieth of the history does, which an index and a sort read in milliseconds.
NEAR = 2_000
# From how many rows on they are skipped in the index alone, before anything is joined to them.
DEEP = 500


def readings(
    wanted: ArchiveFilter, order: Order, window: Window, within: Within, *, embedded: bool
) -> Sequence[Reading]:
    """What to read in turn until a window is full; the last one tells all."""
    served = _served(wanted, order)
    if served == wanted and window.offset > DEEP:
        return [_deep(wanted, order, window, within)]
    if served == wanted:
        return [Reading(windowed(within(listed(wanted), Archive), order, window), Archive)]
    by_status = replace(served, statuses=wanted.statuses) == wanted
    if by_status and wanted.statuses and order in BY_CREATION:
        each = [
            listed(replace(wanted, statuses=frozenset({status})))
            for status in sorted(wanted.statuses)
        ]
        return [merged(each, Archive, order, window, within)]
    near = _near_a_bound if embedded else _near
    return [near(served, wanted, order, window, within), _far(wanted, order, window, within)]


def _served(wanted: ArchiveFilter, order: Order) -> ArchiveFilter:
    """The part of a filter whose rows an index gives in this order."""
    if order not in BY_CREATION:
        return ArchiveFilter()
    return ArchiveFilter(
        project_id=wanted.project_id,
        printer_id=wanted.printer_id if wanted.project_id is None else None,
        statuses=wanted.statuses if wanted.statuses and len(wanted.statuses) == 1 else None,
        created_from=wanted.created_from,
        created_until=wanted.created_until,
    )


def _near(
    served: ArchiveFilter, wanted: ArchiveFilter, order: Order, window: Window, within: Within
) -> Reading:
    """Those that match among the first rows of the order."""
    backwards = window.last is not None
    first = placed(within(listed(served), Archive), order, window)
    first = in_order(first, order, backwards=backwards).limit(NEAR)
    rows = aliased(Archive, first.subquery())
    statement = within(select(rows).where(*conditions(wanted, rows)), rows)
    statement = in_order(statement, order.of(rows), backwards=backwards)
    return Reading(statement.limit(window.size + 1).offset(window.offset or None), rows)


def _near_a_bound(
    served: ArchiveFilter, wanted: ArchiveFilter, order: Order, window: Window, within: Within
) -> Reading:
    """The same for SQLite, which would sort all rows of a subquery where it could stop early.

    A shorter rest of the list has no bound, and nothing is found near it.
    """
    backwards = window.last is not None
    rows = placed(within(listed(served), Archive), order, window)
    key: Any = order.columns[0]
    bound = (
        in_order(rows, order, backwards=backwards)
        .with_only_columns(key)
        .limit(1)
        .offset(NEAR)
        .scalar_subquery()
    )
    inside = key >= bound if order.descending is not backwards else key <= bound
    rows = within(listed(served).where(inside, *conditions(wanted, by=Opaque)), Archive)
    return Reading(windowed(rows, order, window), Archive)


def _far(wanted: ArchiveFilter, order: Order, window: Window, within: Within) -> Reading:
    """All that match, by whatever index finds them."""
    statement = within(listed(wanted).where(*in_index(wanted)), Archive)
    return Reading(windowed(statement, order, window, by=Opaque), Archive)


def _deep(wanted: ArchiveFilter, order: Order, window: Window, within: Within) -> Reading:
    """The rows behind many others."""
    ids = windowed(within(listed(wanted), Archive), order, window).with_only_columns(Archive.id)
    statement = within(select(Archive).where(Archive.id.in_(ids)), Archive)
    here = replace(window, after=None, before=None, offset=0)
    return Reading(windowed(statement, order, here, by=Opaque), Archive)


async def page(
    session: Session, wanted: ArchiveFilter, order: Order, window: Window
) -> Page[Archive]:
    """One window of the history."""
    embedded = session.get_bind().dialect.name == "sqlite"
    tries = readings(wanted, order, window, _as_it_is, embedded=embedded)
    return await read_page(session, tries, order, window)


def _as_it_is(statement: Select[Any], _entity: Any) -> Select[Any]:
    return statement
