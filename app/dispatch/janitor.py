"""Files that were sent are removed from the printer once nobody needs them.

P1 and A1 printers begin by themselves to print what lies on their card when the power comes back.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import select, update

from app.database import WriteSession
from app.dispatch.desk import Desk, NotLeading
from app.errors import DomainError
from app.ftps.errors import StoredFileMissing
from app.ftps.target import storage_of
from app.print_queue.models import Dispatch, DispatchStage
from app.printers.models import Printer

log = structlog.get_logger(__name__)

# How often a file is tried to be removed before it is left where it is.
MAX_REMOVALS = 5
AT_ONCE = 8
# Between two tries at one printer.
REST_SECONDS = 60.0
_BATCH = 200


class Janitor:
    """One per process; works while the process dispatches."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._resting: dict[int, float] = {}
        self._busy: set[int] = set()

    async def left(self) -> dict[int, list[Dispatch]]:
        """Files that may be removed now, by printer."""
        async with self._desk.read() as session:
            settled = datetime.now(UTC) - timedelta(seconds=self._desk.timing.settle)
            open_ones = select(Dispatch.printer_id).where(
                Dispatch.ended_at.is_(None), Dispatch.printer_id.is_not(None)
            )
            rows = await session.scalars(
                select(Dispatch)
                .where(
                    Dispatch.file_left.is_(True),
                    Dispatch.ended_at.is_not(None),
                    (Dispatch.stage == DispatchStage.STARTED) | (Dispatch.ended_at <= settled),
                    Dispatch.printer_id.is_not(None),
                    Dispatch.printer_id.not_in(open_ones),
                )
                .order_by(Dispatch.id)
                .limit(_BATCH)
            )
            found: dict[int, list[Dispatch]] = {}
            now = asyncio.get_running_loop().time()
            for row in rows:
                printer_id = row.printer_id or 0
                status = self._desk.live.status(printer_id)
                reachable = status.is_live and not status.is_active
                rested = self._resting.get(printer_id, 0.0) <= now
                if reachable and rested and printer_id not in self._busy:
                    found.setdefault(printer_id, []).append(row)
        return dict(list(found.items())[: AT_ONCE - len(self._busy)])

    async def clean(self, printer_id: int, files: Sequence[Dispatch]) -> None:
        """Remove these files from a printer."""
        self._busy.add(printer_id)
        try:
            gone = await self._remove(printer_id, files)
            async with self._desk.transaction() as session:
                await _note(session, [row.id for row in files], gone)
        except NotLeading:
            return
        finally:
            self._busy.discard(printer_id)

    async def _remove(self, printer_id: int, files: Sequence[Dispatch]) -> set[int]:
        """The ids of those that are not there any more."""
        async with self._desk.read() as session:
            printer = await session.get(Printer, printer_id)
        gone: set[int] = set()
        if printer is None:
            return gone
        try:
            async with self._desk.storages.open(storage_of(printer, self._desk.sealer)) as storage:
                for row in files:
                    with contextlib.suppress(StoredFileMissing):
                        await storage.delete(row.remote_path)
                    gone.add(row.id)
        except DomainError as error:
            self._resting[printer_id] = asyncio.get_running_loop().time() + REST_SECONDS
            log.info("a sent file is still on a printer", printer=printer_id, error=error.message)
        return gone


async def _note(session: WriteSession, tried: Sequence[int], gone: set[int]) -> None:
    """What is gone is forgotten, and so is what was tried too often."""
    plain = {"synchronize_session": False}
    await session.execute(
        update(Dispatch)
        .where(Dispatch.id.in_(tried))
        .values(removals=Dispatch.removals + 1)
        .execution_options(**plain)
    )
    await session.execute(
        update(Dispatch)
        .where(
            Dispatch.id.in_(tried),
            Dispatch.id.in_(gone) | (Dispatch.removals >= MAX_REMOVALS),
        )
        .values(file_left=False)
        .execution_options(**plain)
    )
