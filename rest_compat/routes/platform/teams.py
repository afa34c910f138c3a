"""Teams and their members of the Platform dialect."""

from __future__ import annotations

from functools import partial

from app.accounts.models import Role, Scope
from rest_compat.dialects.platform import ONE, PAGE, PLATFORM, page_of
from rest_compat.routes.platform import answers, shapes
from rest_compat.routes.platform.parameters import PAGING, path_id
from rest_compat.routes.shapes import nodes, nodes_of, payload
from rest_compat.table import Rate, Route, Row, body
from rest_compat.values import Choice, Text

_Route = partial(Route, dialect=PLATFORM, section="Teams")
_ROLE = Choice({role.value: role.name for role in Role})
_TEAM = partial(path_id, "Team", "Id of the team.")
_EXAMPLE = {"id": "team_456", "name": "My Team", "created_at": "2024-01-10T08:00:00Z"}
_MEMBER = {
    "id": "user_7",
    "email": "jane@example.com",
    "name": "Jane",
    "role": "operator",
    "status": "active",
    "joined_at": "2024-01-12T09:00:00Z",
}

ROWS: tuple[Row, ...] = (
    _Route(
        method="GET",
        path="/teams",
        name="platform_list_teams",
        summary="List teams, the oldest first",
        rate=Rate.READ,
        scope=Scope.READ,
        parameters=PAGING,
        operation="PlatformListTeams",
        shape=nodes(shapes.team),
        envelope=PAGE,
        answer=answers.TEAM,
        example={
            "data": [_EXAMPLE],
            "pagination": {"page": 1, "limit": 20, "total": 1, "pages": 1},
        },
    ),
    _Route(
        method="POST",
        path="/teams",
        name="platform_create_team",
        summary="Create a team and own it",
        rate=Rate.WRITE,
        scope=Scope.ADMIN,
        parameters=(body("name", Text(200), "name", "Name.", required=True),),
        operation="PlatformCreateTeam",
        shape=payload("team", shapes.team),
        envelope=ONE,
        answer=answers.TEAM,
        status=201,
        request_example={"name": "My Team"},
        example={"data": _EXAMPLE},
    ),
    _Route(
        method="GET",
        path="/teams/{id}/members",
        name="platform_list_team_members",
        summary="List team members, the oldest membership first",
        rate=Rate.READ,
        scope=Scope.READ,
        parameters=(_TEAM(), *PAGING),
        operation="PlatformListTeamMembers",
        shape=nodes_of("members", shapes.member),
        envelope=page_of("members"),
        answer=answers.MEMBER,
        example={
            "data": [_MEMBER],
            "pagination": {"page": 1, "limit": 20, "total": 1, "pages": 1},
        },
    ),
    _Route(
        method="POST",
        path="/teams/{id}/members",
        name="platform_add_team_member",
        summary="Add a person; someone without an account is invited",
        rate=Rate.WRITE,
        scope=Scope.ADMIN,
        parameters=(
            _TEAM(into="input.teamId"),
            body("email", Text(320, form="email"), "email", "E-mail.", required=True),
            body("role", _ROLE, "role", "What they may do; `operator` without it."),
        ),
        operation="PlatformAddTeamMember",
        acts_in="input.teamId",
        shape=shapes.added,
        envelope=ONE,
        answer=answers.MEMBER,
        status=201,
        request_example={"email": "jane@example.com", "role": "operator"},
        example={"data": _MEMBER},
    ),
    _Route(
        method="DELETE",
        path="/teams/{id}/members/{userId}",
        name="platform_remove_team_member",
        summary="Remove a member; the last owner stays",
        rate=Rate.WRITE,
        scope=Scope.READ,
        description="Everybody may leave; taking out somebody else needs the scope `admin`.",
        parameters=(
            _TEAM(into="input.teamId"),
            path_id("User", "Id of the person.", into="input.userId", name="userId"),
        ),
        operation="PlatformRemoveTeamMember",
        acts_in="input.teamId",
        shape=dict,
        status=204,
    ),
)
