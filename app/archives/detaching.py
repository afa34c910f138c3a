"""Taking a long history off the printer or the project that is about to be removed.

The transaction that removes it detaches whatever points to it. With a long history it would keep
everybody else from writing for seconds, so all of it but a rest is detached before, a batch in each
transaction. What is kept beside the history is equal to it after every one of them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

from sqlalchemy import ColumnElement, select, update

from app.accounts.models import Scope
from app.accounts.viewer import Viewer
from app.archives import figures, queries
from app.archives.models import Archive, ArchiveStatus
from app.database import WriteSession
from app.printers.models import PrintRun

# A batch is a tenth of a second of writing on an ordinary disk.
BATCH = 1_000
Transaction = Callable[[], AbstractAsyncContextManager[WriteSession]]


async def from_project(transaction: Transaction, viewer: Viewer, project_id: int) -> None:
    """Detach archives from a project until at most a batch is left. Raises `Forbidden`."""
    viewer.require(Scope.PROJECTS)

    async def some(session: WriteSession) -> bool:
        archives = await _batch(session, Archive.project_id == project_id)
        await figures.leave_project(session, archives)
        await _update(session, archives, project_id=None)
        return bool(archives)

    await in_batches(transaction, some)


async def wait_for_changes(session: WriteSession, project_id: int) -> None:
    """Lock the archives that are left in a project, in the transaction that removes it.

    Whoever changes one counts it, which needs the project: they are waited for before that is
    locked, or both would wait for each other.
    """
    left = select(Archive.id).where(Archive.project_id == project_id).order_by(Archive.id)
    await session.execute(left.with_for_update())


async def from_printer(transaction: Transaction, viewer: Viewer, printer_id: int) -> None:
    """Detach ended prints from a printer until at most a batch is left. Raises `Forbidden`."""
    viewer.require(Scope.ADMIN)
    ended = Archive.status != ArchiveStatus.PRINTING

    async def some(session: WriteSession) -> bool:
        archives = await _batch(session, Archive.printer_id == printer_id, ended)
        uses = await queries.uses_of(session, [archive.id for archive in archives])
        await figures.leave_printer(session, archives, uses)
        await _update(session, archives, printer_id=None)
        return bool(archives)

    await in_batches(transaction, some)
    await rows_from_printer(transaction, PrintRun, printer_id, PrintRun.ended_at.is_not(None))


async def rows_from_printer(
    transaction: Transaction, kind: Any, printer_id: int, ended: ColumnElement[bool]
) -> None:
    """Detach ended rows of a table from a printer until at most a batch is left."""

    async def some(session: WriteSession) -> bool:
        found = select(kind.id).where(kind.printer_id == printer_id, ended).limit(BATCH + 1)
        ids = (await session.scalars(found.with_for_update(skip_locked=True))).all()
        if len(ids) <= BATCH:
            return False
        detached = update(kind).where(kind.id.in_(ids[:BATCH])).values(printer_id=None)
        await session.execute(detached.execution_options(synchronize_session=False))
        return True

    await in_batches(transaction, some)


async def in_batches(
    transaction: Transaction, some: Callable[[WriteSession], Awaitable[bool]]
) -> None:
    """Do some in a transaction of its own, again and again until there was nothing to do."""
    more = True
    while more:
        async with transaction() as session:
            more = await some(session)


async def _batch(session: WriteSession, *conditions: ColumnElement[bool]) -> Sequence[Archive]:
    """The oldest archives that nobody changes now, locked; none unless there are more than a batch.

    They lie near each other, and are of few days.
    """
    found = select(Archive).where(*conditions).limit(BATCH + 1)
    found = found.order_by(Archive.created_at, Archive.id)
    archives = (await session.scalars(found.with_for_update(skip_locked=True))).all()
    return archives[:BATCH] if len(archives) > BATCH else ()


async def _update(session: WriteSession, archives: Sequence[Archive], **values: None) -> None:
    ids = [archive.id for archive in archives]
    if ids:
        statement = update(Archive).where(Archive.id.in_(ids)).values(**values)
        await session.execute(statement.execution_options(synchronize_session=False))
