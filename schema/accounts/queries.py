"""Root fields about who asks."""

from __future__ import annotations

import strawberry

from schema.accounts.types import Viewer, present
from schema.context import Info


@strawberry.type
class AccountQueries:
    @strawberry.field(description="Who asks.")
    def viewer(self, info: Info) -> Viewer:
        return present(info.context.viewer)
