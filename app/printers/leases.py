"""Which process holds which printer: leases in the database, shared fairly and taken over.

Every process renews its leases well before they expire; a lease that expired may be taken by any
process. The owner column is the truth: whoever writes for a printer checks it in the same
transaction (`holds`), so a process that was thought dead cannot write beside its successor.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any

from sqlalchemy import Row, delete, func, select, update

from app.database import ReadSession, WriteSession
from app.printers.models import Printer, PrinterLease, ServerProcess
from app.records import record
from app.upsert import insert

TTL = timedelta(seconds=10)
RENEW_SECONDS = 3.0


@record
class Holding:
    """What one process holds after a renewal, and every printer of the farm."""

    printers: Sequence[Row[Any]]
    held: frozenset[int]


async def database_time(session: ReadSession | WriteSession) -> datetime:
    """The time by the database's clock, which all processes of a farm share."""
    if session.get_bind().dialect.name == "sqlite":
        return datetime.now(UTC)
    now: datetime = (await session.execute(select(func.clock_timestamp()))).scalar_one()
    return now.astimezone(UTC)


async def renew(session: WriteSession, process_id: str, started_at: datetime) -> Holding:
    """Say that this process lives, renew its leases, and take or give back for a fair share."""
    now = await database_time(session)
    await _say_alive(session, process_id, started_at, now)
    alive = await session.scalar(
        select(func.count()).select_from(ServerProcess).where(ServerProcess.expires_at > now)
    )
    # Plain rows: objects of five hundred printers would hold the loop up every few seconds.
    printers = (await session.execute(select(*Printer.__table__.c).order_by(Printer.id))).all()
    await session.execute(
        update(PrinterLease)
        .where(PrinterLease.owner == process_id)
        .values(expires_at=now + TTL)
        .execution_options(synchronize_session=False)
    )
    leases = (await session.execute(select(*PrinterLease.__table__.c))).all()
    held = {lease.printer_id for lease in leases if lease.owner == process_id}
    taken = {lease.printer_id for lease in leases if lease.expires_at > now}
    share = ceil(len(printers) / max(alive or 1, 1))
    if len(held) > share:
        extra = sorted(held)[share:]
        await release(session, process_id, extra)
        held -= set(extra)
    else:
        free = [printer.id for printer in printers if printer.id not in taken | held]
        held |= await _take(session, process_id, free[: share - len(held)], now)
    return Holding(printers, frozenset(held))


async def _say_alive(
    session: WriteSession, process_id: str, started_at: datetime, now: datetime
) -> None:
    values = {"id": process_id, "started_at": started_at, "expires_at": now + TTL}
    process = insert(session, ServerProcess).values(values)
    await session.execute(
        process.on_conflict_do_update(index_elements=["id"], set_={"expires_at": now + TTL})
    )
    await session.execute(
        delete(ServerProcess)
        .where(ServerProcess.expires_at < now - TTL)
        .execution_options(synchronize_session=False)
    )


async def _take(
    session: WriteSession, process_id: str, wanted: Sequence[int], now: datetime
) -> set[int]:
    """Take leases that nobody holds any more; another process may be faster with some."""
    if not wanted:
        return set()
    rows = [
        {"printer_id": printer_id, "owner": process_id, "expires_at": now + TTL}
        for printer_id in wanted
    ]
    lease = insert(session, PrinterLease).values(rows)
    taken = await session.execute(
        lease.on_conflict_do_update(
            index_elements=["printer_id"],
            set_={"owner": lease.excluded.owner, "expires_at": lease.excluded.expires_at},
            where=PrinterLease.expires_at <= now,
        ).returning(PrinterLease.printer_id)
    )
    return set(taken.scalars())


async def release(session: WriteSession, process_id: str, printers: Collection[int]) -> None:
    """Give these leases back."""
    await session.execute(
        delete(PrinterLease)
        .where(PrinterLease.owner == process_id, PrinterLease.printer_id.in_(printers))
        .execution_options(synchronize_session=False)
    )


async def leave(session: WriteSession, process_id: str) -> None:
    """This process ends: everything it holds is free at once."""
    for statement in (
        delete(PrinterLease).where(PrinterLease.owner == process_id),
        delete(ServerProcess).where(ServerProcess.id == process_id),
    ):
        await session.execute(statement.execution_options(synchronize_session=False))


async def holds(session: WriteSession, process_id: str, printer_id: int) -> bool:
    """Whether this process still owns the printer; locks the answer until the commit."""
    return printer_id in await held_of(session, process_id, [printer_id])


async def held_of(
    session: WriteSession, process_id: str, printers: Collection[int]
) -> frozenset[int]:
    """Those of these printers that this process still owns, locked until the commit."""
    statement = (
        select(PrinterLease.printer_id)
        .where(PrinterLease.printer_id.in_(printers), PrinterLease.owner == process_id)
        .order_by(PrinterLease.printer_id)
        .with_for_update(read=True)
    )
    return frozenset((await session.scalars(statement)).all())


async def held_elsewhere(
    session: ReadSession, process_id: str, printers: Collection[int]
) -> frozenset[int]:
    """Those of these printers that another living process holds."""
    now = await database_time(session)
    statement = select(PrinterLease.printer_id).where(
        PrinterLease.printer_id.in_(printers),
        PrinterLease.owner != process_id,
        PrinterLease.expires_at > now,
    )
    return frozenset((await session.scalars(statement)).all())


async def owner_of(session: ReadSession, printer_id: int) -> str | None:
    """The process that holds a printer's connection now, None when nobody does."""
    now = await database_time(session)
    return await session.scalar(
        select(PrinterLease.owner).where(
            PrinterLease.printer_id == printer_id, PrinterLease.expires_at > now
        )
    )
