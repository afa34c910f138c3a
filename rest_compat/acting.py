"""In which team somebody acts who may act in several, where the dialect spans teams."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rest_compat.problems import not_found
from rest_compat.running import Call
from rest_compat.table import TEAM, Route
from schema.ids import integer_id

TEAM_OF = "TeamOf"


async def acting(call: Call, variables: dict[str, Any]) -> Call:
    """The call as it is made: a read as every team of the caller, a change in the team of the row
    that the variable `acts_in` names; without one in the team of the credential.

    Raises `Problem` (NOT_FOUND) for what is in no team of the caller, and `Forbidden` when the
    caller may not do it there.
    """
    row, viewer = call.row, call.viewer
    if viewer is None or row.scope is None or not isinstance(row, Route):
        return call
    if row.method == "GET":
        return replace(call, viewer=viewer.across(row.scope))
    about = _value(variables, row.acts_in)
    variables.pop(TEAM, None)
    if about is not None:
        seer = replace(call, viewer=viewer.across(row.seen_with))
        found = await seer.root(TEAM_OF, {"id": about})
        team_id = _team_in(found)
        if team_id is None:
            raise not_found()
        viewer = viewer.in_team(team_id)
    viewer.require(row.scope)
    return replace(call, viewer=viewer)


def _team_in(found: Mapping[str, Any]) -> int | None:
    """The team of a project or a webhook, of the project of a run, or the team itself."""
    if "project" in found:
        found = found["project"] or {}
    team = found.get("team", found)
    return integer_id(team["id"], "Team") if "id" in team else None


def _value(variables: Mapping[str, Any], path: str | None) -> Any:
    if path is None:
        return None
    *parents, last = path.split(".")
    for parent in parents:
        variables = variables.get(parent) or {}
    return variables.get(last)
