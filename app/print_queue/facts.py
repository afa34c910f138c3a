"""What planning needs to know of a team's queue, in as many statements however long it is."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import select

from app.accounts.models import Team
from app.archives import queries as archives
from app.plates import queries as plates
from app.print_queue.models import Dispatch, QueueItem, QueueStatus
from app.print_queue.planning import Facts, Place, Plan, plan
from app.print_queue.printables import Printable, printable_of
from app.print_queue.queries import ENDED, Session
from app.printers import queries as printers
from app.printers.live import LiveFarm
from app.printers.models import Printer


async def printables_of(session: Session, items: Collection[QueueItem]) -> dict[int, Printable]:
    """What each item prints, in two statements however many they are."""
    wanted = {item.archive_id for item in items}
    rows = await archives.by_ids(session, wanted)
    files = {row.file_id for row in rows.values() if row.file_id is not None}
    known = await plates.of_files(session, files)
    found: dict[int, Printable] = {}
    for item in items:
        archive = rows.get(item.archive_id)
        if archive is not None:
            of_file = known.get(archive.file_id or 0, [])
            found[item.id] = printable_of(item, archive, of_file)
    return found


@dataclass(slots=True)
class KnownQueue:
    """The facts of one team and the plan made of them, once."""

    facts: Facts
    _plan: Plan | None = field(default=None)

    def plan(self, live: LiveFarm) -> Plan:
        """What starts now, and why the rest waits."""
        if self._plan is None:
            statuses = {
                place.printer.id: live.status(place.printer.id) for place in self.facts.places
            }
            self._plan = plan(self.facts, statuses, datetime.now(UTC))
        return self._plan


async def queue_of_teams(session: Session, teams: Collection[int]) -> dict[int, KnownQueue]:
    """The queue of each of these teams; the session sees them all, or only the one it is of."""
    paused = await _paused(session, teams)
    items: dict[int, list[QueueItem]] = {team_id: [] for team_id in teams}
    for item in await session.scalars(
        select(QueueItem)
        .where(QueueItem.team_id.in_(teams), QueueItem.status == QueueStatus.PENDING)
        .order_by(QueueItem.position, QueueItem.id)
    ):
        items[item.team_id].append(item)
    places: dict[int, list[Place]] = {team_id: [] for team_id in teams}
    asked = any(item.require_previous_success for rows in items.values() for item in rows)
    for place in await _places(session, outcomes=asked):
        if place.printer.team_id in places:
            places[place.printer.team_id].append(place)
    waiting = [item for rows in items.values() for item in rows]
    printables = await printables_of(session, waiting)
    failed = await _failed_on(session, waiting)
    return {
        team_id: KnownQueue(
            Facts(paused.get(team_id, False), items[team_id], places[team_id], printables, failed)
        )
        for team_id in teams
    }


async def _failed_on(session: Session, items: Collection[QueueItem]) -> dict[int, set[int]]:
    """The printers on which items that were tried before did not begin."""
    tried = [item.id for item in items if item.attempts]
    found: dict[int, set[int]] = {item_id: set() for item_id in tried}
    if tried:
        for row in await session.execute(
            select(Dispatch.queue_item_id, Dispatch.printer_id).where(
                Dispatch.queue_item_id.in_(tried), Dispatch.printer_id.is_not(None)
            )
        ):
            found[row.queue_item_id].add(row.printer_id)
    return found


async def _paused(session: Session, teams: Collection[int]) -> Mapping[int, bool]:
    rows = await session.execute(select(Team.id, Team.queue_paused).where(Team.id.in_(teams)))
    return {row.id: row.queue_paused for row in rows}


async def _places(session: Session, *, outcomes: bool) -> list[Place]:
    rows = await printers.all_printers(session)
    sending = set(
        await session.scalars(select(Dispatch.printer_id).where(Dispatch.ended_at.is_(None)))
    )
    last = await _last_outcomes(session) if outcomes else {}
    return [Place(row, row.id in sending, last.get(row.id)) for row in rows]


async def _last_outcomes(session: Session) -> dict[int, QueueStatus | None]:
    """How the last item of the queue that was printed on each printer ended."""
    last = (
        select(QueueItem.status)
        .where(
            QueueItem.printer_id == Printer.id,
            QueueItem.status.in_(ENDED),
            QueueItem.started_at.is_not(None),
        )
        .order_by(QueueItem.completed_at.desc(), QueueItem.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return {
        row.id: row.status
        for row in await session.execute(select(Printer.id, last.label("status")))
    }
