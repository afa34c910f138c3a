"""Commands for printers, carried to the process that holds the connection, and their outcome."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from app.calls import Calls
from app.database import EVERY_TEAM, Database
from app.errors import Conflict, DomainError, Unreachable
from app.mqtt import starting
from app.mqtt.commands import PAUSE, RESUME, STOP, Command, Verdict, set_light, set_speed
from app.mqtt.run import Outcome
from app.mqtt.session import Session
from app.printers import leases
from app.printers.orders import PrintOrder, ShownJob, StartAnswer, StartVerdict
from app.printers.status import PrinterState, PrinterStatus, SpeedLevel

_CALL = "printer command"
# More than a printer's answer may take, so that its own words arrive first.
_CALL_SECONDS = 15.0
NO_CONNECTION = "There is no live connection to this printer."


class NoHolder(Unreachable):
    """No process holds the printer's connection."""


class Control:
    """Implements ``app.printers.commands.PrinterCommands``."""

    def __init__(
        self,
        database: Database,
        process_id: str,
        calls: Calls,
        sessions: Mapping[int, Session],
    ) -> None:
        self._control_database = database
        self._control_process = process_id
        self._control_calls = calls
        self._control_sessions = sessions
        calls.answer(_CALL, self._answer)

    async def refresh(self, printer_id: int) -> None:
        """Ask for a full report; returns once it was asked for."""
        await self._carry(printer_id, "refresh")

    async def pause(self, printer_id: int) -> None:
        """Pause the print."""
        await self._carry(printer_id, "pause")

    async def resume(self, printer_id: int) -> None:
        """Go on with a paused print."""
        await self._carry(printer_id, "resume")

    async def stop(self, printer_id: int) -> None:
        """Stop the print for good."""
        await self._carry(printer_id, "stop")

    async def set_speed(self, printer_id: int, level: SpeedLevel) -> None:
        """Choose a speed preset."""
        await self._carry(printer_id, "speed", level.value)

    async def set_light(self, printer_id: int, *, on: bool) -> None:
        """Switch the chamber light."""
        await self._carry(printer_id, "light", on)

    async def shown_job(self, printer_id: int) -> ShownJob:
        """The job that the printer shows; raises ``Unreachable`` while it does not report."""
        told = await self._carry(printer_id, "shown")
        since = told.pop("watched_since")
        return ShownJob(**told, watched_since=datetime.fromisoformat(since) if since else None)

    async def start_print(self, printer_id: int, order: PrintOrder) -> StartAnswer:
        """Have a file printed, once; never raises a ``DomainError``."""
        try:
            told = await self._carry(printer_id, "start", order.as_dict())
        except NoHolder as error:
            return StartAnswer(StartVerdict.NOT_SENT, error.message)
        except DomainError as error:
            return StartAnswer(StartVerdict.LOST, error.message)
        return StartAnswer(StartVerdict(told["verdict"]), told["reason"])

    async def record_unseen(self, printer_id: int, *, completed: bool) -> None:
        """Write down an ordered print that ended while nobody looked."""
        await self._carry(printer_id, "unseen", completed)

    async def reconnect(self, printer_id: int) -> None:
        """Drop the connection and make a new one."""
        await self._carry(printer_id, "reconnect")

    async def _carry(self, printer_id: int, name: str, value: object = None) -> dict[str, Any]:
        body = {"printer_id": printer_id, "name": name, "value": value}
        if printer_id in self._control_sessions:
            return await self._answer(body)
        async with self._control_database.read(EVERY_TEAM) as session:
            owner = await leases.owner_of(session, printer_id)
        if owner is None or owner == self._control_process:
            raise NoHolder(NO_CONNECTION)
        return await self._control_calls.ask(owner, _CALL, body, timeout=_CALL_SECONDS)

    async def _answer(self, body: dict[str, Any]) -> dict[str, Any]:
        session = self._control_sessions.get(body["printer_id"])
        if body["name"] == "start":
            return await _start(session, body["value"])
        if session is None or not session.status.is_live or session.send is None:
            detail = session.status.connection_detail if session is not None else None
            raise Unreachable(f"{NO_CONNECTION} {detail}" if detail else NO_CONNECTION)
        if body["name"] == "refresh":
            session.refresh()
            return {}
        if body["name"] in _STEPS:
            return _STEPS[body["name"]](session, body["value"])
        command = _command(body["name"], body["value"], session.status)
        answer = await session.request(command, stops=body["name"] == "stop")
        if answer.verdict is Verdict.LOST:
            raise Unreachable(answer.reason or NO_CONNECTION)
        if answer.verdict is not Verdict.ACCEPTED:
            raise Conflict(answer.reason or "The printer did not carry out the command.")
        return {}


async def _start(session: Session | None, value: Any) -> dict[str, Any]:
    """Order a print; whoever has no connection says that nothing was sent."""
    if session is None:
        return {"verdict": StartVerdict.NOT_SENT.value, "reason": NO_CONNECTION}
    answer = await starting.start_print(session, PrintOrder.from_dict(value))
    return {"verdict": answer.verdict.value, "reason": answer.reason}


def _shown(session: Session, _value: Any) -> dict[str, Any]:
    shown = starting.shown_job(session)
    if shown is None:
        raise Unreachable("The printer has not told what it does yet.")
    since = shown.watched_since
    return shown.as_dict() | {
        "error": shown.error,
        "watched_since": None if since is None else since.isoformat(),
    }


def _unseen(session: Session, completed: Any) -> dict[str, Any]:
    outcome = Outcome.COMPLETED if completed else Outcome.FAILED
    session.runs.unseen(outcome, datetime.now(UTC))
    return {}


def _reconnect(session: Session, _value: Any) -> dict[str, Any]:
    session.patient_until = 0.0
    session.reconnect_wanted.set()
    return {}


_STEPS: Mapping[str, Callable[[Session, Any], dict[str, Any]]] = {
    "shown": _shown,
    "unseen": _unseen,
    "reconnect": _reconnect,
}


def _command(name: str, value: Any, status: PrinterStatus) -> Command:
    """The command to send; raises ``Conflict`` where the printer's state makes it senseless."""
    if name == "pause":
        if status.state is not PrinterState.PRINTING:
            raise Conflict("Nothing is printing that could be paused.")
        return PAUSE
    if name == "resume":
        if status.state is not PrinterState.PAUSED:
            raise Conflict("There is no paused print to go on with.")
        return RESUME
    if name == "stop":
        if not status.is_active:
            raise Conflict("There is no print to stop.")
        return STOP
    if name == "speed":
        return set_speed(SpeedLevel(value))
    return set_light(on=bool(value))
