"""All SQL of webhooks that people cause; `app.webhooks.turns` has that of the deliverer."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import func, literal_column, select

from app.database import ReadSession, WriteSession
from app.keyset import Order, Page, Window, fetch_page, first_of_each
from app.records import record
from app.webhooks.models import DeliveryStatus, Dialect, Webhook, WebhookDelivery

Session = ReadSession | WriteSession
OLDEST_FIRST = Order("webhooks", (Webhook.id,))
NEWEST_FIRST = Order("webhook_deliveries", (WebhookDelivery.id,), descending=True)
# Written out, so that the partial index serves it.
IS_PENDING = WebhookDelivery.status == literal_column("'pending'")


@record
class Listener:
    """An endpoint that is told events as they happen."""

    id: int
    team_id: int
    dialect: Dialect
    events: Sequence[str]

    def wants(self, team_id: int, dialect: Dialect, event: str) -> bool:
        """Whether it is to hear of this event."""
        return (team_id, dialect) == (self.team_id, self.dialect) and event in self.events


async def listeners(session: WriteSession, teams: Collection[int]) -> Sequence[Listener]:
    """The active endpoints of these teams."""
    rows = await session.execute(
        select(Webhook.id, Webhook.team_id, Webhook.dialect, Webhook.events)
        .where(Webhook.team_id.in_(teams), Webhook.active)
        .order_by(Webhook.id)
    )
    return [Listener(*row) for row in rows]


async def page(session: Session, dialect: Dialect | None, window: Window) -> Page[Webhook]:
    """One window of the endpoints, oldest first."""
    statement = select(Webhook)
    if dialect is not None:
        statement = statement.where(Webhook.dialect == dialect)
    return await fetch_page(session, statement, OLDEST_FIRST, window)


async def count(session: Session, dialect: Dialect | None) -> int:
    """How many endpoints there are."""
    statement = select(func.count(Webhook.id))
    if dialect is not None:
        statement = statement.where(Webhook.dialect == dialect)
    return await session.scalar(statement) or 0


async def by_ids(session: Session, ids: Collection[int]) -> dict[int, Webhook]:
    """Endpoints by id."""
    rows = await session.scalars(select(Webhook).where(Webhook.id.in_(ids)))
    return {row.id: row for row in rows}


async def deliveries_by_ids(session: Session, ids: Collection[int]) -> dict[int, WebhookDelivery]:
    """Messages by id."""
    rows = await session.scalars(select(WebhookDelivery).where(WebhookDelivery.id.in_(ids)))
    return {row.id: row for row in rows}


async def deliveries(
    session: Session, webhook_id: int, status: DeliveryStatus | None, window: Window
) -> Page[WebhookDelivery]:
    """The messages of an endpoint, newest first."""
    statement = select(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook_id)
    if status is not None:
        statement = statement.where(WebhookDelivery.status == status)
    return await fetch_page(session, statement, NEWEST_FIRST, window)


async def delivery_count(session: Session, webhook_id: int, status: DeliveryStatus | None) -> int:
    """How many messages of an endpoint are in the log."""
    statement = select(func.count(WebhookDelivery.id)).where(
        WebhookDelivery.webhook_id == webhook_id
    )
    if status is not None:
        statement = statement.where(WebhookDelivery.status == status)
    return await session.scalar(statement) or 0


async def waiting_counts(session: Session, ids: Collection[int]) -> dict[int, int]:
    """How many messages of each endpoint have not been delivered yet."""
    rows = await session.execute(
        select(WebhookDelivery.webhook_id, func.count(WebhookDelivery.id))
        .where(WebhookDelivery.webhook_id.in_(ids), IS_PENDING)
        .group_by(WebhookDelivery.webhook_id)
    )
    return {row[0]: row[1] for row in rows}


async def first_deliveries(
    session: Session, ids: Collection[int], limit: int
) -> dict[int, list[WebhookDelivery]]:
    """The newest messages of each endpoint, in one statement."""
    found: dict[int, list[WebhookDelivery]] = {webhook_id: [] for webhook_id in ids}
    rows = await first_of_each(
        session,
        select(WebhookDelivery),
        WebhookDelivery.webhook_id,
        ids,
        NEWEST_FIRST,
        limit,
    )
    for row in rows:
        found[row.webhook_id].append(row)
    return found


async def delivery_counts(session: Session, ids: Collection[int]) -> dict[int, int]:
    """How many messages of each endpoint are in the log."""
    rows = await session.execute(
        select(WebhookDelivery.webhook_id, func.count(WebhookDelivery.id))
        .where(WebhookDelivery.webhook_id.in_(ids))
        .group_by(WebhookDelivery.webhook_id)
    )
    return {row[0]: row[1] for row in rows}
