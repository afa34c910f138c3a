"""The filaments of a print, written anew from what its file tells and from what fed it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import ROUND_HALF_EVEN, Decimal

from sqlalchemy import delete, select

from app.archives.feeds import Feed, Share, feeds_json, feeds_of, place_of, shares
from app.archives.models import Archive, FilamentUse
from app.database import WriteSession
from app.plates.queries import plate_of
from app.printers.models import PrintRun
from app.spools import places
from app.spools.models import Spool

COMPLETE = 100
_GRAMS = Decimal("0.001")


async def note_feeds(
    session: WriteSession, run: PrintRun, seen: Sequence[Feed], slots: Sequence[int] = ()
) -> list[Feed]:
    """Remember what fed a run so far. A spool that was found once stays the one that was used."""
    known = {replace(feed, spool_id=None): feed.spool_id for feed in feeds_of(run.feeds)}
    feeds = [replace(feed, spool_id=known.get(replace(feed, spool_id=None))) for feed in seen]
    feeds = await _with_spools(session, run, feeds)
    run.feeds = feeds_json(feeds)
    run.slots = list(slots) or run.slots
    return feeds


async def _with_spools(session: WriteSession, run: PrintRun, feeds: list[Feed]) -> list[Feed]:
    """The spools of feeds, by the tag that was told, else as somebody said where they are."""
    missing = [feed for feed in feeds if feed.spool_id is None]
    if not missing:
        return feeds
    tags = {feed.tray_uuid for feed in missing if feed.tray_uuid}
    by_tag = {}
    if tags:
        rows = await session.scalars(
            select(Spool)
            .where(Spool.team_id == run.team_id, Spool.tray_uuid.in_(tags))
            .order_by(Spool.created_at, Spool.id)
        )
        by_tag = {row.tray_uuid: row.id for row in rows}
    said = {}
    if run.printer_id is not None:
        said = (await places.of_printers(session, [run.printer_id]))[run.printer_id]
    return [
        feed
        if feed.spool_id is not None
        else replace(
            feed,
            spool_id=by_tag.get(feed.tray_uuid)
            or (None if feed.slot is None else said.get((feed.unit, feed.slot))),
        )
        for feed in feeds
    ]


async def rewrite(
    session: WriteSession, archive: Archive, run: PrintRun | None
) -> list[FilamentUse]:
    """Write the filaments of a print anew; with its file they are those the file means to use.

    Nothing is changed once filament was taken off a spool for it.
    """
    old = list(
        await session.scalars(
            select(FilamentUse)
            .where(FilamentUse.archive_id == archive.id)
            .order_by(FilamentUse.position)
        )
    )
    if any(use.deducted for use in old):
        return old
    plate = await plate_of(session, archive.file_id, archive.plate)
    feeds = feeds_of(run.feeds) if run is not None else []
    if plate is None or not plate.uses:
        if not feeds:
            return old
        made = [_seen(archive, position, feed) for position, feed in enumerate(feeds)]
    else:
        if run is not None:
            feeds = await _with_spools(session, run, [*feeds, *_never_seen(feeds, run.slots)])
        reached = COMPLETE if archive.completed_at is None else archive.progress or 0
        parts = shares(plate.uses, feeds, [] if run is None else run.slots, reached)
        made = [_planned(archive, position, part) for position, part in enumerate(parts)]
    await session.execute(delete(FilamentUse).where(FilamentUse.archive_id == archive.id))
    for use in old:
        session.expunge(use)
    session.add_all(made)
    await session.flush()
    return made


def _never_seen(feeds: Sequence[Feed], slots: Sequence[int]) -> list[Feed]:
    """Slots that the printer says it uses and that nobody saw in use."""
    seen = {feed.place for feed in feeds}
    told = dict.fromkeys(place for value in slots if (place := place_of(value)) is not None)
    return [Feed("", unit=unit, slot=slot) for unit, slot in told if (unit, slot) not in seen]


def _seen(archive: Archive, position: int, feed: Feed) -> FilamentUse:
    return FilamentUse(
        team_id=archive.team_id,
        archive_id=archive.id,
        spool_id=feed.spool_id,
        position=position,
        material=feed.material[:64],
        color_hex=feed.color,
    )


def _planned(archive: Archive, position: int, share: Share) -> FilamentUse:
    item = share.filament
    return FilamentUse(
        team_id=archive.team_id,
        archive_id=archive.id,
        spool_id=share.spool_id,
        position=position,
        material=item.material,
        color_hex=item.color,
        grams=_part(item.grams, share.part),
        meters=_part(item.meters, share.part),
    )


def _part(amount: Decimal | None, part: Decimal) -> Decimal | None:
    if amount is None:
        return None
    return (amount * part).quantize(_GRAMS, rounding=ROUND_HALF_EVEN)
