"""What a row of the catalogue is, and how times are written in payloads."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from app.database import WriteSession
from app.events import Event
from app.records import record
from app.tables import Table
from app.webhooks.models import Dialect

Found = TypeVar("Found", bound=Table)
Data = Mapping[str, Any]
# Reads what the payload needs, in the transaction of the event; None when it is not for endpoints.
ReadData = Callable[[WriteSession, Any], Awaitable[Data | None]]


@record
class EventRow:
    """An event of the domain, and how one documented API calls and tells it."""

    kind: type[Event]
    dialect: Dialect
    name: str
    data: ReadData


@record
class Happening:
    """What an envelope is written around. `id` is the message's, the same in every repeat."""

    id: str
    event: str
    at: datetime
    data: Data


Envelope = Callable[[Happening], Data]


def moment(at: datetime) -> str:
    """A time to whole seconds, UTC with `Z`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def maybe_moment(at: datetime | None) -> str | None:
    """The same, or nothing."""
    return None if at is None else moment(at)


def day(at: date | None) -> str | None:
    """A day."""
    return None if at is None else at.isoformat()


def number(value: Decimal | None, places: int) -> float | None:
    """An exact decimal as JSON writes numbers, rounded half-even."""
    return None if value is None else float(round(value, places))


def prefixed(prefix: str, key: int | UUID) -> str:
    """An id of the dialects whose ids say what they name: `proj_12`."""
    return f"{prefix}_{key.hex if isinstance(key, UUID) else key}"


def typed(told: Happening) -> Data:
    """The body of the Platform document, which the dialects without an example share."""
    return {
        "id": told.id,
        "type": told.event,
        "created_at": moment(told.at),
        "data": told.data,
    }


async def fresh(session: WriteSession, kind: type[Found], key: Any) -> Found | None:
    """A row as this transaction leaves it, whichever way it was changed."""
    return await session.get(kind, key, populate_existing=True)
