"""All SQL of the print history."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from app.archives import search
from app.archives.models import Archive, ArchiveCount, ArchiveStatus, FilamentUse
from app.database import ReadSession, WriteSession
from app.keyset import Order
from app.keyset import first_of_each as first_of_each_row
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


@dataclass(frozen=True, slots=True)
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

    @property
    def is_counted(self) -> bool:
        """True when the maintained counts answer how many there are."""
        return (
            self.project_id is None
            and self.created_from is None
            and self.created_until is None
            and not self.search
            and self.material is None
            and self.tag is None
        )


def conditions(
    wanted: ArchiveFilter,
    entity: type[Archive] = Archive,
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
    if not wanted.is_counted:
        return select(func.count(Archive.id)).where(*conditions(wanted), *in_index(wanted))
    kept = select(func.coalesce(func.sum(ArchiveCount.archives), 0))
    if wanted.printer_id is not None:
        kept = kept.where(ArchiveCount.printer_id == wanted.printer_id)
    if wanted.statuses is not None:
        kept = kept.where(ArchiveCount.status.in_(wanted.statuses))
    return kept


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
    return await _counts(session, projects, Archive.status == ArchiveStatus.SUCCESS)


async def archive_counts(session: Session, projects: Collection[int]) -> dict[int, int]:
    """All archives per project."""
    return await _counts(session, projects)


async def _counts(
    session: Session, projects: Collection[int], *conditions: ColumnElement[bool]
) -> dict[int, int]:
    rows = await session.execute(
        select(Archive.project_id, func.count(Archive.id))
        .where(Archive.project_id.in_(projects), *conditions)
        .group_by(Archive.project_id)
    )
    return {project_id: number for project_id, number in rows if project_id is not None}


async def batch_after(session: Session, archive_id: int, limit: int) -> Sequence[Archive]:
    """The next archives by id, for going through the whole history in steps."""
    statement = select(Archive).where(Archive.id > archive_id).order_by(Archive.id).limit(limit)
    return (await session.scalars(statement)).all()


async def counts_of_each(
    session: Session, column: str, ids: Collection[int], wanted: ArchiveFilter
) -> dict[int, int]:
    """How many archives match per printer or project (`column`), in one statement."""
    if column == "printer_id" and wanted.is_counted:
        kept = (
            select(ArchiveCount.printer_id, func.sum(ArchiveCount.archives))
            .where(ArchiveCount.printer_id.in_(ids))
            .group_by(ArchiveCount.printer_id)
        )
        if wanted.statuses is not None:
            kept = kept.where(ArchiveCount.status.in_(wanted.statuses))
        return {parent: int(number) for parent, number in await session.execute(kept)}
    key = getattr(Archive, column)
    rows = await session.execute(
        select(key, func.count(Archive.id)).where(key.in_(ids), *conditions(wanted)).group_by(key)
    )
    return {parent: int(number) for parent, number in rows}
