"""Filaments of a print that a person enters, where no file tells them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from uuid import UUID

from sqlalchemy import delete

from app import texts
from app.accounts.models import Scope
from app.accounts.viewer import Viewer
from app.archives import usage
from app.archives.models import Archive, ArchiveStatus, FilamentUse
from app.database import WriteSession
from app.errors import Conflict, Invalid, NotFound
from app.records import record
from app.spools import queries as spools

MAX_FILAMENTS = 64
MAX_GRAMS = Decimal(1_000_000)
_UNIT = Decimal("0.001")
_ENDED = (ArchiveStatus.SUCCESS, ArchiveStatus.FAILED, ArchiveStatus.STOPPED)


@record
class FilamentEntry:
    """What one filament of a print used, as a person tells it."""

    material: str
    color_hex: str | None = None
    grams: Decimal | None = None
    meters: Decimal | None = None
    spool_id: UUID | None = None


def amount(
    value: Decimal | None, field: str, limit: Decimal = MAX_GRAMS, unit: Decimal = _UNIT
) -> Decimal | None:
    """An amount from 0 to a limit, rounded to a unit. Raises `Invalid`."""
    if value is None:
        return None
    if not value.is_finite() or not 0 <= value <= limit:
        raise Invalid(f"This lies between 0 and {limit}.", field=field)
    return value.quantize(unit, rounding=ROUND_HALF_EVEN)


async def enter_filaments(
    session: WriteSession,
    viewer: Viewer,
    archive: Archive,
    uses: Sequence[FilamentUse],
    entries: Sequence[FilamentEntry],
) -> list[FilamentUse]:
    """Replace the filaments of a print that ended, and take them off the spools they name."""
    _require_open(archive, uses)
    if len(entries) > MAX_FILAMENTS:
        raise Invalid(f"A print has at most {MAX_FILAMENTS} filaments.", field="filaments")
    named = {entry.spool_id for entry in entries if entry.spool_id is not None}
    if named:
        viewer.require(Scope.INVENTORY)
        if len(await spools.by_ids(session, named)) < len(named):
            raise NotFound("There is no such spool.", field="filaments")
    made = [_use(archive, position, entry) for position, entry in enumerate(entries)]
    await session.execute(delete(FilamentUse).where(FilamentUse.archive_id == archive.id))
    for use in uses:
        session.expunge(use)
    session.add_all(made)
    archive.filament_type = ", ".join(dict.fromkeys(use.material for use in made))[:200] or None
    known = [use.grams for use in made if use.grams is not None]
    complete = bool(known) and len(known) == len(made)
    archive.filament_used = sum(known, Decimal(0)) if complete else None
    await session.flush()
    await usage.price(session, archive, made)
    await usage.deduct(session, archive, made)
    return made


async def enter_grams(
    session: WriteSession, viewer: Viewer, archive: Archive, uses: Sequence[FilamentUse]
) -> None:
    """The grams of a print of one filament were entered: they are what that filament used."""
    if len(uses) != 1 or archive.status not in _ENDED or uses[0].deducted:
        return
    uses[0].grams = archive.filament_used
    if uses[0].spool_id is not None and Scope.INVENTORY in viewer.scopes:
        await usage.price(session, archive, uses)
        await usage.deduct(session, archive, uses)


def _require_open(archive: Archive, uses: Sequence[FilamentUse]) -> None:
    if archive.status not in _ENDED:
        raise Conflict("Filaments are entered when the print has ended.", field="filaments")
    if any(use.deducted for use in uses):
        raise Conflict(
            "The filament of this print was taken off its spools already; correct their weight.",
            field="filaments",
        )


def _use(archive: Archive, position: int, entry: FilamentEntry) -> FilamentUse:
    return FilamentUse(
        team_id=archive.team_id,
        archive_id=archive.id,
        spool_id=entry.spool_id,
        position=position,
        material=texts.required(entry.material, "filaments", 64),
        color_hex=texts.color(entry.color_hex, "filaments"),
        grams=amount(entry.grams, "filaments"),
        meters=amount(entry.meters, "filaments"),
    )
