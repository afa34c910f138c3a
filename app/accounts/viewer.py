"""Who asks: one credential acting inside one team."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.accounts.models import Plan, Role, Scope
from app.errors import Forbidden

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


@dataclass(frozen=True, slots=True)
class Viewer:
    """An authenticated credential. `credential` names it in limits and logs, never its secret."""

    team_id: int
    user_id: int
    role: Role
    scopes: frozenset[Scope]
    credential: str
    api_key_id: int | None = None
    family: UUID | None = None
    plan: Plan = Plan.FREE
    expires_at: datetime | None = None

    def require(self, scope: Scope) -> None:
        """Raises `Forbidden` unless this credential carries `scope`."""
        if scope not in self.scopes:
            raise Forbidden(f"This needs the permission `{scope.value}`, which you do not have.")
