"""The rules of printers: how one is added, changed and taken away."""

from __future__ import annotations

import ipaddress
import re
from datetime import UTC, datetime

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from app import texts
from app.accounts.models import Scope
from app.accounts.viewer import Viewer
from app.database import WriteSession
from app.errors import Conflict, Invalid, NotFound
from app.events import PrinterAdded, PrinterDeleted, PrinterUpdated
from app.printers import catalogue, queries
from app.printers.models import Printer, Trust
from app.records import record
from app.sealing import Sealer
from app.unset import UNSET, Unset

_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?")
_ACCESS_CODE = re.compile(r"[\x21-\x7e]{1,64}")
MQTT_PORT, FTPS_PORT = 8883, 990
CAMERA_PORTS = {catalogue.Camera.JPEG: 6000, catalogue.Camera.RTSP: 322}


@record
class NewPrinter:
    """A printer to add. Without an address it is known on the central broker alone; without a
    port of its camera it has that of its model."""

    name: str
    serial_number: str
    ip_address: str | None = None
    access_code: str | None = None
    model: str | None = None
    mqtt_port: int = MQTT_PORT
    ftps_port: int = FTPS_PORT
    camera_port: int | None = None
    trust: Trust = Trust.PINNED
    requires_plate_clear: bool = True


@record
class PrinterChanges:
    """What to change. `forget_key` trusts the next certificate the printer shows."""

    name: str | Unset = UNSET
    model: str | Unset = UNSET
    ip_address: str | Unset | None = UNSET
    access_code: str | Unset | None = UNSET
    mqtt_port: int | Unset = UNSET
    ftps_port: int | Unset = UNSET
    camera_port: int | Unset = UNSET
    trust: Trust | Unset = UNSET
    requires_plate_clear: bool | Unset = UNSET
    forget_key: bool = False


async def add_printer(
    session: WriteSession, viewer: Viewer, new: NewPrinter, sealer: Sealer
) -> Printer:
    """Add a printer; the server connects to it at once.

    Raises `Forbidden`, `Invalid` naming the field, or `Conflict` for a serial number that is
    already on the farm.
    """
    viewer.require(Scope.ADMIN)
    serial_number = _serial(new.serial_number)
    address = _address(new.ip_address)
    if address is not None and not new.access_code:
        raise Invalid("A printer with an address needs its access code.", field="access_code")
    now = datetime.now(UTC)
    model = _model(new.model, serial_number)
    camera = catalogue.model_for(serial_number, model).camera
    camera_port = CAMERA_PORTS[camera] if new.camera_port is None else new.camera_port
    printer = Printer(
        name=texts.required(new.name, "name", 200),
        model=model,
        serial_number=serial_number,
        ip_address=address,
        sealed_access_code=_sealed(new.access_code, sealer),
        mqtt_port=_port(new.mqtt_port, "mqtt_port"),
        ftps_port=_port(new.ftps_port, "ftps_port"),
        camera_port=_port(camera_port, "camera_port"),
        trust=new.trust,
        awaiting_plate_clear=False,
        requires_plate_clear=new.requires_plate_clear,
        queue_paused=False,
        created_at=now,
        updated_at=now,
    )
    session.add(printer)
    try:
        await session.flush()
    except IntegrityError:
        raise Conflict(
            "A printer with this serial number is already on a farm.", field="serial_number"
        ) from None
    session.raise_event(PrinterAdded(team_id=printer.team_id, printer_id=printer.id))
    return printer


