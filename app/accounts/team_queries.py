"""All SQL that lists teams, members and invitations."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import func, select

from app.accounts.models import Invitation, Membership, Team
from app.database import ReadSession, WriteSession
from app.keyset import Order, Page, Window, fetch_page, first_of_each

Session = ReadSession | WriteSession

OLDEST_TEAM_FIRST = Order("teams.id.False", (Team.id,))
OLDEST_MEMBER_FIRST = Order("memberships.id.False", (Membership.id,))


async def page(session: Session, ids: Collection[int], window: Window) -> Page[Team]:
    """One window of these teams."""
    statement = select(Team).where(Team.id.in_(ids))
    return await fetch_page(session, statement, OLDEST_TEAM_FIRST, window)


async def members_page(session: Session, team_id: int, window: Window) -> Page[Membership]:
    """One window of the members of a team."""
    statement = select(Membership).where(Membership.team_id == team_id)
    return await fetch_page(session, statement, OLDEST_MEMBER_FIRST, window)


async def first_members(
    session: Session, teams: Collection[int], limit: int
) -> dict[int, list[Membership]]:
    """The first members of each team, in one statement."""
    found: dict[int, list[Membership]] = {team_id: [] for team_id in teams}
    for row in await first_of_each(
        session, select(Membership), Membership.team_id, teams, OLDEST_MEMBER_FIRST, limit
    ):
        found[row.team_id].append(row)
    return found


async def member_counts(session: Session, teams: Collection[int]) -> dict[int, int]:
    """How many members each team has."""
    rows = await session.execute(
        select(Membership.team_id, func.count(Membership.id))
        .where(Membership.team_id.in_(teams))
        .group_by(Membership.team_id)
    )
    return {row[0]: row[1] for row in rows}


async def invitations(session: Session, team_id: int) -> Sequence[Invitation]:
    """The invitations of a team that nobody accepted or took back, newest first."""
    return (
        await session.scalars(
            select(Invitation)
            .where(
                Invitation.team_id == team_id,
                Invitation.accepted_at.is_(None),
                Invitation.revoked_at.is_(None),
            )
            .order_by(Invitation.id.desc())
        )
    ).all()
