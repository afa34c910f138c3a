"""Writing down what happens to prints and printers, in order.

While the database is away what happened waits in memory, up to a bound. Every write for a printer
checks in its own transaction that this process still holds it.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Never

import structlog
from sqlalchemy import update

from app.archives import checkpoints, runs
from app.database import EVERY_TEAM, Database, WriteSession
from app.errors import Unavailable
from app.mqtt.notes import EventNote, KeyNote, Note, RunNote
from app.mqtt.quiet_log import QuietLog
from app.mqtt.run import Ended, Origin, Outcome, Paused, Reached, Resumed, Run, Started
from app.mqtt.timing import Counts
from app.print_queue import running
from app.print_queue.models import Dispatch
from app.printers import leases, told
from app.printers.models import Printer, PrintRun
from app.production import following

log = structlog.get_logger(__name__)

NOTES_BOUND = 5_000
_RETRY = (0.2, 0.5, 1.0, 2.0, 5.0)
_OUTCOMES: dict[Outcome, runs.Outcome] = {
    Outcome.COMPLETED: "success",
    Outcome.CANCELLED: "stopped",
    Outcome.FAILED: "failed",
    Outcome.INTERRUPTED: "failed",
    Outcome.UNKNOWN: "stopped",
}


class Recorder:
    """One per process. ``written`` is told each note after its commit."""

    def __init__(
        self,
        database: Database,
        process_id: str,
        counts: Counts,
        quiet: QuietLog,
        written: Callable[[Note], None],
    ) -> None:
        self._database = database
        self._process_id = process_id
        self._counts = counts
        self._quiet = quiet
        self._written = written
        self._notes: deque[Note] = deque()
        self._ready = asyncio.Event()

    @property
    def backlog(self) -> int:
        """Notes that wait for the database."""
        return len(self._notes)

    def note(self, note: Note) -> None:
        """Take a note; never blocks. At the bound the least important old one is left out."""
        if len(self._notes) >= NOTES_BOUND:
            self._drop_one()
        self._notes.append(note)
        self._ready.set()

    def _drop_one(self) -> None:
        """Beginnings and ends of runs are kept before everything else."""
        self._counts.dropped_notes += 1
        self._quiet.warn("too much waits for the database")
        for index, note in enumerate(self._notes):
            essential = isinstance(note, RunNote) and isinstance(note.transition, Started | Ended)
            if not essential:
                del self._notes[index]
                return
        self._notes.popleft()

    def forget(self, printer_id: int) -> None:
        """The printer is not ours any more: what waits for it is the new owner's business."""
        self._notes = deque(note for note in self._notes if note.printer_id != printer_id)

    async def run(self) -> Never:
        """Write until cancelled."""
        failures = 0
        while True:
            await self._ready.wait()
            if not self._notes:
                self._ready.clear()
                continue
            failures = 0 if await self._write_first() else failures + 1
            if failures:
                await asyncio.sleep(_RETRY[min(failures, len(_RETRY)) - 1])

    async def _write_first(self) -> bool:
        """Write the oldest note; False when the database is away and it must wait."""
        note = self._notes[0]
        try:
            await self._write(note)
        except Unavailable as error:
            self._quiet.warn("transitions wait for the database", error=str(error))
            return False
        except Exception as error:
            # It can never be written: leaving it at the front would hold up all printers.
            log.error("a transition was lost", printer=note.printer_id, error=repr(error)[:500])
        if self._notes and self._notes[0] is note:
            self._notes.popleft()
        return True

    async def flush(self) -> None:
        """Write all that waits, once, as far as the database lets us."""
        while self._notes and await self._write_first():
            pass

    async def _write(self, note: Note) -> None:
        rows: tuple[int, int | None] | None = None
        async with self._database.transaction(EVERY_TEAM) as session:
            if not await leases.holds(session, self._process_id, note.printer_id):
                return
            if isinstance(note, RunNote):
                rows = await self._write_run(session, note)
            elif isinstance(note, EventNote):
                if await told.is_news(session, note.event):
                    session.raise_event(note.event)
            else:
                await _pin(session, note)
        # Only what was committed is there.
        if isinstance(note, RunNote) and rows is not None:
            note.record.run_id, note.record.archive_id = rows
        self._written(note)

    async def _write_run(
        self, session: WriteSession, note: RunNote
    ) -> tuple[int, int | None] | None:
        transition, record = note.transition, note.record
        run, state = transition.run, transition.run.encode()
        if isinstance(transition, Started) or record.run_id is None:
            rows = await self._begin(session, note, run)
        else:
            rows = (record.run_id, record.archive_id)
        if rows is None or isinstance(transition, Started):
            return rows
        if run.origin is Origin.DISPATCHED:
            await self._claim(session, note, rows[0])
        if isinstance(transition, Paused):
            await runs.pause_run(session, rows[0], state=state, reason=transition.reason)
        elif isinstance(transition, Resumed):
            await runs.resume_run(session, rows[0], state=state)
        elif isinstance(transition, Reached):
            await checkpoints.reach(session, rows[0], percent=transition.percent, at=note.at)
        else:
            await _update(session, rows[0], run)
        if isinstance(transition, Ended):
            await following.hold(session, rows[0])
            await runs.end_run(
                session,
                rows[0],
                outcome=_OUTCOMES[transition.outcome],
                ended_at=transition.ended_at,
                progress=run.last_percent,
                reason=transition.reason,
                plate_dirty=run.left_something,
                state=state,
            )
            row = await session.get(PrintRun, rows[0])
            if row is not None:
                await running.ended(session, row, transition.reason)
        return rows

    async def _claim(self, session: WriteSession, note: RunNote, run_id: int) -> None:
        """A run that turned out later to be one that was ordered gets its queue item."""
        row = await session.get(PrintRun, run_id)
        if row is None or row.queue_item_id is not None or row.ended_at is not None:
            return
        dispatch = await _dispatch_of(session, note)
        if dispatch is not None:
            await running.started(session, dispatch, row)
            await runs.attribute(session, row, await running.source_of(session, dispatch))

    async def _begin(
        self, session: WriteSession, note: RunNote, run: Run
    ) -> tuple[int, int | None] | None:
        printer = await session.get(Printer, note.printer_id)
        if printer is None:
            return None
        dispatch = await _dispatch_of(session, note)
        row = await runs.begin_run(
            session,
            printer=printer,
            queue_item_id=None if dispatch is None else dispatch.queue_item_id,
            source=None if dispatch is None else await running.source_of(session, dispatch),
            name=run.name,
            filename=run.filename,
            origin=run.origin.value,
            state=run.encode(),
            started_at=run.started_at,
            observed_at=run.opened_at,
            estimated_duration=run.estimate,
            total_layers=run.total_layers,
            filaments=_filaments(run),
            slots=run.slots,
            milestone=run.milestone if isinstance(note.transition, Started) else 0,
        )
        if dispatch is not None:
            await running.started(session, dispatch, row)
        return row.id, row.archive_id


async def _dispatch_of(session: WriteSession, note: RunNote) -> Dispatch | None:
    told = note.transition.run.fingerprint
    return await running.dispatch_of(session, note.printer_id, told.subtask, told.name, told.file)


async def _update(session: WriteSession, run_id: int, run: Run) -> None:
    await runs.update_run(
        session,
        run_id,
        state=run.encode(),
        last_seen_at=run.last_seen_at,
        name=run.name,
        filename=run.filename,
        progress=run.last_percent,
        total_layers=run.total_layers,
        estimated_duration=run.estimate,
        filaments=_filaments(run),
        slots=run.slots,
    )


def _filaments(run: Run) -> list[runs.ObservedFilament]:
    return [
        runs.ObservedFilament(
            item.material, item.color, None, item.tray_uuid, item.unit, item.slot, item.since
        )
        for item in run.filaments
    ]


async def _pin(session: WriteSession, note: KeyNote) -> None:
    await session.execute(
        update(Printer)
        .where(Printer.id == note.printer_id, Printer.pinned_key.is_(None))
        .values(pinned_key=note.key)
        .execution_options(synchronize_session=False)
    )
