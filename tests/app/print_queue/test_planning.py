"""What starts, where, and why the rest waits: facts in, plan out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.plates.models import Plate
from app.print_queue.models import QueueItem, QueueStatus
from app.print_queue.planning import Facts, Place, Plan, plan
from app.print_queue.printables import Printable
from app.printers.models import Printer
from app.printers.status import ConnectionState, PrinterState, PrinterStatus
from tests.farm import NOON

# Made for the printers of these tests, of whatever is loaded.
PLAIN = Printable(
    "part.3mf",
    1,
    Plate(number=1, printable=True, printer_model="P1S", nozzle_diameters=[], filaments=[]),
)
IDLE = PrinterStatus(state=PrinterState.IDLE, connection=ConnectionState.CONNECTED)


def printer(number: int, **fields: Any) -> Printer:
    about = {
        "name": f"P{number}",
        "model": "P1S",
        "serial_number": f"01P00A00000000{number}",
        "ip_address": "127.0.0.1",
        "queue_paused": False,
        "awaiting_plate_clear": False,
        "requires_plate_clear": True,
        "last_print_at": NOON - timedelta(hours=number),
    }
    return Printer(id=number, **(about | fields))


def item(number: int, printer_id: int | None = None, **fields: Any) -> QueueItem:
    about = {
        "status": QueueStatus.PENDING,
        "position": number,
        "require_previous_success": False,
        "is_bound": printer_id is not None,
        "filaments": [],
        "options": {},
    }
    return QueueItem(id=number, printer_id=printer_id, **(about | fields))


def planned(
    items: list[QueueItem],
    places: list[Place],
    statuses: dict[int, PrinterStatus] | None = None,
    *,
    paused: bool = False,
    prints: dict[int, Printable] | None = None,
    failed_on: dict[int, set[int]] | None = None,
) -> Plan:
    idle = {place.printer.id: IDLE for place in places}
    printables = {each.id: PLAIN for each in items}
    facts = Facts(paused, items, places, printables | (prints or {}), failed_on or {})
    return plan(facts, idle | (statuses or {}), NOON)


def starts(made: Plan) -> list[tuple[int, int]]:
    return [(start.id, there.id) for start, there in made.starts]


def test_items_go_in_order_one_to_each_printer() -> None:
    """The second item of a printer waits behind the first."""
    made = planned(
        [item(1, 1), item(2, 2), item(3, 1), item(4, 1)], [Place(printer(1)), Place(printer(2))]
    )
    assert starts(made) == [(1, 1), (2, 2)]
    assert made.reasons == {
        1: "Ready to be sent to P1.",
        2: "Ready to be sent to P2.",
        3: "1 item is ahead of it.",
        4: "2 items are ahead of it.",
    }


def test_items_for_any_printer_go_to_the_one_idle_longest() -> None:
    """One that never printed comes first, and one that others wait for comes last."""
    places = [
        Place(printer(1)),
        Place(printer(2)),
        Place(printer(3, last_print_at=None)),
        Place(printer(4, last_print_at=None)),
    ]
    made = planned([item(number) for number in (1, 2, 3)] + [item(4, 4)], places)
    assert starts(made) == [(1, 3), (2, 2), (3, 1), (4, 4)]
    made = planned([item(number) for number in range(1, 6)], places)
    assert starts(made) == [(1, 3), (2, 4), (3, 2), (4, 1)]
    assert made.reasons[5] == (
        "Waiting for a free printer that fits: 4 are taken by earlier items."
    )


@pytest.mark.parametrize(
    ("about", "status", "words"),
    [
        ({"queue_paused": True}, IDLE, "The queue of P1 is paused."),
        ({"ip_address": None}, IDLE, "P1 has no address, so no file can be sent to it."),
        ({}, PrinterStatus.unknown(), "P1 is offline."),
        (
            {},
            PrinterStatus(state=PrinterState.IDLE, connection=ConnectionState.STALE),
            "P1 is offline.",
        ),
        (
            {},
            PrinterStatus(state=PrinterState.IDLE, connection=ConnectionState.CONTROL_REFUSED),
            "P1 needs Developer Mode (LAN Only) to be turned on.",
        ),
        (
            {},
            PrinterStatus(state=PrinterState.PAUSED, connection=ConnectionState.CONNECTED),
            "P1 is printing.",
        ),
        (
            {},
            PrinterStatus(state=PrinterState.UNKNOWN, connection=ConnectionState.CONNECTED),
            "P1 is not ready.",
        ),
        ({"awaiting_plate_clear": True}, IDLE, "The plate of P1 must be cleared."),
    ],
)
def test_why_a_printer_takes_nothing(
    about: dict[str, Any], status: PrinterStatus, words: str
) -> None:
    """Its own items say so in a sentence, and those behind them keep their turn."""
    made = planned([item(1, 1), item(2, 1)], [Place(printer(1, **about))], {1: status})
    assert starts(made) == []
    assert made.reasons == {1: words, 2: words}


def test_a_printer_that_is_being_sent_something_is_busy() -> None:
    """Nothing else is started there, whatever it reports."""
    made = planned([item(1, 1)], [Place(printer(1), sending=True)])
    assert made.reasons == {1: "P1 is being sent another print."}


def test_the_plate_counts_only_where_it_is_asked_for() -> None:
    """With the gate off a printer goes on by itself."""
    gate_off = printer(1, awaiting_plate_clear=True, requires_plate_clear=False)
    assert starts(planned([item(1, 1)], [Place(gate_off)])) == [(1, 1)]


def test_what_an_item_waits_for_by_itself_holds_up_nobody() -> None:
    """Its time, its next attempt, the printer's last print: later items go first."""
    items = [
        item(1, 1, scheduled_time=NOON + timedelta(hours=6)),
        item(2, 1, retry_at=NOON + timedelta(seconds=30), error="The printer is busy."),
        item(3, 1, require_previous_success=True),
        item(4, 1),
    ]
    made = planned(items, [Place(printer(1), last_outcome=QueueStatus.FAILED)])
    assert starts(made) == [(4, 1)]
    assert made.reasons == {
        1: "Scheduled for 2026-03-01 18:00 UTC.",
        2: "It is tried again at 12:00:30 UTC. The printer is busy.",
        3: "The last print of the queue on P1 did not succeed, as this one asks for.",
        4: "Ready to be sent to P1.",
    }
    for last in (QueueStatus.COMPLETED, None):
        assert starts(planned([items[2]], [Place(printer(1), last_outcome=last)])) == [(3, 1)]


