"""What fed a print: slots that were seen in use, and which of them each filament came from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from app.records import record
from app.threemf.sliced import PlateFilament

# What a printer's own list of slots calls "not used".
_UNUSED = 0xFFFF


@record
class Feed:
    """One slot that was seen to feed the nozzle, `since` a percentage of the print.

    `unit` None is an external holder, `slot` None a place that is not known. The spool is the
    one that was there then.
    """

    material: str
    color: str | None = None
    unit: int | None = None
    slot: int | None = None
    tray_uuid: str | None = None
    since: int = 0
    spool_id: UUID | None = None

    @property
    def place(self) -> tuple[int | None, int | None]:
        """Unit and slot."""
        return self.unit, self.slot


@record
class Share:
    """A part of what a filament of the file used, by the spool it came from."""

    filament: PlateFilament
    spool_id: UUID | None
    part: Decimal


def feeds_json(feeds: Sequence[Feed]) -> list[dict[str, Any]]:
    """Feeds as a run keeps them."""
    return [
        {**asdict(feed), "spool_id": None if feed.spool_id is None else str(feed.spool_id)}
        for feed in feeds
    ]


def feeds_of(stored: Sequence[dict[str, Any]]) -> list[Feed]:
    """The feeds that a run kept."""
    return [
        Feed(**{**item, "spool_id": UUID(item["spool_id"]) if item["spool_id"] else None})
        for item in stored
    ]


def place_of(value: int) -> tuple[int | None, int] | None:
    """A slot as newer printers number it, `ams << 8 | slot`; None for one that is not used.

    0xFF00 is the right or only external holder, 0xFE00 the left one (seen in their reports).
    """
    unit, slot = value >> 8 & 0xFF, value & 0xFF
    if value == _UNUSED or value < 0 or slot == 0xFF:
        return None
    return (None, 0xFF - unit) if unit in (0xFF, 0xFE) else (unit, slot)


def shares(
    filaments: Sequence[PlateFilament],
    feeds: Sequence[Feed],
    slots: Sequence[int],
    reached: int,
) -> list[Share]:
    """Which spool gave what of each filament of a plate.

    The printer's own list of slots goes first, then what was seen in use: of the same material
    and colour, of the same material, or the only one. A print of one filament that went on from
    another slot (a spool that ran out) is shared out by how far it was at the change; `reached`
    is where it ended, in percent.
    """
    left = list(feeds)
    chosen = [_told(item, left, slots) for item in filaments]
    for alike in (_same, _same_material, _only(filaments, feeds)):
        for place, item in enumerate(filaments):
            if chosen[place] is None:
                chosen[place] = _taken(left, partial(alike, item))
    found: list[Share] = []
    for item, feed in zip(filaments, chosen, strict=True):
        if feed is not None and len(filaments) == 1:
            following = [other for other in left if other.material == feed.material]
            found += _parts(item, [feed, *following], reached)
        else:
            found.append(Share(item, None if feed is None else feed.spool_id, Decimal(1)))
    return found


def _told(item: PlateFilament, left: list[Feed], slots: Sequence[int]) -> Feed | None:
    place = place_of(slots[item.number - 1]) if item.number <= len(slots) else None
    return None if place is None else _taken(left, lambda feed: feed.place == place)


def _taken(left: list[Feed], wanted: Callable[[Feed], bool]) -> Feed | None:
    for feed in left:
        if wanted(feed):
            left.remove(feed)
            return feed
    return None


def _same(item: PlateFilament, feed: Feed) -> bool:
    color = (item.color or "").casefold() == (feed.color or "").casefold()
    return _same_material(item, feed) and color


def _same_material(item: PlateFilament, feed: Feed) -> bool:
    return item.material.casefold() == feed.material.casefold()


def _only(
    filaments: Sequence[PlateFilament], feeds: Sequence[Feed]
) -> Callable[[PlateFilament, Feed], bool]:
    alone = len(filaments) == 1 and len(feeds) == 1
    return lambda _item, _feed: alone


def _parts(item: PlateFilament, feeds: Sequence[Feed], reached: int) -> list[Share]:
    ordered = sorted(feeds, key=lambda feed: feed.since)
    begins = [0, *(min(feed.since, reached) for feed in ordered[1:]), reached]
    if len(ordered) == 1 or reached <= 0:
        return [Share(item, ordered[0].spool_id, Decimal(1))]
    return [
        Share(item, feed.spool_id, Decimal(begins[place + 1] - begins[place]) / reached)
        for place, feed in enumerate(ordered)
        if begins[place + 1] > begins[place]
    ]
