"""The rules of production runs. A run that has ended takes only notes and ratings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import delete

from app import texts, weights
from app.accounts.models import Scope
from app.accounts.viewer import Viewer
from app.database import WriteSession
from app.errors import Conflict, Invalid, NotFound
from app.events import ProductionRunCreated, ProductionRunDeleted, ProductionRunUpdated
from app.production import ending, lines, queries, states
from app.production.calling_off import call_off
from app.production.figures import note_totals
from app.production.lines import NewRunItem, NewRunMaterial
from app.production.models import ENDED, ProductionRun, RunStatus
from app.production.numbers import next_run_number
from app.projects.models import Project
from app.records import record
from app.referring import kept
from app.unset import UNSET, Unset

MAX_TEXT = 20_000
MAX_SECONDS = 10 * 365 * 86_400
# A client's clock may be a little ahead.
CLOCK_SKEW = timedelta(minutes=5)


@record
class NewRun:
    """A run to make. Durations are seconds, weights grams."""

    status: RunStatus = RunStatus.PENDING
    project_id: int | None = None
    printer_name: str | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    estimated_print_time: int | None = None
    actual_print_time: int | None = None
    estimated_total_filament: Decimal | None = None
    actual_total_filament: Decimal | None = None
    quality_rating: int | None = None
    quality_notes: str | None = None
    notes: str | None = None
    failure_reason: str | None = None
    ends_with_queue: bool = False
    items: Sequence[NewRunItem] = ()
    materials: Sequence[NewRunMaterial] = ()


@record
class RunChanges:
    """What to change. A new status is a step, with all that it entails."""

    status: RunStatus | Unset = UNSET
    project_id: int | Unset | None = UNSET
    printer_name: str | Unset | None = UNSET
    started_at: datetime | Unset | None = UNSET
    completed_at: datetime | Unset | None = UNSET
    estimated_print_time: int | Unset | None = UNSET
    actual_print_time: int | Unset | None = UNSET
    estimated_total_filament: Decimal | Unset | None = UNSET
    actual_total_filament: Decimal | Unset | None = UNSET
    quality_rating: int | Unset | None = UNSET
    quality_notes: str | Unset | None = UNSET
    notes: str | Unset | None = UNSET
    failure_reason: str | Unset | None = UNSET


async def create_run(session: WriteSession, viewer: Viewer, new: NewRun) -> ProductionRun:
    """Make a run with its items and materials.

    With a status it takes the steps that lead there, and is refused as they are. Raises
    `Invalid` or `NotFound` naming the field, or `Conflict`.
    """
    viewer.require(Scope.INVENTORY)
    return await make_run(session, viewer, new)


async def make_run(session: WriteSession, viewer: Viewer, new: NewRun) -> ProductionRun:
    """As `create_run`, for whoever may do what the run is a part of."""
    now = datetime.now(UTC)
    run = ProductionRun(
        team_id=viewer.team_id,
        run_number=await next_run_number(session, viewer.team_id, now),
        status=RunStatus.PENDING,
        project_id=await _project(session, new.project_id),
        ends_with_queue=new.ends_with_queue,
        paused_time=0,
        created_at=now,
        updated_at=now,
        **{name: check(getattr(new, name)) for name, check in _CHECKS.items()},
    )
    session.add(run)
    await session.flush()
    for number, item in enumerate(new.items):
        await lines.put_item(session, run, item, f"items.{number}")
    for number, material in enumerate(new.materials):
        await lines.put_material(session, run, material, f"materials.{number}")
    note_totals(run, (await queries.materials_of(session, [run.id]))[run.id])
    session.raise_event(
        ProductionRunCreated(
            team_id=run.team_id, production_run_id=run.id, project_id=run.project_id
        )
    )
    started = run.started_at
    changes = RunChanges(
        completed_at=new.completed_at or now,
        failure_reason=UNSET if new.failure_reason is None else new.failure_reason,
    )
    if new.status is RunStatus.COMPLETED:
        states.start(session, run, now)
        run.started_at = started  # nobody said when; then its print time is not known either
    await _step(session, viewer, run, new.status, changes)
    await session.flush()
    return run


async def update_run(
    session: WriteSession, viewer: Viewer, run_id: UUID, changes: RunChanges
) -> ProductionRun:
    """Change a run; a new status does what the step to it does, or is refused as it is."""
    viewer.require(Scope.INVENTORY)
    run = await queries.locked(session, run_id)
    if changes.status is not UNSET and not _stays(run, changes.status):
        states.require_step(run, changes.status)
    for name, check in _CHECKS.items():
        value = getattr(changes, name)
        if value is not UNSET:
            _set(run, name, check(value))
    if changes.project_id is not UNSET:
        _set(run, "project_id", await _project(session, changes.project_id))
    if changes.status is not UNSET:
        await _step(session, viewer, run, changes.status, changes)
    elif changes.completed_at not in (UNSET, None, run.completed_at):
        raise Invalid("A run is completed by its status.", field="completed_at")
    note_totals(run, (await queries.materials_of(session, [run.id]))[run.id])
    touch(session, run)
    await session.flush()
    return run


async def delete_run(session: WriteSession, viewer: Viewer, run_id: UUID) -> UUID:
    """Remove a run. Raises `Conflict` (IN_USE) once filament was taken for it."""
    viewer.require(Scope.INVENTORY)
    run = await queries.locked(session, run_id)
    if await queries.has_transactions(session, run_id):
        raise Conflict(
            "Filament was used for this run; its record must stay.", code="IN_USE", field="id"
        )
    await call_off(session, run)
    await session.execute(delete(ProductionRun).where(ProductionRun.id == run_id))
    session.raise_event(
        ProductionRunDeleted(
            team_id=run.team_id, production_run_id=run_id, project_id=run.project_id
        )
    )
    return run_id


def touch(session: WriteSession, run: ProductionRun) -> None:
    """The run, or one of its lines, was changed."""
    run.updated_at = datetime.now(UTC)
    session.raise_event(
        ProductionRunUpdated(
            team_id=run.team_id, production_run_id=run.id, project_id=run.project_id
        )
    )


def require_open(run: ProductionRun, field: str | None = None) -> None:
    """Raises `Conflict` for a run that has ended."""
    if run.status in ENDED:
        raise Conflict("A run that has ended takes only notes and ratings.", field=field)


async def _step(
    session: WriteSession,
    viewer: Viewer,
    run: ProductionRun,
    status: RunStatus,
    changes: RunChanges,
) -> None:
    if changes.failure_reason is not UNSET:
        texts.optional(changes.failure_reason, "failure_reason", 1_000)
    if _stays(run, status):
        return
    at = _moment(changes.completed_at, run)
    if status is RunStatus.COMPLETED:
        await ending.complete(session, viewer, run, at)
    elif status is RunStatus.CANCELLED:
        await ending.cancel(session, viewer, run, at=at)
    elif status is RunStatus.FAILED:
        reason = run.failure_reason if changes.failure_reason is UNSET else changes.failure_reason
        await ending.fail(session, viewer, run, reason, at=at)
    elif status is RunStatus.IN_PROGRESS:
        states.start(session, run, datetime.now(UTC))
    else:
        states.pause(session, run, datetime.now(UTC))


def _stays(run: ProductionRun, status: RunStatus) -> bool:
    """The present status of a run that has not ended is no step."""
    return status is run.status and status not in ENDED


def _moment(value: datetime | Unset | None, run: ProductionRun) -> datetime | None:
    """When the run ended, by whoever says so; None for now."""
    if value is UNSET or value is None:
        return None
    _not_ahead(value, "completed_at")
    if run.started_at is not None and value < run.started_at:
        raise Invalid("A run cannot end before it started.", field="completed_at")
    return value


def _set(run: ProductionRun, name: str, value: Any) -> None:
    if value != getattr(run, name):
        if name not in _ALWAYS:
            require_open(run, name)
        setattr(run, name, value)


async def _project(session: WriteSession, project_id: int | None) -> int | None:
    if project_id is not None and await kept(session, Project, Project.id, project_id) is None:
        raise NotFound("There is no such project.", field="project_id")
    return project_id


def _not_ahead(value: datetime, field: str) -> None:
    if value > datetime.now(UTC) + CLOCK_SKEW:
        raise Invalid("This lies in the future.", field=field)


def _started(value: datetime | None) -> datetime | None:
    if value is not None:
        _not_ahead(value, "started_at")
    return value


def _seconds(value: int | None, field: str) -> int | None:
    if value is not None and not 0 <= value <= MAX_SECONDS:
        raise Invalid("A duration lies between nothing and ten years.", field=field)
    return value


def _rating(value: int | None) -> int | None:
    if value is not None and not 1 <= value <= 5:
        raise Invalid("A rating lies between 1 and 5.", field="quality_rating")
    return value


# What a run takes when it has ended.
_ALWAYS = frozenset({"quality_rating", "quality_notes", "notes"})
# One row per field that can be set: how a given value is checked and normalised.
_CHECKS: dict[str, Callable[[Any], Any]] = {
    "printer_name": partial(texts.optional, field="printer_name", limit=200),
    "started_at": _started,
    "estimated_print_time": partial(_seconds, field="estimated_print_time"),
    "actual_print_time": partial(_seconds, field="actual_print_time"),
    "estimated_total_filament": partial(weights.optional, field="estimated_total_filament"),
    "actual_total_filament": partial(weights.optional, field="actual_total_filament"),
    "quality_rating": _rating,
    "quality_notes": partial(texts.optional, field="quality_notes", limit=MAX_TEXT),
    "notes": partial(texts.optional, field="notes", limit=MAX_TEXT),
}