def test_what_is_due_starts() -> None:
    """A time that has come is no reason to wait."""
    due = item(1, 1, scheduled_time=NOON, retry_at=NOON)
    assert starts(planned([due], [Place(printer(1))])) == [(1, 1)]


def test_a_paused_queue_starts_nothing() -> None:
    """Whatever is due."""
    made = planned([item(1, 1), item(2)], [Place(printer(1))], paused=True)
    assert starts(made) == []
    assert made.reasons == {1: "The queue is paused.", 2: "The queue is paused."}


def test_why_no_printer_takes_an_item_is_summed_up() -> None:
    """One sentence for a farm, whatever its size."""
    busy = PrinterStatus(state=PrinterState.PRINTING, connection=ConnectionState.CONNECTED)
    places = [Place(printer(number)) for number in range(1, 5)]
    made = planned([item(1)], places, {1: busy, 2: busy, 3: PrinterStatus.unknown(), 4: busy})
    assert made.reasons == {
        1: "Waiting for a free printer that fits: 1 is offline, 3 are busy.",
    }
    assert planned([item(1)], []).reasons == {1: "Waiting for a printer: there is none."}
    assert planned([item(1, 9)], []).reasons == {1: "Its printer is gone."}


def test_what_is_not_there_is_not_printed() -> None:
    """Without a file, or a plate of it, an item waits and holds up nobody."""
    lost = Printable("part.3mf", reason="There is no stored file of this archive.")
    made = planned([item(1, 1), item(2, 1)], [Place(printer(1))], prints={1: lost})
    assert starts(made) == [(2, 1)]
    assert made.reasons[1] == "There is no stored file of this archive."


def test_an_item_goes_elsewhere_after_a_failure() -> None:
    """The printer on which it did not begin comes last, but comes."""
    places = [Place(printer(2)), Place(printer(1))]
    assert starts(planned([item(1)], places)) == [(1, 2)]
    assert starts(planned([item(1)], places, failed_on={1: {2}})) == [(1, 1)]
    assert starts(planned([item(1)], places[:1], failed_on={1: {2}})) == [(1, 2)]
