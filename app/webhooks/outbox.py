"""Events become messages for endpoints in the transaction that raised them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

import structlog
from sqlalchemy.exc import SQLAlchemyError

from app.database import WriteSession
from app.errors import DomainError
from app.events import Event, WebhookMessagesQueued
from app.farm_events import service as farm_events
from app.webhooks import messages, queries
from app.webhooks.catalogue import rows_of
from app.webhooks.payloads.table import Data, EventRow, Happening
from app.webhooks.queries import Listener

log = structlog.get_logger(__name__)


async def store(session: WriteSession, events: Sequence[Event]) -> None:
    """Write events to the log of the farm, then what endpoints are told of them.

    The log's order is that of the commits, and so is that of the messages. Costs one statement
    where no endpoint listens, none for events that no endpoint can hear of.
    """
    await farm_events.store(session, events)
    told = [(item, row) for item in events for row in rows_of(item)]
    if not told:
        return
    listeners = await queries.listeners(session, {item.team_id for item, _ in told})
    queued = set()
    for item, row in told:
        wanting = [one for one in listeners if one.wants(item.team_id, row.dialect, row.name)]
        if wanting and await _queue(session, item, row, wanting):
            queued.add(item.team_id)
    if queued:
        await session.flush()
    for team_id in sorted(queued):
        session.raise_event(WebhookMessagesQueued(team_id=team_id))


async def _queue(
    session: WriteSession, item: Event, row: EventRow, wanting: Collection[Listener]
) -> bool:
    data = await _data(session, item, row)
    if data is None:
        return False
    told = Happening(messages.new_id(), row.name, item.occurred_at, data)
    body, now = messages.written(row.dialect, told), datetime.now(UTC)
    session.add_all(
        messages.pending(item.team_id, one.id, told.id, row.name, body, now) for one in wanting
    )
    return True


async def _data(session: WriteSession, item: Event, row: EventRow) -> Data | None:
    try:
        return await row.data(session, item)
    except (SQLAlchemyError, DomainError):
        raise
    except Exception:
        # What happened must be written down even when it cannot be told.
        log.exception("a webhook's payload could not be made", event=row.name)
        return None
