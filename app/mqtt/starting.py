"""Ordering a print over the connection of one printer: checked, sent at most once, expected."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from app.mqtt.commands import Verdict, print_file
from app.mqtt.expected import Expected
from app.mqtt.hms import CANCEL_CODES, print_error_words
from app.mqtt.job import Filament, Fingerprint, fingerprint_of
from app.mqtt.session import Session
from app.mqtt.values import integer, text
from app.printers.orders import PrintOrder, ShownJob, StartAnswer, StartVerdict
from app.printers.status import ConnectionState

_VERDICTS = {
    Verdict.ACCEPTED: StartVerdict.ACCEPTED,
    Verdict.REFUSED: StartVerdict.REFUSED,
    Verdict.FAILED: StartVerdict.FAILED,
    Verdict.LOST: StartVerdict.LOST,
}


def shown_job(session: Session) -> ShownJob | None:
    """The job in the latest report; None until the present connection brought a full one."""
    if not session.reporting or not session.memory.has_full or session.send is None:
        return None
    raw = session.memory.raw
    told = fingerprint_of(raw)
    error = integer(raw.get("print_error")) or 0
    return ShownJob(
        state=text(raw.get("gcode_state")).upper(),
        subtask=told.subtask or "",
        task=told.task or "",
        name=told.name,
        file=told.file,
        error=print_error_words(error) if error > 0 and error not in CANCEL_CODES else None,
        watched_since=session.watched_since,
    )


def expected_of(
    subtask_id: int,
    remote_path: str,
    before: ShownJob | None,
    ordered_at: datetime,
    loaded: Iterable[Mapping[str, Any]],
) -> Expected:
    """How the lifecycle will know an ordered print."""
    shown = before or ShownJob("")
    return Expected(
        str(subtask_id),
        remote_path,
        Fingerprint(shown.subtask or None, shown.task or None, shown.name, shown.file),
        ordered_at,
        tuple(Filament(**filament) for filament in loaded),
    )


async def start_print(session: Session, order: PrintOrder) -> StartAnswer:
    """Send the order if the printer is as it must be, and tell what the printer made of it.

    Whatever else happens, a print that was sent stays expected: it may begin without a word.
    """
    obstacle = _obstacle(session, order)
    if obstacle is not None:
        return StartAnswer(StartVerdict.NOT_SENT, obstacle)
    now = datetime.now(UTC)
    session.runs.expect(
        expected_of(order.subtask_id, order.remote_path, order.before, now, order.loaded)
    )
    # A new connection in these minutes would make some printers drop what they are reading.
    session.patient_until = asyncio.get_running_loop().time() + order.patience
    answer = await session.request(print_file(order))
    if answer.verdict in (Verdict.REFUSED, Verdict.FAILED):
        session.patient_until = 0.0
    elif answer.verdict is Verdict.LOST and (
        session.presence.state is ConnectionState.CONTROL_REFUSED
    ):
        # One of the ways to refuse is a health message and nothing else.
        return StartAnswer(StartVerdict.REFUSED, session.presence.detail)
    return StartAnswer(_VERDICTS[answer.verdict], answer.reason)


def _obstacle(session: Session, order: PrintOrder) -> str | None:
    """Why the order must not be sent, in words."""
    if datetime.now(UTC) > order.expires_at:
        return "The order to print came too late."
    shown = shown_job(session)
    if shown is None:
        return "There is no live connection to the printer."
    if not shown.is_at_rest:
        return "The printer has begun something else."
    if shown.identity != order.before.identity:
        return "Somebody used the printer while the file was sent."
    return None
