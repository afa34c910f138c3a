"""From the headers of a request, or of a socket's first message, to a viewer in a team."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.accounts.authentication import Authenticator
from app.accounts.viewer import Viewer
from app.errors import NotFound
from schema.ids import integer_id

EVERY_TEAM_OF_MINE = "all"


async def signed_in(accounts: Authenticator, headers: Mapping[str, Any]) -> Viewer:
    """The viewer of a credential.

    Somebody in several teams chooses one by its global id in `X-Team`, or reads across all of
    them with `X-Team: all`; changes are then made in the team of the sign-in. Raises
    `Unauthenticated`, `Unavailable`, or `NotFound` for a team that is not theirs.
    """
    viewer = await accounts.authenticate(
        api_key=_text(headers.get("x-api-key")),
        authorization=_text(headers.get("authorization")),
    )
    team = _text(headers.get("x-team"))
    if team is None:
        return viewer
    if team.lower() == EVERY_TEAM_OF_MINE:
        return viewer.across()
    team_id = integer_id(team, "Team")
    if team_id is None:
        raise NotFound("There is no such team.")
    return viewer.in_team(team_id)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
