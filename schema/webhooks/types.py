"""Endpoints of other systems and the messages for them. Reading either needs the scope ADMIN."""

from datetime import datetime

import orjson
import strawberry

from app.webhooks import models, queries
from app.webhooks.models import DeliveryStatus, Dialect
from schema.accounts.types import Team
from schema.context import Info
from schema.fields import about
from schema.ids import global_id
from schema.loaders import DeliveriesOf
from schema.nodes import Node
from schema.pagination import Connection, connection, page_of_first, window
from schema.scalars import Json


@strawberry.type(description="An event that endpoints of a dialect can be told.")
class WebhookEvent:
    dialect: Dialect = about("Whose it is.")
    name: str = about("Its name, as endpoints give and get it.")


@strawberry.type(description="A message for a webhook, with what is known of the latest attempt.")
class WebhookDelivery(Node):
    row: strawberry.Private[models.WebhookDelivery]
    database_id: strawberry.ID = about("The number the REST API uses.")
    message_id: str = about("The `webhook-id` that is sent, the same in every repeat.")
    event: str = about("What it tells, `ping` for a test.")
    status: DeliveryStatus = about("How it stands.")
    attempts: int = about("How often it was tried.")
    payload: Json = about("What is sent.")
    created_at: datetime = about("When it was written.")
    next_attempt_at: datetime | None = about("When it is due; null once it is over.")
    last_attempt_at: datetime | None = about("When it was tried last.")
    delivered_at: datetime | None = about("When the endpoint took it.")
    response_status: int | None = about("HTTP status of the answer; null when there was none.")
    response_excerpt: str | None = about("How the body of the answer begins, at most 1 KiB.")
    response_time: int | None = about("How long the attempt took, in milliseconds.")
    error: str | None = about("Why there was no answer.")

    @classmethod
    def of(cls, row: models.WebhookDelivery) -> "WebhookDelivery":
        return cls(
            row=row,
            id=global_id("WebhookDelivery", row.id),
            database_id=strawberry.ID(str(row.id)),
            message_id=row.message_id,
            event=row.event,
            status=row.status,
            attempts=row.attempts,
            payload=Json(orjson.loads(row.body)),
            created_at=row.created_at,
            next_attempt_at=row.next_attempt_at,
            last_attempt_at=row.last_attempt_at,
            delivered_at=row.delivered_at,
            response_status=row.response_status,
            response_excerpt=row.response_excerpt,
            response_time=row.response_time,
            error=row.error,
        )

    @strawberry.field(description="The webhook it is for.")
    async def webhook(self, info: Info) -> "Webhook | None":
        row = await info.context.loaders.webhooks.get(self.row.webhook_id)
        return None if row is None else Webhook.of(row)


@strawberry.type(description="An endpoint that is told what happens. Its secret is never shown.")
class Webhook(Node):
    row: strawberry.Private[models.Webhook]
    database_id: int = about("The number the REST API uses.")
    dialect: Dialect = about("Whose events and payloads it gets.")
    url: str = about("Where messages are posted to.")
    events: list[str] = about("What it is told.")
    active: bool = about("Whether it is told anything.")
    created_at: datetime = about("When it was made.")
    updated_at: datetime = about("When it was last changed.")
    failing_since: datetime | None = about("Since when it has taken nothing that was sent.")
    next_attempt_at: datetime | None = about("When it is tried again after a failure.")
    disabled_at: datetime | None = about("When the server gave it up after a day of failures.")
    notice: str | None = about("Why the server gave it up.")

    @classmethod
    def of(cls, row: models.Webhook) -> "Webhook":
        return cls(
            row=row,
            id=global_id("Webhook", row.id),
            database_id=row.id,
            dialect=row.dialect,
            url=row.url,
            events=list(row.events),
            active=row.active,
            created_at=row.created_at,
            updated_at=row.updated_at,
            failing_since=row.failing_since,
            next_attempt_at=row.retry_at,
            disabled_at=row.disabled_at,
            notice=row.notice,
        )

    @strawberry.field(description="The team it listens to.")
    async def team(self, info: Info) -> Team:
        row = await info.context.loaders.teams.get(self.row.team_id)
        if row is None:
            raise RuntimeError("a webhook without its team")
        return Team.of(row)

    @strawberry.field(description="How many messages wait to be delivered.")
    async def waiting_count(self, info: Info) -> int:
        return await info.context.loaders.waiting_counts.get(self.row.id) or 0

    @strawberry.field(description="The log of its messages, newest first; kept for 30 days.")
    async def deliveries(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        offset: int | None = None,
        status: DeliveryStatus | None = None,
    ) -> Connection[WebhookDelivery]:
        context, webhook_id = info.context, self.row.id
        asked = window(context, first=first, after=after, offset=offset)

        async def count() -> int:
            if status is None:
                return await context.loaders.delivery_counts.get(webhook_id) or 0
            async with context.read() as session:
                return await queries.delivery_count(session, webhook_id, status)

        if after is None and not offset and status is None:
            key = DeliveriesOf(webhook_id, asked.size + 1)
            rows = await context.loaders.deliveries_of.get(key) or []
            page = page_of_first(rows, queries.NEWEST_FIRST, asked.size)
        else:
            async with context.read() as session:
                page = await queries.deliveries(session, webhook_id, status, asked)
        return connection(page, WebhookDelivery.of, count)
