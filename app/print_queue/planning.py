"""What is to be started now, where, and why everything else waits. Pure: facts in, plan out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from app.print_queue.models import QueueItem, QueueStatus
from app.print_queue.obstacles import PASSING, Kind, Obstacle, summary
from app.printers.models import Printer
from app.printers.status import ConnectionState, PrinterStatus

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Place:
    """A printer of the team, and what the queue knows of it.

    ``sending`` while an attempt of the queue is open there; ``last_outcome`` is how the queue's
    last item on it ended, known only where an item asks for it.
    """

    printer: Printer
    sending: bool = False
    last_outcome: QueueStatus | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """A team's queue at one moment: its waiting items in order, and its printers."""

    team_paused: bool
    items: Sequence[QueueItem]
    places: Sequence[Place]


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
        own = _own_reason(item, paused=facts.team_paused, now=now)
        if own is not None:
            made.reasons[item.id] = own
        elif item.printer_id is None:
            _send_anywhere(made, item, fair, statuses)
        else:
            _send_there(made, item, places.get(item.printer_id), statuses)
    return made


def _turn(place: Place, wanted: set[int]) -> tuple[bool, datetime, int]:
    printer = place.printer
    return printer.id in wanted, printer.last_print_at or _LONG_AGO, printer.id


def _own_reason(item: QueueItem, *, paused: bool, now: datetime) -> str | None:
    """What the item waits for, whichever printer it goes to."""
    if item.scheduled_time is not None and item.scheduled_time > now:
        return f"Scheduled for {item.scheduled_time:%Y-%m-%d %H:%M} UTC."
    if paused:
        return "The queue is paused."
    if item.retry_at is not None and item.retry_at > now:
        return f"It is tried again at {item.retry_at:%H:%M:%S} UTC. {item.error or ''}".rstrip()
    return None


def _send_there(
    made: Plan, item: QueueItem, place: Place | None, statuses: Mapping[int, PrinterStatus]
) -> None:
    if place is None:
        made.reasons[item.id] = "Its printer is gone."
        return
    printer = place.printer
    obstacle = _obstacle(made, item, place, statuses)
    ahead = made.ahead.get(printer.id, 0)
    if obstacle is None:
        _start(made, item, printer)
        return
    made.reasons[item.id] = obstacle.words
    if obstacle.kind is Kind.AHEAD:
        made.reasons[item.id] = f"{ahead} {'item is' if ahead == 1 else 'items are'} ahead of it."
    if obstacle.kind in PASSING:
        made.ahead[printer.id] = ahead + 1


def _send_anywhere(
    made: Plan, item: QueueItem, fair: Iterable[Place], statuses: Mapping[int, PrinterStatus]
) -> None:
    met = []
    for place in fair:
        obstacle = _obstacle(made, item, place, statuses)
        if obstacle is None:
            _start(made, item, place.printer)
            return
        met.append(obstacle)
    made.reasons[item.id] = summary(met)


def _start(made: Plan, item: QueueItem, printer: Printer) -> None:
    made.starts.append((item, printer))
    made.taken.add(printer.id)
    made.ahead[printer.id] = made.ahead.get(printer.id, 0) + 1
    made.reasons[item.id] = f"Ready to be sent to {printer.name}."


def _obstacle(
    made: Plan, item: QueueItem, place: Place, statuses: Mapping[int, PrinterStatus]
) -> Obstacle | None:
    """The first thing in the way, the lasting before the passing."""
    printer = place.printer
    status = statuses.get(printer.id, PrinterStatus.unknown())
    return (
        _closed(place, status)
        or _previous(item, place)
        or (
            Obstacle(Kind.AHEAD, f"{printer.name} is taken by an earlier item.")
            if printer.id in made.taken
            else None
        )
    )


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
