"""Storing events with the transaction that raised them, and telling them afterwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import delete, func, select

from app.database import EVERY_TEAM, Database, WriteSession
from app.events import KINDS, Event
from app.farm_events.models import FarmEvent
from app.hub import EVENT, Hub, Message
from app.prepared import inserted

KEEP_DAYS = 7
FORGET_BATCH = 1_000
KEEP_AT_LEAST = 100_000
# Any number no other advisory lock of this database uses.
_ORDER_LOCK = 7_305_001
_SUBJECTS = (
    "printer_id",
    "archive_id",
    "queue_item_id",
    "project_id",
    "spool_id",
    "product_id",
    "production_run_id",
)
# The row, and with it its id, is made when the lock is held.
_HELD = select(func.pg_advisory_xact_lock(_ORDER_LOCK)).cte("held")
_WRITE = {
    "sqlite": inserted(FarmEvent, "id"),
    "postgresql": inserted(FarmEvent, "id", after=_HELD),
}
_PLAIN = {"team_id", "occurred_at", *_SUBJECTS}


async def store(session: WriteSession, events: Sequence[Event]) -> None:
    """Write the kept events at the end of their transaction.

    On PostgreSQL the commits of such transactions queue on a lock, so that ids grow in commit
    order; without it a reader that goes on from an id could miss one that was committed later.
    """
    kept = [item for item in events if item.kept]
    if not kept:
        return
    write = _WRITE[session.dialect.name]
    if len(kept) == 1:
        await session.run(write, _values(kept[0]))
    else:
        await session.run_all(write, [_values(item) for item in kept])


def _values(item: Event) -> dict[str, Any]:
    values = item.as_dict()
    return {name: values.get(name) for name in _SUBJECTS} | {
        "team_id": item.team_id,
        "type": item.kind,
        "occurred_at": item.occurred_at,
        "detail": {name: value for name, value in values.items() if name not in _PLAIN},
    }


def teller(hub: Hub) -> Callable[[Sequence[Event]], None]:
    """What `Database.tell` calls after a commit: each event becomes a message of the hub."""

    def tell(events: Sequence[Event]) -> None:
        for item in events:
            hub.publish(Message(EVENT, item.kind, item.team_id, encode(item)))

    return tell


def encode(item: Event) -> bytes:
    """An event as the body of a hub message."""
    # `default` is for asyncpg's own UUID type, which is a subclass and so not known to orjson.
    return orjson.dumps({"kind": item.kind, **item.as_dict()}, default=str)


def decode(body: bytes) -> Event:
    """The event in a hub message."""
    values = orjson.loads(body)
    kind = KINDS[values.pop("kind")]
    for field in fields(kind):
        value = values.get(field.name)
        if value is None:
            continue
        if "datetime" in str(field.type):
            values[field.name] = datetime.fromisoformat(value)
        elif "UUID" in str(field.type):
            values[field.name] = UUID(value)
    return kind(**values)


async def forget_old(database: Database) -> int:
    """Delete events older than a week, but never the newest hundred thousand. Returns how many.

    A batch goes in each transaction, so that nobody waits long to write.
    """
    gone = forgotten = await _forget_some(database)
    while forgotten == FORGET_BATCH:
        forgotten = await _forget_some(database)
        gone += forgotten
    return gone


async def _forget_some(database: Database) -> int:
    async with database.transaction(EVERY_TEAM) as session:
        newest = await session.scalar(select(func.max(FarmEvent.id)))
        if newest is None:
            return 0
        old = (
            select(FarmEvent.id)
            .where(
                FarmEvent.occurred_at < datetime.now(UTC) - timedelta(days=KEEP_DAYS),
                FarmEvent.id <= newest - KEEP_AT_LEAST,
            )
            .order_by(FarmEvent.id)
            .limit(FORGET_BATCH)
        )
        result = await session.execute(
            delete(FarmEvent)
            .where(FarmEvent.id.in_(old))
            .execution_options(synchronize_session=False)
        )
        return int(result.rowcount)  # type: ignore[attr-defined]
