"""The rules of webhooks: who is told what, and what people may do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from datetime import UTC, datetime

from sqlalchemy import delete

from app.accounts.models import Scope
from app.accounts.viewer import Viewer
from app.database import WriteSession
from app.errors import Conflict, Invalid, NotFound
from app.events import WebhookMessagesQueued
from app.records import record
from app.sealing import Sealer
from app.unset import UNSET, Unset
from app.webhooks import messages, queries
from app.webhooks.catalogue import PING, events_of
from app.webhooks.destinations import CheckedDestination
from app.webhooks.models import DeliveryStatus, Dialect, Webhook, WebhookDelivery
from app.webhooks.outcome import Outcome
from app.webhooks.signing import checked_secret, new_secret
from app.webhooks.turns import note

# Endpoints of one team; each event is written once for each of them.
MAX_WEBHOOKS = 50


@record
class NewWebhook:
    """An endpoint to make. Without `events` it is told all of its dialect."""

    destination: CheckedDestination
    dialect: Dialect
    events: Sequence[str] | None = None
    secret: str | None = field(default=None, repr=False)
    active: bool = True


@record
class WebhookChanges:
    """What to change."""

    destination: CheckedDestination | Unset = UNSET
    events: Sequence[str] | Unset = UNSET
    secret: str | Unset = field(default=UNSET, repr=False)
    active: bool | Unset = UNSET


async def create_webhook(
    session: WriteSession, viewer: Viewer, new: NewWebhook, sealer: Sealer
) -> tuple[Webhook, str]:
    """An endpoint and its secret, which is never shown again.

    Raises `Forbidden`, `Invalid` naming the field, or `Conflict` when the team has too many.
    """
    viewer.require(Scope.ADMIN)
    secret = new_secret() if new.secret is None else checked_secret(new.secret)
    events = events_of(new.dialect) if new.events is None else new.events
    if await queries.count(session, None) >= MAX_WEBHOOKS:
        raise Conflict(f"A team has at most {MAX_WEBHOOKS} webhooks.")
    now = datetime.now(UTC)
    webhook = Webhook(
        dialect=new.dialect,
        url=new.destination.url,
        events=_events(new.dialect, events),
        sealed_secret=sealer.seal(secret),
        active=new.active,
        created_at=now,
        updated_at=now,
    )
    session.add(webhook)
    await session.flush()
    return webhook, secret


async def update_webhook(
    session: WriteSession,
    viewer: Viewer,
    webhook_id: int,
    changes: WebhookChanges,
    sealer: Sealer,
    dialect: Dialect | None = None,
) -> Webhook:
    """Change an endpoint. What waits for it is tried at once, oldest first.

    Turning one on again that the server had given up takes the notice away. Raises `NotFound`,
    also for an endpoint of another dialect than the one that is named.
    """
    viewer.require(Scope.ADMIN)
    webhook = await _find(session, webhook_id, dialect)
    if changes.destination is not UNSET:
        webhook.url = changes.destination.url
    if changes.events is not UNSET:
        webhook.events = _events(webhook.dialect, changes.events)
    if changes.secret is not UNSET:
        webhook.sealed_secret = sealer.seal(checked_secret(changes.secret))
    if changes.active is not UNSET:
        webhook.active = changes.active
    if webhook.active:
        webhook.disabled_at = webhook.notice = None
        webhook.failing_since = webhook.retry_at = None
    webhook.updated_at = datetime.now(UTC)
    session.raise_event(WebhookMessagesQueued(team_id=webhook.team_id))
    return webhook


async def delete_webhook(
    session: WriteSession, viewer: Viewer, webhook_id: int, dialect: Dialect | None = None
) -> int:
    """Remove an endpoint with its log; what waits for it is not sent."""
    viewer.require(Scope.ADMIN)
    webhook = await _find(session, webhook_id, dialect)
    await session.execute(delete(Webhook).where(Webhook.id == webhook.id))
    return webhook_id


async def redeliver(
    session: WriteSession,
    viewer: Viewer,
    delivery_id: int,
    webhook_id: int | None = None,
    dialect: Dialect | None = None,
) -> WebhookDelivery:
    """Queue a message of the log once more, under the same id.

    Raises `NotFound`, also when the message is not of the endpoint that was named, and `Conflict`
    while it still waits or the endpoint is off.
    """
    viewer.require(Scope.ADMIN)
    old = (await queries.deliveries_by_ids(session, [delivery_id])).get(delivery_id)
    if old is None or webhook_id not in (None, old.webhook_id):
        raise NotFound("There is no such delivery.", field="id")
    webhook = await _find(session, old.webhook_id, dialect)
    if old.status is DeliveryStatus.PENDING:
        raise Conflict("This message still waits to be delivered.", field="id")
    if not webhook.active:
        raise Conflict("The webhook is off: turn it on first.", field="id")
    again = messages.pending(
        old.team_id, old.webhook_id, old.message_id, old.event, old.body, datetime.now(UTC)
    )
    session.add(again)
    await session.flush()
    session.raise_event(WebhookMessagesQueued(team_id=old.team_id))
    return again


def ping_of(webhook: Webhook) -> WebhookDelivery:
    """A test message, not yet sent and not yet kept."""
    data = {"webhook_id": webhook.id, "events": webhook.events}
    return messages.of_data(webhook, PING, data, datetime.now(UTC))


async def keep_ping(
    session: WriteSession, viewer: Viewer, ping: WebhookDelivery, outcome: Outcome
) -> WebhookDelivery:
    """Write a test message that was sent into the log. It is never repeated."""
    viewer.require(Scope.ADMIN)
    await _find(session, ping.webhook_id)
    ping.status = DeliveryStatus.FAILED
    note(ping, outcome, datetime.now(UTC))
    session.add(ping)
    await session.flush()
    return ping


def _events(dialect: Dialect, given: Sequence[str]) -> list[str]:
    """Names of events, each once, in the order of the catalogue."""
    known = events_of(dialect)
    if unknown := [name for name in given if name not in known]:
        named = ", ".join(known)
        raise Invalid(f"`{unknown[0][:64]}` is no event. There are: {named}.", field="events")
    if not given:
        raise Invalid("Name at least one event.", field="events")
    return [name for name in known if name in given]


async def _find(session: WriteSession, webhook_id: int, dialect: Dialect | None = None) -> Webhook:
    webhook = (await queries.by_ids(session, [webhook_id])).get(webhook_id)
    if webhook is None or dialect not in (None, webhook.dialect):
        raise NotFound("There is no such webhook.", field="id")
    return webhook
