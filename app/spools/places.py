"""In which slot of which printer a spool is, where no tag tells the printer."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import delete, select

from app.accounts.models import Scope
from app.accounts.viewer import Viewer
from app.database import ReadSession, WriteSession
from app.errors import Invalid, NotFound
from app.events import SpoolAssigned
from app.printers.models import Printer
from app.spools.models import Spool, SpoolAssignment

Session = ReadSession | WriteSession
EXTERNAL = -1
_SLOTS = 4
_EXTERNAL_SLOTS = 2
# AMS, AMS lite and AMS 2 Pro; the A2L's AMS lite; AMS HT, which have one slot each.
_UNITS = frozenset({0, 1, 2, 3, 16, *range(128, 136)})


async def assign(
    session: WriteSession,
    viewer: Viewer,
    spool_id: UUID,
    printer_id: int,
    ams_unit: int | None,
    slot: int,
) -> Spool:
    """Say that a spool is in a slot (`ams_unit` None: an external holder); whatever was there
    before is in no slot then.

    Raises `Forbidden`, `NotFound`, or `Invalid` for a slot no printer has.
    """
    viewer.require(Scope.INVENTORY)
    _require_slot(ams_unit, slot)
    spool = await _spool(session, spool_id)
    if not await session.scalar(select(Printer.id).where(Printer.id == printer_id)):
        raise NotFound("There is no such printer.", field="printer_id")
    unit = EXTERNAL if ams_unit is None else ams_unit
    await session.execute(
        delete(SpoolAssignment).where(
            (SpoolAssignment.spool_id == spool_id)
            | (
                (SpoolAssignment.printer_id == printer_id)
                & (SpoolAssignment.ams_unit == unit)
                & (SpoolAssignment.slot == slot)
            )
        )
    )
    session.add(
        SpoolAssignment(
            spool_id=spool_id,
            printer_id=printer_id,
            ams_unit=unit,
            slot=slot,
            assigned_at=datetime.now(UTC),
        )
    )
    await session.flush()
    session.raise_event(
        SpoolAssigned(team_id=spool.team_id, spool_id=spool_id, printer_id=printer_id)
    )
    return spool


async def take_out(session: WriteSession, viewer: Viewer, spool_id: UUID) -> Spool:
    """Say that a spool is in no slot. Raises `Forbidden` or `NotFound`."""
    viewer.require(Scope.INVENTORY)
    spool = await _spool(session, spool_id)
    await session.execute(delete(SpoolAssignment).where(SpoolAssignment.spool_id == spool_id))
    session.raise_event(SpoolAssigned(team_id=spool.team_id, spool_id=spool_id))
    return spool


async def of_spools(session: Session, spools: Collection[UUID]) -> dict[UUID, SpoolAssignment]:
    """Where spools were said to be."""
    rows = await session.scalars(
        select(SpoolAssignment).where(SpoolAssignment.spool_id.in_(spools))
    )
    return {row.spool_id: row for row in rows}


async def of_printers(
    session: Session, printers: Collection[int]
) -> dict[int, dict[tuple[int | None, int], UUID]]:
    """The spools that were said to be in each printer, by unit (None: external) and slot."""
    found: dict[int, dict[tuple[int | None, int], UUID]] = {key: {} for key in printers}
    rows = await session.scalars(
        select(SpoolAssignment).where(SpoolAssignment.printer_id.in_(printers))
    )
    for row in rows:
        unit = None if row.ams_unit == EXTERNAL else row.ams_unit
        found[row.printer_id][unit, row.slot] = row.spool_id
    return found


async def _spool(session: WriteSession, spool_id: UUID) -> Spool:
    """A spool, locked, so that two people cannot put it into two slots at once."""
    spool = await session.scalar(select(Spool).where(Spool.id == spool_id).with_for_update())
    if spool is None:
        raise NotFound("There is no such spool.", field="spool_id")
    return spool


def _require_slot(ams_unit: int | None, slot: int) -> None:
    if ams_unit is not None and ams_unit not in _UNITS:
        raise Invalid("No printer has such an AMS unit.", field="ams_unit")
    slots = _EXTERNAL_SLOTS if ams_unit is None else 1 if ams_unit >= 128 else _SLOTS
    if not 0 <= slot < slots:
        raise Invalid(f"Slots count from 0 to {slots - 1}.", field="slot")
