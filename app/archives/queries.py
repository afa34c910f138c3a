"""All SQL of the print history."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, cast, func, select

from app.archives import search
from app.archives.models import (
    Archive,
    ArchiveCount,
    ArchiveStatus,
    FilamentUse,
    ProjectCount,
)
from app.database import ReadSession, WriteSession
from app.keyset import Order
from app.keyset import first_of_each as first_of_each_row
from app.records import record
from app.texts import like_pattern

Session = ReadSession | WriteSession
NO_PRINTER = 0

ORDERS: dict[tuple[str, bool], Order] = {
    (name, descending): Order(f"archives.{name}.{descending}", columns, descending)
    for name, columns in (
        ("created_at", (Archive.created_at, Archive.id)),
        ("name", (Archive.name, Archive.id)),
    )
    for descending in (False, True)
}
NEWEST_FIRST = ORDERS["created_at", True]
BY_CREATION = (NEWEST_FIRST, ORDERS["created_at", False])


@record
class ArchiveFilter:
    """Conditions that all hold. Times are inclusive bounds of `created_at`; every word of
    `search` must occur in name, filename, notes, tags or filament type."""

    printer_id: int | None = None
    project_id: int | None = None
    statuses: frozenset[ArchiveStatus] | None = None
    created_from: datetime | None = None
    created_until: datetime | None = None
    search: str | None = None
    material: str | None = None
    tag: str | None = None


Kept = type[ArchiveCount] | type[ProjectCount]
# The maintained counts, and the conditions they know.
_KEPT: tuple[tuple[Kept, frozenset[str]], ...] = (
    (ArchiveCount, frozenset({"printer_id", "statuses"})),
    (ProjectCount, frozenset({"project_id", "statuses"})),
)


def _kept(wanted: ArchiveFilter, *columns: str) -> Kept | None:
    """The counts that tell how many archives match, also for each value of some columns; None
    when they have to be counted."""
    given = {item.name for item in fields(wanted) if getattr(wanted, item.name) is not None}
    if not wanted.search:
        given.discard("search")  # no words: everything matches
    return next((table for table, known in _KEPT if given | {*columns} <= known), None)


def conditions(
    wanted: ArchiveFilter,
    entity: Any = Archive,
    by: Callable[[Any], Any] = lambda column: column,
) -> list[ColumnElement[bool]]:
    """What holds for the archives that match, said of what `by` makes of the columns."""
    found: list[ColumnElement[bool]] = []
    if wanted.printer_id is not None:
        found.append(by(entity.printer_id) == wanted.printer_id)
    if wanted.project_id is not None:
        found.append(by(entity.project_id) == wanted.project_id)
    if wanted.statuses is not None:
        found.append(by(entity.status).in_(wanted.statuses))
    if wanted.created_from is not None:
        found.append(by(entity.created_at) >= wanted.created_from)
    if wanted.created_until is not None:
        found.append(by(entity.created_at) <= wanted.created_until)
    found += [search.occurs(word, entity) for word in search.words(wanted.search or "")]
    if wanted.material is not None:
        # One of the materials of the print, which stand behind one another: "PETG, PLA".
        materials = func.lower(", " + entity.filament_type + ", ")
        pattern = like_pattern(f", {wanted.material.lower()}, ")
        found.append(materials.like(pattern, escape="\\"))
    if wanted.tag is not None:
        found.append(search.occurs(search.line(wanted.tag), entity))
    return found


def in_index(wanted: ArchiveFilter) -> list[ColumnElement[bool]]:
    """What the index of texts knows of the archives that match; a project is looked through."""
    if wanted.project_id is not None:
        return []
    parts = search.words(wanted.search or "")
    if wanted.material is not None:
        parts.append(search.folded(wanted.material))
    if wanted.tag is not None:
        parts.append(search.line(wanted.tag))
    known = search.may_hold(parts)
    return [] if known is None else [known]


def listed(wanted: ArchiveFilter) -> Select[Archive]:
    """The archives that match."""
    return select(Archive).where(*conditions(wanted))


def counted(wanted: ArchiveFilter) -> Select[int]:
    """How many archives match; without a free condition this is read, not counted."""
    table = _kept(wanted)
    if table is None:
        return select(func.count(Archive.id)).where(*conditions(wanted), *in_index(wanted))
    return select(func.coalesce(func.sum(table.archives), 0)).where(*conditions(wanted, table))


def numbers(wanted: ArchiveFilter, column: str) -> tuple[Select[Any], Any]:
    """How many archives match for each printer or project (`column`), and the column of them: to
    be narrowed and grouped by it."""
    table = _kept(wanted, column)
    if table is None:
        parent = getattr(Archive, column)
        counting = select(parent, func.count(Archive.id))
        return counting.where(*conditions(wanted), *in_index(wanted)), parent
    parent = getattr(table, column)
    # PostgreSQL makes a decimal of a sum.
    total = cast(func.sum(table.archives), BigInteger)
    return select(parent, total).where(*conditions(wanted, table)), parent


async def count(session: Session, wanted: ArchiveFilter) -> int:
    """How many archives match."""
    return int(await session.scalar(counted(wanted)) or 0)


async def by_ids(session: Session, ids: Collection[int]) -> dict[int, Archive]:
    """Archives by id."""
    rows = await session.scalars(select(Archive).where(Archive.id.in_(ids)))
    return {row.id: row for row in rows}


async def first_of_each(
    session: Session,
    column: str,
    ids: Collection[int],
    wanted: ArchiveFilter,
    order: Order,
    limit: int,
) -> dict[int, list[Archive]]:
    """The first archives of each printer or project (`column`), in one statement."""
    found: dict[int, list[Archive]] = {parent: [] for parent in ids}
    parent = getattr(Archive, column)
    for row in await first_of_each_row(session, listed(wanted), parent, ids, order, limit):
        found[getattr(row, column)].append(row)
    return found


async def uses_of(session: Session, ids: Collection[int]) -> dict[int, list[FilamentUse]]:
    """The filaments of archives, in the order of the print."""
    found: dict[int, list[FilamentUse]] = {archive_id: [] for archive_id in ids}
    rows = await session.scalars(
        select(FilamentUse)
        .where(FilamentUse.archive_id.in_(ids))
        .order_by(FilamentUse.archive_id, FilamentUse.position, FilamentUse.id)
    )
    for row in rows:
        found[row.archive_id].append(row)
    return found


async def completed_counts(session: Session, projects: Collection[int]) -> dict[int, int]:
    """Successful archives per project."""
    wanted = ArchiveFilter(statuses=frozenset({ArchiveStatus.SUCCESS}))
    return await counts_of_each(session, "project_id", projects, wanted)


async def archive_counts(session: Session, projects: Collection[int]) -> dict[int, int]:
    """All archives per project."""
    return await counts_of_each(session, "project_id", projects, ArchiveFilter())


async def batch_after(session: Session, archive_id: int, limit: int) -> Sequence[Archive]:
    """The next archives by id, for going through the whole history in steps."""
    statement = select(Archive).where(Archive.id > archive_id).order_by(Archive.id).limit(limit)
    return (await session.scalars(statement)).all()


async def counts_of_each(
    session: Session, column: str, ids: Collection[int], wanted: ArchiveFilter
) -> dict[int, int]:
    """How many archives match per printer or project (`column`), in one statement."""
    counting, parent = numbers(wanted, column)
    rows = await session.execute(counting.where(parent.in_(ids)).group_by(parent))
    return {parent: int(number) for parent, number in rows}
