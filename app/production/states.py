"""The states of a run and the steps between them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from app.database import WriteSession
from app.errors import Conflict
from app.events import ProductionRunPaused, ProductionRunResumed, ProductionRunStarted
from app.production.models import ENDED, ProductionRun, RunStatus

STEPS: Mapping[RunStatus, frozenset[RunStatus]] = {
    RunStatus.PENDING: frozenset({RunStatus.IN_PROGRESS, RunStatus.FAILED, RunStatus.CANCELLED}),
    RunStatus.IN_PROGRESS: ENDED | {RunStatus.PAUSED},
    RunStatus.PAUSED: ENDED | {RunStatus.IN_PROGRESS},
}


def require_step(run: ProductionRun, to: RunStatus) -> None:
    """Raises `Conflict` (INVALID_TRANSITION) unless the run may go on to this state."""
    if to not in STEPS.get(run.status, ()):
        raise Conflict(
            f"A run that is {_words(run.status)} cannot become {_words(to)}.",
            code="INVALID_TRANSITION",
            field="status",
        )


def _words(status: RunStatus) -> str:
    return status.value.replace("_", " ")


def start(session: WriteSession, run: ProductionRun, at: datetime) -> None:
    """Work begins, or goes on after a pause."""
    require_step(run, RunStatus.IN_PROGRESS)
    resumed = run.status is RunStatus.PAUSED
    run.status = RunStatus.IN_PROGRESS
    _end_pause(run, at)
    if run.started_at is None:
        run.started_at = at
    kind = ProductionRunResumed if resumed else ProductionRunStarted
    session.raise_event(
        kind(team_id=run.team_id, production_run_id=run.id, project_id=run.project_id)
    )


def pause(session: WriteSession, run: ProductionRun, at: datetime) -> None:
    """Work stands still; this time does not count as print time."""
    require_step(run, RunStatus.PAUSED)
    run.status = RunStatus.PAUSED
    run.paused_at = at
    session.raise_event(
        ProductionRunPaused(
            team_id=run.team_id, production_run_id=run.id, project_id=run.project_id
        )
    )


def close(run: ProductionRun, status: RunStatus, at: datetime) -> None:
    """The run ends. Its print time is reckoned unless somebody entered it."""
    require_step(run, status)
    run.status = status
    _end_pause(run, at)
    run.completed_at = at
    run.updated_at = datetime.now(UTC)
    if run.actual_print_time is None and run.started_at is not None:
        whole = round((at - run.started_at).total_seconds())
        run.actual_print_time = max(0, whole - run.paused_time)


def _end_pause(run: ProductionRun, at: datetime) -> None:
    if run.paused_at is not None:
        run.paused_time += max(0, round((at - run.paused_at).total_seconds()))
        run.paused_at = None
