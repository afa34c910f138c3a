"""Whether a plate fits a printer and what is loaded, and from where each filament is fed."""

from __future__ import annotations

from typing import Any

import pytest

from app.plates.models import Plate
from app.print_queue.fit import color_distance, feeds, model_obstacle, nozzle_obstacle
from app.print_queue.obstacles import Obstacle
from app.print_queue.wishes import FilamentChoice
from app.printers.models import Printer
from app.printers.orders import Feed
from app.printers.status import (
    AmsTray,
    AmsUnit,
    NozzleTemperature,
    PrinterStatus,
    Temperatures,
)

P1S = Printer(name="Left", model="P1S", serial_number="01P00A000000001")


def plate(*filaments: tuple[int, str, str], **about: Any) -> Plate:
    used = [
        {"number": n, "material": m, "color": c, "preset": None, "grams": "5", "meters": "2"}
        for n, m, c in filaments
    ]
    fields = {"printer_model": "P1S", "nozzle_diameters": ["0.4"]}
    return Plate(number=1, printable=True, filaments=used, **(fields | about))


def loaded(*trays: tuple[int | None, int, str | None, str | None]) -> PrinterStatus:
    """Trays as unit, slot, material and colour."""
    units: dict[int, list[AmsTray]] = {}
    external = []
    for unit, slot, material, color in trays:
        tray = AmsTray(unit, slot, present=True, material=material, color=color)
        if unit is None:
            external.append(tray)
        else:
            units.setdefault(unit, []).append(tray)
    ams = tuple(AmsUnit(key, "AMS", trays=tuple(found)) for key, found in units.items())
    return PrinterStatus(ams=ams, external_spools=tuple(external))


def fed(
    wanted: Plate,
    status: PrinterStatus,
    *choices: FilamentChoice,
    any_color: bool = False,
) -> list[tuple[int | None, int] | None] | str:
    found = feeds(wanted, P1S, status, choices, any_color=any_color)
    if isinstance(found, Obstacle):
        return found.words
    return [None if feed is None else (feed.unit, feed.slot) for feed in found]


@pytest.mark.parametrize(
    ("told", "chosen", "fits"),
    [
        ("P1S", False, True),
        ("Bambu Lab P1S", False, True),
        ("C12", False, True),
        ("X1 Carbon", True, False),
        ("P1P", False, False),
        ("Somebody's printer", True, False),
        (None, False, False),
        (None, True, True),
    ],
)
def test_a_plate_is_made_for_one_model(told: str | None, chosen: bool, fits: bool) -> None:
    """Whoever chooses the printer may also print what does not say for which it was made."""
    found = model_obstacle(plate(printer_model=told), P1S, chosen=chosen)
    assert (found is None) is fits
    if told == "X1 Carbon":
        assert found is not None
        assert found.words == "The file was made for X1 Carbon, and Left is P1S."


def test_x1_and_x1_carbon_are_one_machine() -> None:
    """Files of either are printed on both."""
    x1 = Printer(name="Right", model="X1", serial_number="00W00A000000001")
    assert model_obstacle(plate(printer_model="X1 Carbon"), x1, chosen=False) is None


def test_nozzles_must_be_mounted_as_far_as_it_is_known() -> None:
    """A printer that does not tell its nozzles is believed."""
    four = PrinterStatus(
        temperatures=Temperatures(nozzles=(NozzleTemperature(0, None, None, diameter=0.4),))
    )
    assert nozzle_obstacle(plate(), P1S, four) is None
    assert nozzle_obstacle(plate(nozzle_diameters=["0.6"]), P1S, PrinterStatus()) is None
    found = nozzle_obstacle(plate(nozzle_diameters=["0.6"]), P1S, four)
    assert found is not None
    assert found.words == "Left has no nozzle of 0.6 mm."


def test_filaments_are_found_by_material_and_colour() -> None:
    """The nearest colour of the same material; what the plate does not use stays unfed."""
    status = loaded(
        (0, 0, "PETG", "#FF0000"),
        (0, 1, "PLA", "#FE0102"),
        (0, 2, "PLA", "#FF0000"),
        (128, 0, "PLA", "#00FF00"),
    )
    assert fed(plate((1, "PLA", "#FF0000")), status) == [(0, 2)]
    assert fed(plate((2, "PLA", "#00FF00"), (4, "PETG", "#FF0000")), status) == [
        None,
        (128, 0),
        None,
        (0, 0),
    ]
    # Two filaments of one colour come from two slots while there are two.
    assert fed(plate((1, "PLA", "#FF0000"), (2, "PLA", "#FF0000")), status) == [(0, 2), (0, 1)]


def test_what_is_not_loaded_is_named() -> None:
    """Another material or a plainly other colour is not taken, unless any colour will do."""
    status = loaded((0, 0, "PLA", "#0000FF"))
    assert fed(plate((1, "PETG", "#0000FF")), status) == "PETG #0000FF is not loaded in Left."
    red = plate((1, "PLA", "#FF0000"))
    assert fed(red, status) == "PLA #FF0000 is not loaded in Left."
    assert fed(red, status, any_color=True) == [(0, 0)]


def test_a_chosen_slot_only_has_to_hold_something() -> None:
    """A person knows better what is in it; an empty one cannot be meant."""
    status = loaded((0, 0, "PLA", "#0000FF"), (0, 3, None, None))
    red = plate((1, "PETG", "#FF0000"))
    assert fed(red, status, FilamentChoice(1, 0, 3)) == [(0, 3)]
    assert fed(red, status, FilamentChoice(1, None, 0)) == [(None, 0)]
    assert fed(red, status, FilamentChoice(1, 0, 2)) == (
        "Nothing is loaded in slot 3 of AMS 0 of Left."
    )


def test_the_external_spool() -> None:
    """Taken when it is known to fit; without an AMS and without a word also unknown."""
    red = plate((1, "PLA", "#FF0000"))
    assert fed(red, loaded((None, 0, "PLA", "#FF0000"))) == [(None, 0)]
    assert fed(red, loaded((None, 0, None, None))) == [(None, 0)]
    assert fed(red, PrinterStatus()) == [(None, 0)]
    assert fed(red, loaded((None, 0, "PETG", None))) == "PLA #FF0000 is not loaded in Left."
    assert fed(red, loaded((0, 0, "ABS", None))) == "PLA #FF0000 is not loaded in Left."
    two = plate((1, "PLA", "#FF0000"), (2, "PLA", "#00FF00"))
    assert fed(two, PrinterStatus()) == "PLA #FF0000 is not loaded in Left."


def test_how_far_colours_are_apart() -> None:
    """From 0, the same or not known, to 1, black and white."""
    assert color_distance("#000000", "#FFFFFF") == 1.0
    assert color_distance("#123456", "#123456") == 0.0
    assert color_distance(None, "#FFFFFF") == 0.0
    assert color_distance("#zzzzzz", "#FFFFFF") == 0.0
    assert Feed(0, 1) == Feed(0, 1)
