"""Root fields of webhooks."""

import strawberry

from app.accounts.models import Scope
from app.webhooks import queries
from app.webhooks.catalogue import events_of
from app.webhooks.models import Dialect
from schema.context import Info
from schema.ids import integer_id
from schema.pagination import Connection, connection, window
from schema.webhooks.types import Webhook, WebhookDelivery, WebhookEvent


@strawberry.type
class WebhookQueries:
    @strawberry.field(description="One webhook; null when there is none. Needs the scope ADMIN.")
    async def webhook(
        self, info: Info, id: strawberry.ID, dialect: Dialect | None = None
    ) -> Webhook | None:
        info.context.viewer.require(Scope.ADMIN)
        row = await info.context.loaders.webhooks.get(integer_id(id, "Webhook"))
        return None if row is None or dialect not in (None, row.dialect) else Webhook.of(row)

    @strawberry.field(description="The webhooks, oldest first. Needs the scope ADMIN.")
    async def webhooks(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        offset: int | None = None,
        dialect: Dialect | None = None,
    ) -> Connection[Webhook]:
        context = info.context
        context.viewer.require(Scope.ADMIN)
        asked = window(context, first=first, after=after, last=last, before=before, offset=offset)

        async def count() -> int:
            async with context.read() as session:
                return await queries.count(session, dialect)

        async with context.read() as session:
            page = await queries.page(session, dialect, asked)
        return connection(page, Webhook.of, count)

    @strawberry.field(description="One message of the log; null without it. Needs ADMIN.")
    async def webhook_delivery(self, info: Info, id: strawberry.ID) -> WebhookDelivery | None:
        info.context.viewer.require(Scope.ADMIN)
        row = await info.context.loaders.deliveries.get(integer_id(id, "WebhookDelivery"))
        return None if row is None else WebhookDelivery.of(row)

    @strawberry.field(description="What endpoints can be told.")
    def webhook_events(self, dialect: Dialect | None = None) -> list[WebhookEvent]:
        wanted = Dialect if dialect is None else (dialect,)
        return [
            WebhookEvent(dialect=item, name=name) for item in wanted for name in events_of(item)
        ]
