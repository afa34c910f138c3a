"""Statuses and open runs in the database, in batches, so that a restart begins where this ended."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Never

from sqlalchemy.exc import SQLAlchemyError

from app.archives import checkpoints
from app.database import EVERY_TEAM, Database
from app.errors import DomainError
from app.mqtt.notes import Checkpoint
from app.mqtt.quiet_log import QuietLog
from app.mqtt.run import Run
from app.mqtt.timing import Timing
from app.printers import leases
from app.printers.models import PrinterSnapshot
from app.printers.status import PrinterStatus
from app.printers.status_json import encode
from app.upsert import insert

_BATCH = 100


class Snapshots:
    """Keeps only the latest of each printer; while the database is away nothing piles up."""

    def __init__(
        self,
        database: Database,
        process_id: str,
        timing: Timing,
        quiet: QuietLog,
        *,
        status_of: Callable[[int], PrinterStatus | None],
        open_runs: Callable[[], Iterable[tuple[int, Checkpoint]]],
    ) -> None:
        self._database = database
        self._process_id = process_id
        self._timing = timing
        self._quiet = quiet
        self._status_of = status_of
        self._open_runs = open_runs
        self._dirty: set[int] = set()
        self._kept: dict[int, Run] = {}

    def published(self, printer_id: int) -> None:
        """A printer's status changed and wants to survive a restart."""
        self._dirty.add(printer_id)

    def forget(self, printer_id: int) -> None:
        """The printer is not ours any more."""
        self._dirty.discard(printer_id)
        self._kept.pop(printer_id, None)

    async def run(self) -> Never:
        """Write until cancelled."""
        checkpoint_at = 0.0
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self._timing.snapshot)
            try:
                await self._save_statuses()
                if loop.time() >= checkpoint_at:
                    checkpoint_at = loop.time() + self._timing.checkpoint
                    await self._save_runs()
            except (DomainError, SQLAlchemyError) as error:
                self._quiet.warn("statuses wait for the database", error=type(error).__name__)

    async def flush(self) -> None:
        """Write what changed since the last time. Raises what the database raises."""
        await self._save_statuses()
        await self._save_runs()

    async def _save_statuses(self) -> None:
        dirty, self._dirty = self._dirty, set()
        rows = {}
        for printer_id in sorted(dirty):
            status = self._status_of(printer_id)
            if status is not None:
                rows[printer_id] = _row(printer_id, status)
        printers = list(rows)
        try:
            for start in range(0, len(printers), _BATCH):
                batch = printers[start : start + _BATCH]
                await self._save({printer_id: rows[printer_id] for printer_id in batch})
        except BaseException:
            self._dirty |= dirty
            raise

    async def _save(self, rows: dict[int, dict[str, object]]) -> None:
        async with self._database.transaction(EVERY_TEAM) as session:
            ours = await leases.held_of(session, self._process_id, rows.keys())
            if not ours:
                return
            snapshot = insert(session, PrinterSnapshot)
            new = snapshot.excluded
            await session.execute(
                snapshot.on_conflict_do_update(
                    index_elements=["printer_id"],
                    set_={"seq": new.seq, "status": new.status, "updated_at": new.updated_at},
                    where=PrinterSnapshot.seq < new.seq,
                ),
                [rows[printer_id] for printer_id in sorted(ours)],
            )

    async def _save_runs(self) -> None:
        """Keep how far open runs are, where that changed."""
        due = [
            (printer_id, _checkpoint(item.record.run_id, item), item.run)
            for printer_id, item in self._open_runs()
            if item.record.run_id is not None and self._kept.get(printer_id) != item.run
        ]
        for start in range(0, len(due), _BATCH):
            batch = due[start : start + _BATCH]
            async with self._database.transaction(EVERY_TEAM) as session:
                printers = [printer_id for printer_id, _, _ in batch]
                ours = await leases.held_of(session, self._process_id, printers)
                await checkpoints.checkpoint_runs(
                    session, [row for printer_id, row, _ in batch if printer_id in ours]
                )
            self._kept.update((printer_id, run) for printer_id, _, run in batch)


def _row(printer_id: int, status: PrinterStatus) -> dict[str, object]:
    return {
        "printer_id": printer_id,
        "seq": status.seq,
        "status": encode(status),
        "updated_at": datetime.now(UTC),
    }


def _checkpoint(run_id: int, item: Checkpoint) -> checkpoints.Checkpoint:
    return checkpoints.Checkpoint(
        run_id=run_id,
        archive_id=item.record.archive_id,
        state=item.run.encode(),
        last_seen_at=item.run.last_seen_at,
        progress=item.run.last_percent,
    )
