"""Members of teams, page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.accounts import team_queries
from app.keyset import Window
from schema.context import Context
from schema.loaders import MembersOf
from schema.pagination import Connection, connection, page_of_first

if TYPE_CHECKING:
    from schema.teams.types import TeamMember


async def members_of(context: Context, team_id: int, asked: Window) -> Connection[TeamMember]:
    """Members of a team; first pages of many teams load together."""
    from schema.teams.types import TeamMember

    async def count() -> int:
        return await context.loaders.member_counts.get(team_id) or 0

    if asked.first is None or asked.after or asked.before or asked.offset:
        async with context.read() as session:
            page = await team_queries.members_page(session, team_id, asked)
    else:
        rows = await context.loaders.members_of.get(MembersOf(team_id, asked.size + 1)) or []
        page = page_of_first(rows, team_queries.OLDEST_MEMBER_FIRST, asked.size)
    return connection(page, TeamMember.of, count)
