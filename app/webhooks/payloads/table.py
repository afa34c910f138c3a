"""What a row of the catalogue is, and how times are written in payloads."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.database import WriteSession
from app.events import Event
from app.webhooks.models import Dialect

Data = Mapping[str, Any]
# Reads what the payload needs, in the transaction of the event; None when it is not for endpoints.
ReadData = Callable[[WriteSession, Any], Awaitable[Data | None]]


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event of the domain, and how one documented API calls and tells it."""

    kind: type[Event]
    dialect: Dialect
    name: str
    data: ReadData


@dataclass(frozen=True, slots=True)
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
