"""Who asks: one credential acting inside one team."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from app.accounts.models import Plan, Role, Scope
from app.errors import Forbidden, NotFound
from app.records import record

_EVERYTHING = frozenset(Scope)
ROLE_SCOPES: dict[Role, frozenset[Scope]] = {
    Role.OWNER: _EVERYTHING,
    Role.ADMIN: _EVERYTHING,
    Role.OPERATOR: _EVERYTHING - {Scope.ADMIN},
    Role.VIEWER: frozenset({Scope.READ}),
}


def effective_scopes(role: Role, granted: frozenset[Scope] | None = None) -> frozenset[Scope]:
    """What a role allows, cut down to what a key was granted (None: everything)."""
    allowed = ROLE_SCOPES[role]
    return allowed if granted is None else allowed & granted


@record
class Viewer:
    """An authenticated credential. `credential` names it in limits and logs, never its secret.

    `teams` are the memberships of whoever signed in, the oldest first; a key has its own team
    alone. `granted` are the scopes a key or an application was given, None for all of the role's.
    `reach` is filled while a sign-in reads as all of its teams at once. `printer_id` is the only
    printer whose camera a camera token shows.
    """

    team_id: int
    user_id: int
    role: Role
    scopes: frozenset[Scope]
    credential: str
    api_key_id: int | None = None
    family: UUID | None = None
    plan: Plan = Plan.FREE
    expires_at: datetime | None = None
    teams: tuple[tuple[int, Role], ...] = ()
    granted: frozenset[Scope] | None = None
    reach: frozenset[int] = frozenset()
    printer_id: int | None = None

    @property
    def reads_as(self) -> int | frozenset[int]:
        """Whose rows this viewer sees."""
        return self.reach or self.team_id

    def sees_team(self, team_id: int) -> bool:
        """True for the teams whose rows this viewer sees."""
        return team_id == self.team_id or team_id in self.reach

    def across(self, scope: Scope = Scope.READ) -> Viewer:
        """The same person, reading as every team in which they carry `scope`, and able to do
        nothing that needs more. Without several teams, and for a key, nothing changes."""
        if len(self.teams) < 2:
            return self
        teams = frozenset(team_id for team_id, role in self.teams if scope in self._scopes_as(role))
        scopes = frozenset({scope, Scope.READ}) if teams else frozenset[Scope]()
        return replace(self, reach=teams, scopes=scopes)

    def in_team(self, team_id: int) -> Viewer:
        """The same person acting in another team of theirs. Raises `NotFound` for any other."""
        if team_id == self.team_id:
            return replace(self, reach=frozenset())
        role = dict(self.teams).get(team_id)
        if role is None:
            raise NotFound("There is no such team.", field="team_id")
        return replace(
            self, team_id=team_id, role=role, scopes=self._scopes_as(role), reach=frozenset()
        )

    def _scopes_as(self, role: Role) -> frozenset[Scope]:
        return effective_scopes(role, self.granted)

    def require_somewhere(self, scope: Scope) -> None:
        """Raises `Forbidden` unless this credential carries `scope` in one of its teams."""
        if not any(scope in self._scopes_as(role) for _team, role in self.teams):
            self.require(scope)

    def require(self, scope: Scope) -> None:
        """Raises `Forbidden` unless this credential carries `scope`."""
        if scope not in self.scopes:
            raise Forbidden(f"This needs the permission `{scope.value}`, which you do not have.")

    def require_camera(self, printer_id: int) -> None:
        """Raises `Forbidden` when this credential is a token for the camera of another printer."""
        if self.printer_id not in (None, printer_id):
            raise Forbidden("The token is for the camera of another printer.")
