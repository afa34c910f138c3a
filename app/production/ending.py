"""How runs end: completed, cancelled or failed, with the filament that this takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from app import texts, weights
from app.accounts.models import Scope
from app.accounts.viewer import Viewer
from app.database import WriteSession
from app.errors import Conflict, Invalid
from app.events import ProductionRunCancelled, ProductionRunCompleted, ProductionRunFailed
from app.production import queries
from app.production.calling_off import call_off
from app.production.figures import note_totals
from app.production.models import ProductionRun, RunMaterial, RunStatus
from app.production.states import close, require_step
from app.records import record
from app.spools import queries as spools
from app.spools.consumption import Consumption, take_all
from app.spools.models import TransactionType
from app.spools.service import cost_per_gram


@record
class Waste:
    """Grams of a spool that were used up in vain."""

    spool_id: UUID
    grams: Decimal


@record
class Ending:
    """A run that has ended, and what each of its spools gave for that."""

    run: ProductionRun
    spools: Sequence[Consumption]

    @property
    def inventory_updated(self) -> bool:
        """Whether the end took anything off a spool."""
        return any(spool.taken for spool in self.spools)


async def complete_run(session: WriteSession, viewer: Viewer, run_id: UUID) -> Ending:
    """Complete a run and take what it used off its spools, all in one.

    Raises `NotFound`, or `Conflict`: INVALID_TRANSITION, USAGE_MISSING for a material without an
    actual weight, INSUFFICIENT_FILAMENT for a spool that holds less than its lines used.
    """
    viewer.require(Scope.INVENTORY)
    return await complete(session, viewer, await queries.locked(session, run_id))


async def cancel_run(
    session: WriteSession, viewer: Viewer, run_id: UUID, waste: Sequence[Waste] = ()
) -> Ending:
    """Cancel a run; what was used up is taken as waste. Raises as `fail_run` does."""
    viewer.require(Scope.INVENTORY)
    return await cancel(session, viewer, await queries.locked(session, run_id), waste)


async def fail_run(
    session: WriteSession,
    viewer: Viewer,
    run_id: UUID,
    reason: str,
    waste: Sequence[Waste] = (),
) -> Ending:
    """Fail a run; what was used up is taken as waste.

    Raises `NotFound`, `Invalid` without a reason or for a spool that is not of the run, or
    `Conflict`: INVALID_TRANSITION, INSUFFICIENT_FILAMENT.
    """
    viewer.require(Scope.INVENTORY)
    return await fail(session, viewer, await queries.locked(session, run_id), reason, waste)


async def complete(
    session: WriteSession, viewer: Viewer, run: ProductionRun, at: datetime | None = None
) -> Ending:
    """As `complete_run`, of a run that is locked."""
    require_step(run, RunStatus.COMPLETED)
    materials = (await queries.materials_of(session, [run.id]))[run.id]
    missing = [row for row in materials if row.actual_weight is None]
    if missing:
        raise Conflict(
            f"{len(missing)} of {len(materials)} materials have no actual weight.",
            code="USAGE_MISSING",
            field="materials",
        )
    used: dict[UUID, Decimal] = {}
    for row in materials:
        open_weight = (row.actual_weight or Decimal(0)) - row.settled_weight
        used[row.spool_id] = used.get(row.spool_id, Decimal(0)) + open_weight
    owed = {spool_id: max(Decimal(0), grams) for spool_id, grams in used.items()}
    given = await _take(session, viewer, run, owed, TransactionType.USAGE)
    await _end(session, run, RunStatus.COMPLETED, materials, at)
    session.raise_event(
        ProductionRunCompleted(
            team_id=run.team_id, production_run_id=run.id, project_id=run.project_id
        )
    )
    return Ending(run, given)


async def cancel(
    session: WriteSession,
    viewer: Viewer,
    run: ProductionRun,
    waste: Sequence[Waste] = (),
    at: datetime | None = None,
) -> Ending:
    """As `cancel_run`, of a run that is locked."""
    require_step(run, RunStatus.CANCELLED)
    ending = await _waste(session, viewer, run, RunStatus.CANCELLED, waste, at)
    session.raise_event(
        ProductionRunCancelled(
            team_id=run.team_id, production_run_id=run.id, project_id=run.project_id
        )
    )
    return ending


async def fail(
    session: WriteSession,
    viewer: Viewer,
    run: ProductionRun,
    reason: str | None,
    waste: Sequence[Waste] = (),
    at: datetime | None = None,
) -> Ending:
    """As `fail_run`, of a run that is locked."""
    reason = texts.required(reason or "", "failure_reason", 1_000)
    require_step(run, RunStatus.FAILED)
    run.failure_reason = reason
    ending = await _waste(session, viewer, run, RunStatus.FAILED, waste, at)
    session.raise_event(
        ProductionRunFailed(
            team_id=run.team_id,
            production_run_id=run.id,
            project_id=run.project_id,
            reason=reason,
        )
    )
    return ending


async def _waste(
    session: WriteSession,
    viewer: Viewer,
    run: ProductionRun,
    status: RunStatus,
    waste: Sequence[Waste],
    at: datetime | None,
) -> Ending:
    materials = (await queries.materials_of(session, [run.id]))[run.id]
    used = _by_spool(materials, waste)
    owed: dict[UUID, Decimal] = {}
    for spool_id, grams in used.items():
        lines = [row for row in materials if row.spool_id == spool_id]
        settled = sum((row.settled_weight for row in lines), Decimal(0))
        owed[spool_id] = max(Decimal(0), grams - settled)
        _spread(lines, max(grams, settled))
    given = await _take(session, viewer, run, owed, TransactionType.WASTE)
    await _end(session, run, status, materials, at)
    return Ending(run, given)


def _by_spool(materials: Sequence[RunMaterial], waste: Sequence[Waste]) -> dict[UUID, Decimal]:
    own = {row.spool_id for row in materials}
    used: dict[UUID, Decimal] = {}
    for number, item in enumerate(waste):
        if item.spool_id not in own:
            raise Invalid("This spool is not one of the run.", field=f"materials.{number}.spool_id")
        grams = weights.required(item.grams, f"materials.{number}.grams")
        used[item.spool_id] = used.get(item.spool_id, Decimal(0)) + grams
    return used


def _spread(lines: Sequence[RunMaterial], grams: Decimal) -> None:
    """Write what a spool gave on its lines: each up to its estimate, the last one the rest."""
    for row in lines[:-1]:
        row.actual_weight = min(grams, row.estimated_weight)
        grams -= row.actual_weight
    lines[-1].actual_weight = grams


async def _take(
    session: WriteSession,
    viewer: Viewer,
    run: ProductionRun,
    owed: Mapping[UUID, Decimal],
    kind: TransactionType,
) -> list[Consumption]:
    reason = f"Production run {run.run_number}"
    return await take_all(session, viewer, owed, kind, run.id, reason)


async def _end(
    session: WriteSession,
    run: ProductionRun,
    status: RunStatus,
    materials: Sequence[RunMaterial],
    at: datetime | None,
) -> None:
    unpriced = [row for row in materials if row.cost_per_gram is None]
    if unpriced:  # a price that was entered since the line was added
        known = await spools.by_ids(session, {row.spool_id for row in unpriced})
        for row in unpriced:
            row.cost_per_gram = cost_per_gram(known[row.spool_id])
    note_totals(run, materials)
    close(run, status, at or datetime.now(UTC))
    await call_off(session, run)
