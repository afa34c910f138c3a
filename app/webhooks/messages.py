"""Messages: an id that never changes, and the exact text that is signed."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

import orjson

from app.webhooks.catalogue import ENVELOPES
from app.webhooks.models import DeliveryStatus, Dialect, Webhook, WebhookDelivery
from app.webhooks.payloads.table import Data, Happening


def new_id() -> str:
    """The id of something that happened, one for all endpoints that hear of it."""
    return f"evt_{uuid4().hex[:24]}"


def written(dialect: Dialect, told: Happening) -> str:
    """The body of a message in the form of a dialect."""
    # `default` is for asyncpg's own UUID type, which is a subclass and so not known to orjson.
    return orjson.dumps(ENVELOPES[dialect](told), default=str).decode()


def pending(
    team_id: int, webhook_id: int, message_id: str, event: str, body: str, at: datetime
) -> WebhookDelivery:
    """A message that waits to be sent."""
    return WebhookDelivery(
        team_id=team_id,
        webhook_id=webhook_id,
        message_id=message_id,
        event=event,
        body=body,
        status=DeliveryStatus.PENDING,
        attempts=0,
        created_at=at,
        next_attempt_at=at,
    )


def of_data(webhook: Webhook, event: str, data: Data, at: datetime) -> WebhookDelivery:
    """A message for one endpoint about something that only it is told."""
    told = Happening(new_id(), event, at, data)
    body = written(webhook.dialect, told)
    return pending(webhook.team_id, webhook.id, told.id, event, body, at)
