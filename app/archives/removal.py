"""Taking a printer off the farm while its history stays."""

from __future__ import annotations

from datetime import UTC, datetime

from app.accounts.models import Scope
from app.accounts.viewer import Viewer
from app.archives import figures, runs
from app.database import WriteSession
from app.printers import service as printers

REASON = "The printer was removed."


async def remove_printer(session: WriteSession, viewer: Viewer, printer_id: int) -> int:
    """Remove a printer. A print that runs on it is recorded as stopped; archives are kept."""
    viewer.require(Scope.ADMIN)
    printer = await printers.find_printer(session, printer_id)
    run = await runs.open_run(session, printer_id)
    if run is not None:
        await runs.end_run(
            session,
            run.id,
            outcome="stopped",
            ended_at=datetime.now(UTC),
            progress=None,
            reason=REASON,
            plate_dirty=False,
        )
    await session.flush()
    await figures.forget_printer(session, printer_id)
    await printers.delete_printer(session, printer)
    return printer_id
