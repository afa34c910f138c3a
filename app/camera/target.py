"""Where a printer's camera is and what is needed to see through it."""

from __future__ import annotations

from dataclasses import field

from app.errors import Unreachable
from app.printers.catalogue import Camera, model_for
from app.printers.models import Printer, Trust
from app.records import record
from app.sealing import CannotOpen, Sealer


class CameraRefused(Unreachable):
    """The printer does not let us in, or cannot be shown here: trying again soon is of no use."""


@record
class CameraTarget:
    """The access code never shows in ``repr``."""

    printer_id: int
    serial: str
    kind: Camera
    host: str
    port: int
    trust: Trust
    pinned_key: bytes | None = field(compare=False)
    access_code: str = field(repr=False)

    @property
    def where(self) -> str:
        """Host and port, for messages."""
        return f"{self.host}:{self.port}"


def camera_kind(printer: Printer) -> Camera:
    """How the printer's model shows its camera."""
    return model_for(printer.serial_number, printer.model).camera


def camera_of(printer: Printer, sealer: Sealer) -> CameraTarget:
    """The camera of a printer. Raises ``CameraRefused`` when nobody can get there: no address, no
    access code, or one that cannot be read any more."""
    if printer.ip_address is None:
        raise CameraRefused(f"{printer.name} has no address, so its camera cannot be reached.")
    if printer.sealed_access_code is None:
        raise CameraRefused(f"{printer.name} has no access code: enter it.")
    try:
        code = sealer.open(printer.sealed_access_code)
    except CannotOpen as error:
        raise CameraRefused(str(error)) from None
    return CameraTarget(
        printer_id=printer.id,
        serial=printer.serial_number,
        kind=camera_kind(printer),
        host=printer.ip_address,
        port=printer.camera_port,
        trust=printer.trust,
        pinned_key=printer.pinned_key,
        access_code=code,
    )
