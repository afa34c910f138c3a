"""Which process dispatches: one row, renewed well before it expires, taken over when it has.

The owner column is the truth: whoever writes as the dispatcher checks it in the same transaction,
so a process that was thought dead cannot act beside its successor.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, or_, select

from app.database import WriteSession
from app.dispatch.models import WorkLease
from app.printers.leases import database_time
from app.upsert import insert

DISPATCH = "dispatch"


async def take(session: WriteSession, owner: str, ttl: float) -> bool:
    """Take or renew the lease; False while somebody else holds it."""
    now = await database_time(session)
    values = {"work": DISPATCH, "owner": owner, "expires_at": now + timedelta(seconds=ttl)}
    taken: str | None = await session.scalar(
        insert(session, WorkLease)
        .values(values)
        .on_conflict_do_update(
            index_elements=["work"],
            set_={"owner": owner, "expires_at": values["expires_at"]},
            where=or_(WorkLease.owner == owner, WorkLease.expires_at <= now),
        )
        .returning(WorkLease.owner)
    )
    return taken == owner


async def holds(session: WriteSession, owner: str) -> bool:
    """Whether this process still owns the lease; locks the answer until the commit."""
    found = await session.scalar(
        select(WorkLease.work)
        .where(WorkLease.work == DISPATCH, WorkLease.owner == owner)
        .with_for_update(read=True)
    )
    return found is not None


async def leave(session: WriteSession, owner: str) -> None:
    """This process ends: another one may go on at once."""
    await session.execute(
        delete(WorkLease)
        .where(WorkLease.work == DISPATCH, WorkLease.owner == owner)
        .execution_options(synchronize_session=False)
    )