async def update_printer(
    session: WriteSession, viewer: Viewer, printer_id: int, changes: PrinterChanges, sealer: Sealer
) -> Printer:
    """Change a printer; the connection starts afresh when what it depends on changed."""
    viewer.require(Scope.ADMIN)
    printer = await find_printer(session, printer_id)
    before = _link(printer)
    if changes.name is not UNSET:
        printer.name = texts.required(changes.name, "name", 200)
    if changes.model is not UNSET:
        printer.model = texts.required(changes.model, "model", 64)
    if changes.ip_address is not UNSET:
        printer.ip_address = _address(changes.ip_address)
    if changes.access_code is not UNSET:
        printer.sealed_access_code = _sealed(changes.access_code, sealer)
    for name in ("mqtt_port", "ftps_port", "camera_port"):
        value = getattr(changes, name)
        if value is not UNSET:
            setattr(printer, name, _port(value, name))
    if changes.trust is not UNSET:
        printer.trust = changes.trust
    if changes.requires_plate_clear is not UNSET:
        printer.requires_plate_clear = changes.requires_plate_clear
        printer.awaiting_plate_clear &= changes.requires_plate_clear
    if changes.forget_key or printer.ip_address != before[0]:
        printer.pinned_key = None
    if printer.ip_address is not None and printer.sealed_access_code is None:
        raise Invalid("A printer with an address needs its access code.", field="access_code")
    printer.updated_at = datetime.now(UTC)
    changed = changes.forget_key or _link(printer) != before
    session.raise_event(
        PrinterUpdated(team_id=printer.team_id, printer_id=printer.id, link_changed=changed)
    )
    return printer


def _link(printer: Printer) -> tuple[object, ...]:
    """Everything the connection depends on."""
    return (
        printer.ip_address,
        printer.sealed_access_code,
        printer.mqtt_port,
        printer.trust,
        printer.pinned_key,
    )


async def clear_plate(session: WriteSession, viewer: Viewer, printer_id: int) -> Printer:
    """Somebody took the print off the plate. Only a person can tell; nothing else clears it."""
    viewer.require(Scope.CONTROL)
    printer = await find_printer(session, printer_id)
    if printer.awaiting_plate_clear:
        printer.awaiting_plate_clear = False
        printer.updated_at = datetime.now(UTC)
        session.raise_event(PrinterUpdated(team_id=printer.team_id, printer_id=printer.id))
    return printer


async def delete_printer(session: WriteSession, printer: Printer) -> None:
    """Take a printer away; what it printed stays. `app.archives.removal` decides and prepares."""
    await session.execute(delete(Printer).where(Printer.id == printer.id))
    session.raise_event(PrinterDeleted(team_id=printer.team_id, printer_id=printer.id))


async def find_printer(session: WriteSession, printer_id: int) -> Printer:
    """A printer of the team; raises `NotFound`."""
    printer = (await queries.by_ids(session, [printer_id])).get(printer_id)
    if printer is None:
        raise NotFound("There is no such printer.", field="id")
    return printer


def _serial(value: str) -> str:
    serial_number = texts.required(value, "serial_number", 64)
    if not catalogue.is_serial_number(serial_number):
        raise Invalid(
            "A serial number has 15 capital letters and digits, as the printer shows it.",
            field="serial_number",
        )
    return serial_number


def _model(given: str | None, serial_number: str) -> str:
    named = texts.optional(given, "model", 64)
    known = catalogue.model_of_name(named) if named else catalogue.model_of_serial(serial_number)
    return known.name if known is not None else named or ""


def _address(value: str | None) -> str | None:
    address = texts.optional(value, "ip_address", 253)
    if address is not None and not (_is_ip_address(address) or _is_host_name(address)):
        raise Invalid("This is neither an address nor a host name.", field="ip_address")
    return address


def _is_ip_address(text: str) -> bool:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return False
    return not found.is_unspecified and not found.is_multicast


def _is_host_name(text: str) -> bool:
    labels = text.removesuffix(".").split(".")
    # A last label of digits alone is an address somebody mistyped.
    return all(_LABEL.fullmatch(label) for label in labels) and not labels[-1].isdigit()


def _sealed(code: str | None, sealer: Sealer) -> bytes | None:
    if code is None or not code.strip():
        return None
    if not _ACCESS_CODE.fullmatch(code.strip()):
        raise Invalid("This cannot be an access code.", field="access_code")
    return sealer.seal(code.strip())


def _port(value: int, field: str) -> int:
    if not 1 <= value <= 65535:
        raise Invalid("A port lies between 1 and 65535.", field=field)
    return value
