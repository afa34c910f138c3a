"""What is derived from the history and kept beside it: counts and daily statistics."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC
from decimal import Decimal

from sqlalchemy import delete, func, select

from app.archives import queries
from app.archives.models import Archive, ArchiveCount, ArchiveStatus, FilamentUse, ProjectCount
from app.database import WriteSession
from app.statistics import service as statistics
from app.statistics.service import Ending, PrintFigures
from app.upsert import add_to

UNKNOWN_MATERIAL = ""
REBUILD_BATCH = 1_000
_ENDINGS = {
    ArchiveStatus.SUCCESS: Ending.SUCCESSFUL,
    ArchiveStatus.FAILED: Ending.FAILED,
    ArchiveStatus.STOPPED: Ending.STOPPED,
}


def print_figures(archive: Archive, uses: Sequence[FilamentUse]) -> PrintFigures | None:
    """What an archive adds to the statistics; None unless it is a print that ended."""
    ending = _ENDINGS.get(archive.status)
    if ending is None or archive.completed_at is None:
        return None
    return PrintFigures(
        team_id=archive.team_id,
        printer_id=archive.printer_id,
        day=archive.completed_at.astimezone(UTC).date(),
        ending=ending,
        seconds=archive.duration or 0,
        grams=archive.filament_used or Decimal(0),
        cost=archive.cost or Decimal(0),
        materials=_materials(archive, uses),
    )


def _materials(archive: Archive, uses: Sequence[FilamentUse]) -> dict[str, Decimal]:
    if not any(use.grams for use in uses):
        material = archive.filament_type or UNKNOWN_MATERIAL
        return {material[:64]: archive.filament_used or Decimal(0)}
    found: dict[str, Decimal] = {}
    for use in uses:
        found[use.material] = found.get(use.material, Decimal(0)) + (use.grams or Decimal(0))
    return found


async def count_print(
    session: WriteSession, archive: Archive, uses: Sequence[FilamentUse], sign: int
) -> None:
    """Count a print in (1) or out (-1). Out before a change of what counts, in after it."""
    await count_figures(session, print_figures(archive, uses), sign)


async def count_figures(session: WriteSession, figures: PrintFigures | None, sign: int) -> None:
    """Count what a print adds to the statistics in (1) or out (-1)."""
    if figures is not None:
        await statistics.count(session, figures, sign)


async def count_archive(session: WriteSession, archive: Archive, sign: int) -> None:
    """Count an archive in (1) or out (-1): under its printer and status, and its project."""
    await _add_archives(session, archive.team_id, archive.printer_id, archive.status, sign)
    await _add_to_project(session, archive, archive.project_id, sign)


async def move_archive(session: WriteSession, archive: Archive, old: int | None) -> None:
    """Count an archive that is counted under the project `old` under its present one."""
    if archive.project_id == old:
        return
    # In one sequence, so that no two moves wait for each other.
    for project_id, sign in sorted({old or 0: -1, archive.project_id or 0: 1}.items()):
        await _add_to_project(session, archive, project_id, sign)


async def _add_archives(
    session: WriteSession,
    team_id: int,
    printer_id: int | None,
    status: ArchiveStatus,
    number: int,
) -> None:
    key = {"team_id": team_id, "printer_id": printer_id or queries.NO_PRINTER, "status": status}
    await add_to(session, ArchiveCount, key, {"archives": number})


async def _add_to_project(
    session: WriteSession, archive: Archive, project_id: int | None, number: int
) -> None:
    if project_id:
        key = {"project_id": project_id, "team_id": archive.team_id, "status": archive.status}
        await add_to(session, ProjectCount, key, {"archives": number})


async def leave_project(session: WriteSession, archives: Sequence[Archive]) -> None:
    """Count archives out of the projects they are in."""
    numbers = Counter((item.project_id, item.team_id, item.status) for item in archives)
    for (project_id, team_id, status), number in sorted(numbers.items()):
        key = {"project_id": project_id, "team_id": team_id, "status": status}
        await add_to(session, ProjectCount, key, {"archives": -number})


async def leave_printer(
    session: WriteSession, archives: Sequence[Archive], uses: Mapping[int, Sequence[FilamentUse]]
) -> None:
    """Move what is kept of archives from their printers to those without a printer."""
    numbers = Counter((item.team_id, item.printer_id, item.status) for item in archives)
    for (team_id, printer_id, status), number in sorted(numbers.items()):
        await _add_archives(session, team_id, printer_id, status, -number)
        await _add_archives(session, team_id, None, status, number)
    found = (print_figures(archive, uses[archive.id]) for archive in archives)
    await statistics.leave_printer(session, [item for item in found if item is not None])


async def forget_printer(session: WriteSession, printer_id: int) -> None:
    """Move counts and statistics of a printer that is removed to those without a printer."""
    rows = await session.scalars(select(ArchiveCount).where(ArchiveCount.printer_id == printer_id))
    for row in rows.all():
        await _add_archives(session, row.team_id, None, row.status, row.archives)
    await session.execute(delete(ArchiveCount).where(ArchiveCount.printer_id == printer_id))
    await statistics.forget_printer(session, printer_id)


async def rebuild(session: WriteSession) -> None:
    """Compute counts and statistics of the session's team anew from its whole history."""
    await session.execute(delete(ArchiveCount))
    rows = await session.execute(
        select(
            Archive.team_id, Archive.printer_id, Archive.status, func.count(Archive.id)
        ).group_by(Archive.team_id, Archive.printer_id, Archive.status)
    )
    for team_id, printer_id, status, number in rows.all():
        await _add_archives(session, team_id, printer_id, status, number)
    await _rebuild_projects(session)
    await statistics.rebuild(session, [item async for item in _all_figures(session)])


async def _rebuild_projects(session: WriteSession) -> None:
    await session.execute(delete(ProjectCount))
    keys = (Archive.team_id, Archive.project_id, Archive.status)
    rows = await session.execute(
        select(*keys, func.count(Archive.id)).where(Archive.project_id.is_not(None)).group_by(*keys)
    )
    session.add_all(
        ProjectCount(team_id=team_id, project_id=project_id, status=status, archives=number)
        for team_id, project_id, status, number in rows.all()
    )
    await session.flush()


async def _all_figures(session: WriteSession) -> AsyncIterator[PrintFigures]:
    last = 0
    while archives := await queries.batch_after(session, last, REBUILD_BATCH):
        uses = await queries.uses_of(session, [archive.id for archive in archives])
        for archive in archives:
            figures = print_figures(archive, uses[archive.id])
            if figures is not None:
                yield figures
        last = archives[-1].id
