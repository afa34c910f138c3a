"""All SQL of projects."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, Select, func, select

from app.database import ReadSession, WriteSession
from app.keyset import Order, Page, Window, fetch_page
from app.projects.models import Project, ProjectStatus
from app.records import record
from app.texts import like_pattern

Session = ReadSession | WriteSession

ORDERS: dict[tuple[str, bool], Order] = {
    (name, descending): Order(f"projects.{name}.{descending}", columns, descending)
    for name, columns in (
        ("created_at", (Project.created_at, Project.id)),
        ("updated_at", (Project.updated_at, Project.id)),
        ("name", (Project.name, Project.id)),
    )
    for descending in (False, True)
}
NEWEST_FIRST = ORDERS["created_at", True]


@record
class ProjectFilter:
    """Conditions that all hold; `search` is a part of the name or description."""

    status: ProjectStatus | None = None
    search: str | None = None
    team_id: int | None = None


def _conditions(wanted: ProjectFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.team_id is not None:
        found.append(Project.team_id == wanted.team_id)
    if wanted.status is not None:
        found.append(Project.status == wanted.status)
    for word in (wanted.search or "").lower().split():
        pattern = like_pattern(word)
        found.append(
            func.lower(Project.name).like(pattern, escape="\\")
            | func.lower(func.coalesce(Project.description, "")).like(pattern, escape="\\")
        )
    return found


def listed(wanted: ProjectFilter) -> Select[Project]:
    """The projects that match."""
    return select(Project).where(*_conditions(wanted))


def counted(wanted: ProjectFilter) -> Select[int]:
    """How many projects match."""
    return select(func.count(Project.id)).where(*_conditions(wanted))


async def page(
    session: Session, wanted: ProjectFilter, order: Order, window: Window
) -> Page[Project]:
    """One window of the projects."""
    return await fetch_page(session, listed(wanted), order, window)


async def count(session: Session, wanted: ProjectFilter) -> int:
    """How many projects match."""
    return await session.scalar(counted(wanted)) or 0


async def by_ids(session: Session, ids: Collection[int]) -> dict[int, Project]:
    """Projects by id."""
    rows = await session.scalars(select(Project).where(Project.id.in_(ids)))
    return {row.id: row for row in rows}
