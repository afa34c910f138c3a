"""A small farm for tests: teams with an owner, printers, prints that ran."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import cast
from uuid import uuid4

from app.accounts.models import Membership, Role, Scope, Team, User
from app.accounts.viewer import Viewer, effective_scopes
from app.archives import runs
from app.archives.models import Archive
from app.archives.runs import ObservedFilament, Outcome
from app.database import EVERY_TEAM, Database, WriteSession
from app.events import Event
from app.printers.models import Printer, Trust

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


async def make_viewer(database: Database, role: Role = Role.OWNER, name: str = "farm") -> Viewer:
    """The only member of a new team."""
    async with database.transaction(EVERY_TEAM) as session:
        team = Team(name=name, created_at=NOON)
        user = User(email=f"{uuid4()}@farm.example", password_hash="none", created_at=NOON)
        session.add_all([team, user])
        await session.flush()
        session.add(Membership(team_id=team.id, user_id=user.id, role=role, created_at=NOON))
        return Viewer(team.id, user.id, role, effective_scopes(role), f"user:{user.id}")


def with_scopes(viewer: Viewer, *scopes: Scope) -> Viewer:
    """The same person with a key that carries only these."""
    return Viewer(viewer.team_id, viewer.user_id, viewer.role, frozenset(scopes), "key:1")


async def make_printer(database: Database, viewer: Viewer, name: str = "Left") -> Printer:
    """A printer that is known on the central broker alone."""
    async with database.transaction(viewer.team_id) as session:
        printer = Printer(
            name=name,
            model="X1 Carbon",
            serial_number=f"00M{uuid4().hex[:12].upper()}",
            trust=Trust.PINNED,
            created_at=NOON,
            updated_at=NOON,
        )
        session.add(printer)
    return printer


async def begin(
    session: WriteSession,
    printer: Printer,
    name: str = "Benchy",
    *,
    at: datetime = NOON,
    filaments: Sequence[ObservedFilament] = (ObservedFilament("PLA"),),
) -> int:
    """Open a run; its id."""
    run = await runs.begin_run(
        session,
        printer=printer,
        name=name,
        filename=f"{name.lower()}.gcode.3mf",
        origin="observed",
        state=b"{}",
        started_at=at,
        observed_at=at,
        filaments=filaments,
    )
    return run.id


async def end(
    session: WriteSession,
    run_id: int,
    outcome: Outcome = "success",
    *,
    at: datetime = NOON + timedelta(hours=1),
    reason: str | None = None,
) -> Archive | None:
    """End a run as the ingest does."""
    return await runs.end_run(
        session,
        run_id,
        outcome=outcome,
        ended_at=at,
        progress=40,
        reason=reason,
        plate_dirty=True,
    )


async def make_print(
    database: Database,
    printer: Printer,
    name: str = "Benchy",
    outcome: Outcome = "success",
    *,
    at: datetime = NOON,
    filaments: Sequence[ObservedFilament] = (ObservedFilament("PLA"),),
) -> Archive:
    """A print of one hour that ended."""
    async with database.transaction(EVERY_TEAM) as session:
        run_id = await begin(session, printer, name, at=at, filaments=filaments)
        archive = await end(session, run_id, outcome, at=at + timedelta(hours=1))
    return cast(Archive, archive)


def listen(database: Database) -> list[Event]:
    """The events of every transaction that is committed from now on, as they are told."""
    told: list[Event] = []
    database.tell = told.extend
    return told
