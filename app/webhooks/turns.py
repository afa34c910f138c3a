"""All SQL of the deliverer: which process sends for which endpoint, and what became of it.

An endpoint is leased to one process for as long as that sends to it, which keeps the order of its
messages. The lease of a process that died runs out, and any other goes on with the same message.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, exists, func, or_, select, update

from app.database import ReadSession, WriteSession
from app.events import WebhookDisabled
from app.records import record
from app.webhooks import retries
from app.webhooks.models import DeliveryStatus, Webhook, WebhookDelivery
from app.webhooks.outcome import Outcome
from app.webhooks.queries import IS_PENDING

# Longer than an attempt may take; a dead process is succeeded when it is over.
LEASE = timedelta(seconds=20)
FORGET_BATCH = 1_000
SILENT = {"synchronize_session": False}


@record
class Job:
    """A message to send now."""

    webhook_id: int
    delivery_id: int
    message_id: str
    url: str
    body: str
    sealed_secret: bytes = field(repr=False)


def _due(now: datetime) -> ColumnElement[bool]:
    return or_(Webhook.retry_at.is_(None), Webhook.retry_at <= now)


def _free(now: datetime) -> ColumnElement[bool]:
    return or_(Webhook.leased_until.is_(None), Webhook.leased_until <= now)


_WAITING = exists().where(WebhookDelivery.webhook_id == Webhook.id, IS_PENDING)


async def due(session: ReadSession, now: datetime, limit: int) -> Sequence[int]:
    """Endpoints for which something is to be sent now and nobody does.

    In no order: where there are more than can be served, none is always the last.
    """
    rows = await session.scalars(
        select(Webhook.id)
        .where(Webhook.active, _due(now), _free(now), _WAITING)
        .order_by(func.random())
        .limit(limit)
    )
    return rows.all()


async def next_due(session: ReadSession, now: datetime) -> datetime | None:
    """When the next retry is due, or a lease of another process runs out."""
    moments = await session.execute(
        select(func.min(Webhook.retry_at), func.min(Webhook.leased_until)).where(
            Webhook.active, or_(Webhook.retry_at > now, Webhook.leased_until > now), _WAITING
        )
    )
    later = [moment for moment in moments.one() if moment is not None and moment > now]
    return min(later, default=None)


async def claim(session: WriteSession, owner: str, webhook_id: int, now: datetime) -> Job | None:
    """Lease an endpoint and take its oldest message; None when somebody was faster."""
    taken = await session.scalar(
        update(Webhook)
        .where(Webhook.id == webhook_id, Webhook.active, _due(now), _free(now))
        .values(leased_by=owner, leased_until=now + LEASE)
        .returning(Webhook.id)
        .execution_options(**SILENT)
    )
    return None if taken is None else await _head(session, owner, webhook_id, now)


async def _head(session: WriteSession, owner: str, webhook_id: int, now: datetime) -> Job | None:
    """The oldest message that waits; without one the lease is given back."""
    row = (
        await session.execute(
            select(
                Webhook.id,
                WebhookDelivery.id,
                WebhookDelivery.message_id,
                Webhook.url,
                WebhookDelivery.body,
                Webhook.sealed_secret,
            )
            .join(WebhookDelivery, WebhookDelivery.webhook_id == Webhook.id)
            .where(Webhook.id == webhook_id, Webhook.active, Webhook.leased_by == owner, IS_PENDING)
            .order_by(WebhookDelivery.id)
            .limit(1)
        )
    ).first()
    if row is None:
        await give_back(session, owner, webhook_id)
        return None
    await session.execute(
        update(Webhook)
        .where(Webhook.id == webhook_id)
        .values(leased_until=now + LEASE)
        .execution_options(**SILENT)
    )
    return Job(*row)


async def settle(
    session: WriteSession,
    owner: str,
    job: Job,
    outcome: Outcome,
    now: datetime,
    *,
    go_on: bool,
    dice: retries.Dice,
) -> Job | None:
    """Write down what became of an attempt; the next message when there is one to send at once.

    Nothing is written when the lease was lost meanwhile: its new owner sends the message again.
    """
    webhook = await session.scalar(
        select(Webhook)
        .where(Webhook.id == job.webhook_id, Webhook.leased_by == owner)
        .with_for_update()
    )
    delivery = await session.get(WebhookDelivery, job.delivery_id)
    if webhook is None or delivery is None:
        return None
    note(delivery, outcome, now)
    if outcome.accepted:
        webhook.failing_since = webhook.retry_at = None
        await session.flush()
        if go_on and webhook.active:
            return await _head(session, owner, webhook.id, now)
    else:
        _failed(session, webhook, delivery, now, dice)
    webhook.leased_by = webhook.leased_until = None
    return None


def note(delivery: WebhookDelivery, outcome: Outcome, now: datetime) -> None:
    """What is known of the latest attempt."""
    delivery.attempts += 1
    delivery.last_attempt_at = now
    delivery.next_attempt_at = None
    delivery.response_status = outcome.status
    delivery.response_excerpt = outcome.excerpt
    delivery.response_time = outcome.milliseconds
    delivery.error = outcome.error
    if outcome.accepted:
        delivery.status = DeliveryStatus.DELIVERED
        delivery.delivered_at = now


def _failed(
    session: WriteSession,
    webhook: Webhook,
    delivery: WebhookDelivery,
    now: datetime,
    dice: retries.Dice,
) -> None:
    if webhook.failing_since is None:
        webhook.failing_since = now
    again = retries.next_attempt(delivery.attempts, now, webhook.failing_since, dice)
    if again is None:
        delivery.status = DeliveryStatus.FAILED
        last = delivery.error or f"HTTP status {delivery.response_status}."
        disable(session, webhook, now, f"Nothing was accepted for 24 hours. At last: {last}")
    else:
        webhook.retry_at = delivery.next_attempt_at = again


def disable(session: WriteSession, webhook: Webhook, now: datetime, notice: str) -> None:
    """The endpoint is told nothing any more until somebody turns it on again."""
    webhook.active = False
    webhook.disabled_at = now
    webhook.notice = notice[:500]
    webhook.retry_at = None
    session.raise_event(
        WebhookDisabled(team_id=webhook.team_id, webhook_id=webhook.id, notice=webhook.notice)
    )


async def disable_overfull(session: WriteSession, webhook_id: int, now: datetime) -> bool:
    """Give an endpoint up for which too much waits. True when it was."""
    beyond = await session.scalar(
        select(WebhookDelivery.id)
        .where(WebhookDelivery.webhook_id == webhook_id, IS_PENDING)
        .order_by(WebhookDelivery.id)
        .offset(retries.MAX_WAITING)
        .limit(1)
    )
    webhook = await session.get(Webhook, webhook_id) if beyond is not None else None
    if webhook is None or not webhook.active:
        return False
    disable(session, webhook, now, f"More than {retries.MAX_WAITING} messages wait for it.")
    return True


async def give_back(session: WriteSession, owner: str, webhook_id: int | None = None) -> None:
    """End the lease of an endpoint, or every lease of this process."""
    statement = update(Webhook).where(Webhook.leased_by == owner)
    if webhook_id is not None:
        statement = statement.where(Webhook.id == webhook_id)
    await session.execute(
        statement.values(leased_by=None, leased_until=None).execution_options(**SILENT)
    )


async def free_all(session: WriteSession) -> None:
    """End every lease; only for a process that is known to be the only one."""
    await session.execute(
        update(Webhook)
        .where(Webhook.leased_by.is_not(None))
        .values(leased_by=None, leased_until=None)
        .execution_options(**SILENT)
    )


async def forget(session: WriteSession, before: datetime) -> int:
    """Delete a batch of messages of the log that are older and wait for nothing; how many."""
    old = (
        select(WebhookDelivery.id)
        .where(WebhookDelivery.created_at < before, ~(IS_PENDING & _IS_ACTIVE))
        .order_by(WebhookDelivery.created_at)
        .limit(FORGET_BATCH)
    )
    gone = await session.execute(
        delete(WebhookDelivery).where(WebhookDelivery.id.in_(old)).execution_options(**SILENT)
    )
    return int(gone.rowcount)  # type: ignore[attr-defined]


_IS_ACTIVE = exists().where(Webhook.id == WebhookDelivery.webhook_id, Webhook.active)
