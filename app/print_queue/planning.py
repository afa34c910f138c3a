"""What is to be started now, where, and why everything else waits. Pure: facts in, plan out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from app.plates.models import Plate
from app.print_queue.fit import feeds, model_obstacle, nozzle_obstacle
from app.print_queue.models import QueueItem, QueueStatus
from app.print_queue.obstacles import PASSING, Kind, Obstacle, summary
from app.print_queue.printables import Printable
from app.print_queue.wishes import filaments_of, options_of
from app.printers.models import Printer
from app.printers.status import ConnectionState, PrinterStatus
from app.records import record

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@record
class Place:
    """A printer of the team, and what the queue knows of it.

    ``sending`` while an attempt of the queue is open there; ``last_outcome`` is how the queue's
    last item on it ended, known only where an item asks for it.
    """

    printer: Printer
    sending: bool = False
    last_outcome: QueueStatus | None = None


@record
class Facts:
    """A team's queue at one moment: its waiting items in order, and its printers.

    ``printables`` is what each item prints, ``failed_on`` where it did not begin before.
    """

    team_paused: bool
    items: Sequence[QueueItem]
    places: Sequence[Place]
    printables: Mapping[int, Printable]
    failed_on: Mapping[int, Collection[int]] = field(default_factory=dict)


@dataclass(slots=True)
class Plan:
    """``starts`` are items and the printers they go to now, in order; ``reasons`` say, per waiting
    item, why it waits or where it goes."""

    starts: list[tuple[QueueItem, Printer]] = field(default_factory=list)
    reasons: dict[int, str] = field(default_factory=dict)
    taken: set[int] = field(default_factory=set)
    ahead: dict[int, int] = field(default_factory=dict)


def plan(facts: Facts, statuses: Mapping[int, PrinterStatus], now: datetime) -> Plan:
    """Give each free printer the first item in order that fits it.

    Items without a printer go to the one that was idle longest, those last for which other items
    wait. An item that waits for something of its own does not hold up those behind it.
    """
    made = Plan()
    places = {place.printer.id: place for place in facts.places}
    wanted = {item.printer_id for item in facts.items if item.printer_id is not None}
    fair = sorted(places.values(), key=lambda place: _turn(place, wanted))
    for item in facts.items:
        printable = facts.printables.get(item.id)
        own = _own_reason(item, printable, paused=facts.team_paused, now=now)
        if own is not None or printable is None or printable.plate is None:
            made.reasons[item.id] = own or "There is nothing to print."
            continue
        asked = _Asked(item, printable, printable.plate, statuses)
        if item.printer_id is None:
            failed = facts.failed_on.get(item.id, ())
            order = sorted(fair, key=lambda place: place.printer.id in failed) if failed else fair
            _send_anywhere(made, asked, order)
        else:
            _send_there(made, asked, places.get(item.printer_id))
    return made


@record
class _Asked:
    """An item for which a printer is looked for."""

    item: QueueItem
    printable: Printable
    plate: Plate
    statuses: Mapping[int, PrinterStatus]


def _turn(place: Place, wanted: set[int]) -> tuple[bool, datetime, int]:
    printer = place.printer
    return printer.id in wanted, printer.last_print_at or _LONG_AGO, printer.id


def _own_reason(
    item: QueueItem, printable: Printable | None, *, paused: bool, now: datetime
) -> str | None:
    """What the item waits for, whichever printer it goes to."""
    if printable is not None and printable.reason is not None:
        return printable.reason
    if item.scheduled_time is not None and item.scheduled_time > now:
        return f"Scheduled for {item.scheduled_time:%Y-%m-%d %H:%M} UTC."
    if paused:
        return "The queue is paused."
    if item.retry_at is not None and item.retry_at > now:
        return f"It is tried again at {item.retry_at:%H:%M:%S} UTC. {item.error or ''}".rstrip()
    return None


def _send_there(made: Plan, asked: _Asked, place: Place | None) -> None:
    item = asked.item
    if place is None:
        made.reasons[item.id] = "Its printer is gone."
        return
    printer = place.printer
    obstacle = _obstacle(made, asked, place)
    ahead = made.ahead.get(printer.id, 0)
    if obstacle is None:
        _start(made, item, printer)
        return
    made.reasons[item.id] = obstacle.words
    if obstacle.kind is Kind.AHEAD:
        made.reasons[item.id] = f"{ahead} {'item is' if ahead == 1 else 'items are'} ahead of it."
    if obstacle.kind in PASSING:
        made.ahead[printer.id] = ahead + 1


def _send_anywhere(made: Plan, asked: _Asked, fair: Iterable[Place]) -> None:
    met = []
    for place in fair:
        obstacle = _obstacle(made, asked, place)
        if obstacle is None:
            _start(made, asked.item, place.printer)
            return
        met.append(obstacle)
    made.reasons[asked.item.id] = summary(met)


def _start(made: Plan, item: QueueItem, printer: Printer) -> None:
    made.starts.append((item, printer))
    made.taken.add(printer.id)
    made.ahead[printer.id] = made.ahead.get(printer.id, 0) + 1
    made.reasons[item.id] = f"Ready to be sent to {printer.name}."


def _obstacle(made: Plan, asked: _Asked, place: Place) -> Obstacle | None:
    """The first thing in the way, the lasting before the passing."""
    printer, item, plate = place.printer, asked.item, asked.plate
    status = asked.statuses.get(printer.id, PrinterStatus.unknown())
    return (
        model_obstacle(plate, printer, chosen=item.is_bound)
        or _closed(place, status)
        or nozzle_obstacle(plate, printer, status)
        or _not_loaded(asked, printer, status)
        or _previous(item, place)
        or _taken(made, printer)
    )


def _taken(made: Plan, printer: Printer) -> Obstacle | None:
    if printer.id not in made.taken:
        return None
    return Obstacle(Kind.AHEAD, f"{printer.name} is taken by an earlier item.")


def _not_loaded(asked: _Asked, printer: Printer, status: PrinterStatus) -> Obstacle | None:
    """What is missing in the printer; plain g-code takes what is there."""
    if not asked.printable.is_package:
        return None
    wishes, options = filaments_of(asked.item), options_of(asked.item)
    found = feeds(asked.plate, printer, status, wishes, any_color=options.any_color)
    return found if isinstance(found, Obstacle) else None


def _closed(place: Place, status: PrinterStatus) -> Obstacle | None:
    """Why a printer takes nothing at all now."""
    printer = place.printer
    name = printer.name
    if printer.queue_paused:
        return Obstacle(Kind.PAUSED, f"The queue of {name} is paused.")
    if printer.ip_address is None:
        return Obstacle(Kind.ADDRESS, f"{name} has no address, so no file can be sent to it.")
    if status.connection is ConnectionState.CONTROL_REFUSED:
        return Obstacle(Kind.CONTROL, f"{name} needs Developer Mode (LAN Only) to be turned on.")
    if not status.is_live:
        return Obstacle(Kind.OFFLINE, f"{name} is offline.")
    if place.sending or status.is_active:
        what = "is printing" if status.is_active else "is being sent another print"
        return Obstacle(Kind.BUSY, f"{name} {what}.")
    if not status.is_free:
        return Obstacle(Kind.BUSY, f"{name} is not ready.")
    if printer.requires_plate_clear and printer.awaiting_plate_clear:
        return Obstacle(Kind.PLATE, f"The plate of {name} must be cleared.")
    return None


def _previous(item: QueueItem, place: Place) -> Obstacle | None:
    failed = place.last_outcome not in (None, QueueStatus.COMPLETED)
    if item.require_previous_success and failed:
        return Obstacle(
            Kind.PREVIOUS,
            f"The last print of the queue on {place.printer.name} did not succeed, "
            "as this one asks for.",
        )
    return None
