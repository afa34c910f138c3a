"""Where a printer's storage is and what is needed to get in."""

from __future__ import annotations

from dataclasses import field

from app.ftps.errors import StorageAccessRefused, StorageUnreachable
from app.printers.models import Printer, Trust
from app.records import record
from app.sealing import CannotOpen, Sealer


@record
class StorageTarget:
    """The access code never shows in ``repr``. ``pinned_key`` is the SHA-256 of the printer's
    public key, None before it was first seen."""

    printer_id: int
    serial: str
    host: str
    port: int
    trust: Trust
    pinned_key: bytes | None
    access_code: str = field(repr=False)

    @property
    def where(self) -> str:
        """Host and port, for messages."""
        return f"{self.host}:{self.port}"


def storage_of(printer: Printer, sealer: Sealer) -> StorageTarget:
    """The storage of a printer. Raises ``StorageUnreachable`` or ``StorageAccessRefused`` when
    nobody can get there: no address, no access code, or one that cannot be read any more."""
    if printer.ip_address is None:
        raise StorageUnreachable(
            f"{printer.name} has no address, so no files can be sent to it or fetched from it."
        )
    if printer.sealed_access_code is None:
        raise StorageAccessRefused(f"{printer.name} has no access code: enter it.")
    try:
        code = sealer.open(printer.sealed_access_code)
    except CannotOpen as error:
        raise StorageAccessRefused(str(error)) from None
    return StorageTarget(
        printer_id=printer.id,
        serial=printer.serial_number,
        host=printer.ip_address,
        port=printer.ftps_port,
        trust=printer.trust,
        pinned_key=printer.pinned_key,
        access_code=code,
    )
