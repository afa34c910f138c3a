"""What the ingest knows of a printer from its row."""

from dataclasses import field
from typing import Any

from sqlalchemy import Row

from app.printers.catalogue import PrinterModel, model_for
from app.printers.models import Trust
from app.records import record
from app.sealing import CannotOpen, Sealer


@record
class PrinterInfo:
    """A printer to listen to. Without ``host`` it is on the central broker.

    The access code never shows in ``repr``; ``unsealable`` says, in words, why there is none.
    """

    id: int
    team_id: int
    serial: str
    model: PrinterModel
    host: str | None
    port: int
    trust: Trust
    pinned_key: bytes | None
    told_connected: bool | None = None
    access_code: str = field(default="", repr=False)
    unsealable: str | None = None

    def same_link(self, other: "PrinterInfo") -> bool:
        """Whether both are reached in the same way; a key pinned meanwhile changes nothing."""
        keys_agree = self.pinned_key == other.pinned_key or self.pinned_key is None
        return keys_agree and (
            self.team_id,
            self.serial,
            self.host,
            self.port,
            self.trust,
            self.access_code,
        ) == (
            other.team_id,
            other.serial,
            other.host,
            other.port,
            other.trust,
            other.access_code,
        )


def open_code(row: Row[Any], sealer: Sealer) -> tuple[str, str | None]:
    """The access code of a row, or "" and, in words, why it cannot be read."""
    if row.sealed_access_code is None:
        return "", None
    try:
        return sealer.open(row.sealed_access_code), None
    except CannotOpen as error:
        return "", str(error)


def info_of(row: Row[Any], code: str, trouble: str | None) -> PrinterInfo:
    """The row with its access code, or with the trouble of having none."""
    return PrinterInfo(
        id=row.id,
        team_id=row.team_id,
        serial=row.serial_number,
        model=model_for(row.serial_number, row.model),
        host=row.ip_address,
        port=row.mqtt_port,
        trust=row.trust,
        pinned_key=row.pinned_key,
        told_connected=row.told_connected,
        access_code=code,
        unsealable=trouble,
    )
