"""All SQL of production runs but that of their statistics."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, select

from app.database import ReadSession, WriteSession
from app.errors import NotFound
from app.keyset import Order, Page, Window, fetch_page, first_of_each
from app.production.models import ProductionRun, RunItem, RunMaterial, RunStatus
from app.records import record
from app.spools.models import InventoryTransaction
from app.texts import like_pattern

Session = ReadSession | WriteSession
Line = TypeVar("Line", RunItem, RunMaterial)


@record
class RunFilter:
    """Conditions that all hold. `search` is a part of the number, the printer or the notes."""

    statuses: frozenset[RunStatus] | None = None
    printer_name: str | None = None
    project_id: int | None = None
    product_id: UUID | None = None
    created_from: datetime | None = None
    created_until: datetime | None = None
    search: str | None = None


def conditions(wanted: RunFilter) -> list[ColumnElement[bool]]:
    """The conditions of a filter."""
    found: list[ColumnElement[bool]] = []
    if wanted.statuses is not None:
        found.append(ProductionRun.status.in_(wanted.statuses))
    if wanted.printer_name is not None:
        found.append(func.lower(ProductionRun.printer_name) == wanted.printer_name.lower())
    if wanted.project_id is not None:
        found.append(ProductionRun.project_id == wanted.project_id)
    if wanted.product_id is not None:
        found.append(
            exists().where(
                RunItem.run_id == ProductionRun.id, RunItem.product_id == wanted.product_id
            )
        )
    if wanted.created_from is not None:
        found.append(ProductionRun.created_at >= wanted.created_from)
    if wanted.created_until is not None:
        found.append(ProductionRun.created_at <= wanted.created_until)
    for word in (wanted.search or "").lower().split():
        pattern = like_pattern(word)
        found.append(
            func.lower(ProductionRun.run_number).like(pattern, escape="\\")
            | func.lower(func.coalesce(ProductionRun.printer_name, "")).like(pattern, escape="\\")
            | func.lower(func.coalesce(ProductionRun.notes, "")).like(pattern, escape="\\")
        )
    return found


def listed(wanted: RunFilter) -> Select[ProductionRun]:
    """The runs that match."""
    return select(ProductionRun).where(*conditions(wanted))


def counted(wanted: RunFilter) -> Select[Any]:
    """How many runs match."""
    return select(func.count(ProductionRun.id)).where(*conditions(wanted))


async def page(
    session: Session, wanted: RunFilter, order: Order, window: Window
) -> Page[ProductionRun]:
    """One window of the runs."""
    return await fetch_page(session, listed(wanted), order, window)


async def count(session: Session, wanted: RunFilter) -> int:
    """How many runs match."""
    return await session.scalar(counted(wanted)) or 0


async def by_ids(session: Session, ids: Collection[UUID]) -> dict[UUID, ProductionRun]:
    """Runs by id."""
    rows = await session.scalars(select(ProductionRun).where(ProductionRun.id.in_(ids)))
    return {row.id: row for row in rows}


async def first_of_projects(
    session: Session, projects: Collection[int], order: Order, limit: int
) -> dict[int, list[ProductionRun]]:
    """The first runs of each project, in one statement."""
    found: dict[int, list[ProductionRun]] = {project_id: [] for project_id in projects}
    rows = await first_of_each(
        session, select(ProductionRun), ProductionRun.project_id, projects, order, limit
    )
    for row in rows:
        if row.project_id is not None:
            found[row.project_id].append(row)
    return found


async def counts_of_projects(session: Session, projects: Collection[int]) -> dict[int, int]:
    """How many runs each project has had."""
    rows = await session.execute(
        select(ProductionRun.project_id, func.count(ProductionRun.id))
        .where(ProductionRun.project_id.in_(projects))
        .group_by(ProductionRun.project_id)
    )
    return {project_id: number for project_id, number in rows if project_id is not None}


async def lock(session: WriteSession, run_id: UUID) -> ProductionRun | None:
    """A run, locked for this transaction: its state cannot change meanwhile."""
    run: ProductionRun | None = await session.scalar(
        select(ProductionRun)
        .where(ProductionRun.id == run_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return run


async def locked(session: WriteSession, run_id: UUID) -> ProductionRun:
    """As `lock`. Raises `NotFound`."""
    run = await lock(session, run_id)
    if run is None:
        raise NotFound("There is no such production run.", field="id")
    return run


async def items_of(session: Session, runs: Collection[UUID]) -> dict[UUID, list[RunItem]]:
    """The items of each run, oldest first."""
    return await _lines_of(session, RunItem, runs)


async def materials_of(session: Session, runs: Collection[UUID]) -> dict[UUID, list[RunMaterial]]:
    """The materials of each run, oldest first."""
    return await _lines_of(session, RunMaterial, runs)


async def _lines_of(
    session: Session, kind: type[Line], runs: Collection[UUID]
) -> dict[UUID, list[Line]]:
    found: dict[UUID, list[Line]] = {run_id: [] for run_id in runs}
    rows: Sequence[Line] = (
        await session.scalars(
            select(kind).where(kind.run_id.in_(runs)).order_by(kind.created_at, kind.id)
        )
    ).all()
    for row in rows:
        found[row.run_id].append(row)
    return found


async def line(session: WriteSession, kind: type[Line], line_id: UUID) -> Line | None:
    """A line as it is in the database now. Its run should be locked."""
    found: Line | None = await session.scalar(
        select(kind).where(kind.id == line_id).execution_options(populate_existing=True)
    )
    return found


async def has_transactions(session: Session, run_id: UUID) -> bool:
    """True when filament was taken off a spool for a run."""
    taken = exists().where(InventoryTransaction.production_run_id == run_id)
    return bool(await session.scalar(select(taken)))
