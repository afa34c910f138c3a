"""Changing the items and materials of a run that has not ended."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

from sqlalchemy import delete

from app.accounts.models import Scope
from app.accounts.viewer import Viewer
from app.database import WriteSession
from app.errors import Conflict, NotFound
from app.production import lines, queries
from app.production.figures import note_totals
from app.production.lines import NewRunItem, NewRunMaterial, RunItemChanges, RunMaterialChanges
from app.production.models import ProductionRun, RunItem, RunMaterial
from app.production.service import require_open, touch

Line = TypeVar("Line", RunItem, RunMaterial)


async def add_item(
    session: WriteSession, viewer: Viewer, run_id: UUID, new: NewRunItem
) -> tuple[ProductionRun, RunItem]:
    """Add a product to make. Raises `NotFound` or `Invalid` naming the field, or `Conflict`."""
    viewer.require(Scope.INVENTORY)
    run = await _open(session, run_id)
    row = await lines.put_item(session, run, new)
    return await _changed(session, run), row


async def update_item(
    session: WriteSession,
    viewer: Viewer,
    item_id: UUID,
    changes: RunItemChanges,
    run_id: UUID | None = None,
) -> tuple[ProductionRun, RunItem]:
    """Change an item (of this run, where one is named)."""
    viewer.require(Scope.INVENTORY)
    run, row = await _line(session, RunItem, item_id, run_id)
    await lines.set_item(session, row, changes)
    return await _changed(session, run), row


async def remove_item(
    session: WriteSession, viewer: Viewer, item_id: UUID, run_id: UUID | None = None
) -> ProductionRun:
    """Take an item out."""
    viewer.require(Scope.INVENTORY)
    run, _row = await _line(session, RunItem, item_id, run_id)
    await session.execute(delete(RunItem).where(RunItem.id == item_id))
    return await _changed(session, run)


async def add_material(
    session: WriteSession, viewer: Viewer, run_id: UUID, new: NewRunMaterial
) -> tuple[ProductionRun, RunMaterial]:
    """Add a spool to use. Raises `NotFound` or `Invalid` naming the field, or `Conflict`."""
    viewer.require(Scope.INVENTORY)
    run = await _open(session, run_id)
    row = await lines.put_material(session, run, new)
    return await _changed(session, run), row


async def update_material(
    session: WriteSession,
    viewer: Viewer,
    material_id: UUID,
    changes: RunMaterialChanges,
    run_id: UUID | None = None,
) -> tuple[ProductionRun, RunMaterial]:
    """Change a material (of this run, where one is named)."""
    viewer.require(Scope.INVENTORY)
    run, row = await _line(session, RunMaterial, material_id, run_id)
    lines.set_material(row, changes)
    return await _changed(session, run), row


async def remove_material(
    session: WriteSession, viewer: Viewer, material_id: UUID, run_id: UUID | None = None
) -> ProductionRun:
    """Take a spool out. Raises `Conflict` (IN_USE) when prints of the run took filament off it."""
    viewer.require(Scope.INVENTORY)
    run, row = await _line(session, RunMaterial, material_id, run_id)
    if row.settled_weight:
        raise Conflict(
            "Prints of this run have used this spool; its record must stay.",
            code="IN_USE",
            field="id",
        )
    await session.execute(delete(RunMaterial).where(RunMaterial.id == material_id))
    run.estimated_total_filament = run.actual_total_filament = None
    return await _changed(session, run)


async def _open(session: WriteSession, run_id: UUID) -> ProductionRun:
    run = await queries.locked(session, run_id)
    require_open(run)
    return run


async def _line(
    session: WriteSession, kind: type[Line], line_id: UUID, run_id: UUID | None
) -> tuple[ProductionRun, Line]:
    """A line and its run, which is locked and has not ended."""
    row = await queries.line(session, kind, line_id)
    if row is None or run_id not in (None, row.run_id):
        raise NotFound("There is no such line in the run.", field="id")
    run = await _open(session, row.run_id)
    row = await queries.line(session, kind, line_id)
    if row is None:  # removed before the run was locked
        raise NotFound("There is no such line in the run.", field="id")
    return run, row


async def _changed(session: WriteSession, run: ProductionRun) -> ProductionRun:
    await session.flush()
    materials = (await queries.materials_of(session, [run.id]))[run.id]
    note_totals(run, materials)
    touch(session, run)
    return run
