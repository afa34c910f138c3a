"""Root fields about who asks."""

import strawberry

from schema.accounts.types import Viewer, present
from schema.context import Context, Info
from schema.plans.sources import Answer, Arguments, planned


async def _viewer(context: Context, _given: Arguments) -> Viewer:
    return present(context.viewer)


@strawberry.type
class AccountQueries:
    @strawberry.field(description="Who asks.", metadata=planned(Answer(_viewer, scope=None)))
    def viewer(self, info: Info) -> Viewer:
        return present(info.context.viewer)
