"""Endpoints that want to be told, and the outbox of what they are told."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.columns import BigId, UtcDateTime, enum_column, partial_index
from app.tables import Table, TeamOwned


class Dialect(StrEnum):
    """The documented API whose events and payloads an endpoint gets."""

    BAMBUDDY = "bambuddy"
    BATCHIVO = "batchivo"
    PLATFORM = "platform"
    REFERENCE = "reference"


class DeliveryStatus(StrEnum):
    """How a message stands. Only `PENDING` ones are sent by themselves."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


class Webhook(TeamOwned, Table):
    """An endpoint of another system.

    `failing_since` is when the first of an unbroken row of failures was seen, `retry_at` when the
    next attempt is due. `disabled_at` is set by the server alone, with the notice why. While an
    attempt runs the row is leased to the process that makes it.
    """

    __tablename__ = "webhooks"
    __table_args__ = (Index(None, "team_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    dialect: Mapped[Dialect] = mapped_column(enum_column(Dialect))
    url: Mapped[str] = mapped_column(String(2048))
    events: Mapped[list[str]] = mapped_column(JSON)
    sealed_secret: Mapped[bytes] = mapped_column(LargeBinary(1024))
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    failing_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    retry_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    notice: Mapped[str | None] = mapped_column(String(500))
    leased_by: Mapped[str | None] = mapped_column(String(64))
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime)


class WebhookDelivery(TeamOwned, Table):
    """A message for an endpoint, written in the transaction of what it tells.

    Its id grows in the order of the commits, and it is sent in that order. `message_id` is the
    same in every repeat, `body` the exact JSON that is signed. What is known of the answer is
    that of the latest attempt; `response_time` is in milliseconds.
    """

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        Index(None, "webhook_id", "id"),
        partial_index(
            "ix_webhook_deliveries_pending", "webhook_id", "id", where="status = 'pending'"
        ),
        Index(None, "created_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhooks.id", ondelete="CASCADE"))
    message_id: Mapped[str] = mapped_column(String(64))
    event: Mapped[str] = mapped_column(String(64))
    body: Mapped[str] = mapped_column(Text)
    status: Mapped[DeliveryStatus] = mapped_column(enum_column(DeliveryStatus))
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    next_attempt_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_attempt_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    delivered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    response_status: Mapped[int | None]
    response_excerpt: Mapped[str | None] = mapped_column(Text)
    response_time: Mapped[int | None]
    error: Mapped[str | None] = mapped_column(String(500))
