"""Printers, the latest known state of each, and which process holds the connection."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.columns import BigId, UtcDateTime, enum_column, partial_index
from app.tables import Table, TeamOwned


class Trust(StrEnum):
    """How a printer proves who it is before the access code is sent."""

    PINNED = "pinned"  # its certificate names its serial, its public key is kept at first sight
    AUTHORITY = "authority"  # its certificate comes from the configured authority file
    NONE = "none"  # not at all: an explicit choice


class Printer(TeamOwned, Table):
    """A printer of the farm. Without an address it is known on the central broker alone."""

    __tablename__ = "printers"
    __table_args__ = (Index(None, "team_id", "id"), Index(None, "team_id", "name", "id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    model: Mapped[str] = mapped_column(String(64))
    serial_number: Mapped[str] = mapped_column(String(64), unique=True)
    ip_address: Mapped[str | None] = mapped_column(String(255))
    sealed_access_code: Mapped[bytes | None] = mapped_column(LargeBinary(512))
    mqtt_port: Mapped[int] = mapped_column(default=8883)
    ftps_port: Mapped[int] = mapped_column(default=990)
    camera_port: Mapped[int] = mapped_column(default=6000)
    trust: Mapped[Trust] = mapped_column(enum_column(Trust), default=Trust.PINNED)
    pinned_key: Mapped[bytes | None] = mapped_column(LargeBinary(32))  # SHA-256 of the SPKI
    awaiting_plate_clear: Mapped[bool] = mapped_column(default=False)
    told_connected: Mapped[bool | None]  # what the latest event about its connection said
    # Whether a person must clear the plate before the next print of the queue begins.
    requires_plate_clear: Mapped[bool] = mapped_column(default=True)
    queue_paused: Mapped[bool] = mapped_column(default=False)
    # When anything last began to print on it; the one that was idle longest is served first.
    last_print_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PrinterSnapshot(Table):
    """The latest published status of a printer, so that it survives a restart."""

    __tablename__ = "printer_snapshots"

    printer_id: Mapped[int] = mapped_column(
        ForeignKey("printers.id", ondelete="CASCADE"), primary_key=True
    )
    seq: Mapped[int] = mapped_column(BigId)
    status: Mapped[bytes] = mapped_column(LargeBinary)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PrinterFault(Table):
    """A health message that was told to have appeared and not yet to be gone."""

    __tablename__ = "printer_faults"

    printer_id: Mapped[int] = mapped_column(
        ForeignKey("printers.id", ondelete="CASCADE"), primary_key=True
    )
    code: Mapped[str] = mapped_column(String(32), primary_key=True)
    raised_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ServerProcess(Table):
    """A server process that is alive; printers are shared out among these."""

    __tablename__ = "server_processes"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class PrinterLease(Table):
    """The process that alone connects to a printer, until `expires_at`."""

    __tablename__ = "printer_leases"

    printer_id: Mapped[int] = mapped_column(
        ForeignKey("printers.id", ondelete="CASCADE"), primary_key=True
    )
    owner: Mapped[str] = mapped_column(String(64), index=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PrintRun(TeamOwned, Table):
    """One print on one printer from its start to its end; `ended_at` is null while it is open.

    What is needed to recognise the same print after a reconnect or a restart is kept here. The
    partial unique index makes a second open run of one printer impossible.
    """

    __tablename__ = "print_runs"
    __table_args__ = (
        partial_index("uq_print_runs_open", "printer_id", where="ended_at IS NULL", unique=True),
        Index(None, "printer_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    printer_id: Mapped[int | None] = mapped_column(ForeignKey("printers.id", ondelete="SET NULL"))
    archive_id: Mapped[int | None] = mapped_column(
        ForeignKey("archives.id", ondelete="SET NULL"), index=True
    )
    queue_item_id: Mapped[int | None] = mapped_column(
        ForeignKey("queue_items.id", ondelete="SET NULL"), index=True
    )
    origin: Mapped[str] = mapped_column(String(16))  # dispatched, observed or adopted
    state: Mapped[bytes] = mapped_column(LargeBinary)  # the lifecycle's memory, as JSON
    # What fed it, as `app.archives.feeds` writes it: slots with their spools, and the slot of
    # each filament of the file where the printer tells.
    feeds: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    slots: Mapped[list[int]] = mapped_column(JSON, default=list)
    milestone: Mapped[int] = mapped_column(default=0, server_default="0")  # percent, as told
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[str | None] = mapped_column(String(16))
