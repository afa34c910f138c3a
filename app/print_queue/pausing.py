"""Nothing new is started while the queue, or that of one printer, is paused."""

from __future__ import annotations

from app.accounts.models import Scope, Team
from app.accounts.viewer import Viewer
from app.database import WriteSession
from app.errors import NotFound
from app.events import QueuePaused, QueueResumed
from app.printers.models import Printer


async def set_paused(
    session: WriteSession, viewer: Viewer, *, paused: bool, printer_id: int | None = None
) -> Team | Printer:
    """Pause or resume the whole queue, or that of one printer. What prints goes on printing.

    Raises `Forbidden` or `NotFound`.
    """
    viewer.require(Scope.QUEUE)
    found: Team | Printer | None
    if printer_id is None:
        found = await session.get(Team, viewer.team_id, with_for_update=True)
    else:
        found = await session.get(Printer, printer_id, with_for_update=True)
        if found is not None and found.team_id != viewer.team_id:
            found = None
    if found is None:
        raise NotFound("There is no such printer.", field="printer_id")
    if found.queue_paused != paused:
        found.queue_paused = paused
        kind = QueuePaused if paused else QueueResumed
        session.raise_event(kind(team_id=viewer.team_id, printer_id=printer_id))
    return found
