"""Root fields about who asks."""

from __future__ import annotations

import strawberry

from app.accounts.models import Scope
from schema.accounts.types import Viewer
from schema.context import Info


@strawberry.type
class AccountQueries:
    @strawberry.field(description="Who asks.")
    def viewer(self, info: Info) -> Viewer:
        viewer = info.context.viewer
        return Viewer(
            role=viewer.role,
            plan=viewer.plan,
            scopes=[item for item in Scope if item in viewer.scopes],
        )
