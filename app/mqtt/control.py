"""Commands for printers, carried to the process that holds the connection, and their outcome."""

from collections.abc import Mapping
from typing import Any

from app.calls import Calls
from app.database import EVERY_TEAM, Database
from app.errors import Conflict, Unreachable
from app.mqtt.commands import PAUSE, RESUME, STOP, Command, Verdict, set_light, set_speed
from app.mqtt.session import Session
from app.printers import leases
from app.printers.status import PrinterState, PrinterStatus, SpeedLevel

_CALL = "printer command"
# More than a printer's answer may take, so that its own words arrive first.
_CALL_SECONDS = 15.0
NO_CONNECTION = "There is no live connection to this printer."


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

    async def _carry(self, printer_id: int, name: str, value: object = None) -> None:
        body = {"printer_id": printer_id, "name": name, "value": value}
        if printer_id in self._control_sessions:
            await self._answer(body)
            return
        async with self._control_database.read(EVERY_TEAM) as session:
            owner = await leases.owner_of(session, printer_id)
        if owner is None or owner == self._control_process:
            raise Unreachable(NO_CONNECTION)
        await self._control_calls.ask(owner, _CALL, body, timeout=_CALL_SECONDS)

    async def _answer(self, body: dict[str, Any]) -> dict[str, Any]:
        session = self._control_sessions.get(body["printer_id"])
        if session is None or not session.status.is_live or session.send is None:
            detail = session.status.connection_detail if session is not None else None
            raise Unreachable(f"{NO_CONNECTION} {detail}" if detail else NO_CONNECTION)
        if body["name"] == "refresh":
            session.refresh()
            return {}
        command = _command(body["name"], body["value"], session.status)
        answer = await session.request(command, stops=body["name"] == "stop")
        if answer.verdict is Verdict.LOST:
            raise Unreachable(answer.reason or NO_CONNECTION)
        if answer.verdict is not Verdict.ACCEPTED:
            raise Conflict(answer.reason or "The printer did not carry out the command.")
        return {}


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
