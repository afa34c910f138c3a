"""What mutations of the queue are given, and as what the domain takes it."""

from collections.abc import Sequence

import strawberry

from app.print_queue import wishes
from schema.fields import about


@strawberry.input(description="Feed a filament of the file from a slot.")
class FilamentChoiceInput:
    filament: int = about("The filament of the file, 1 the first.")
    unit: int | None = about("Id of the AMS; null for an external spool holder.", default=None)
    slot: int = about(
        "Slot of the AMS, 0 the first. Of external holders 0 is the right or only one, 1 the left."
    )


@strawberry.input(description="What the printer does besides printing.")
class PrintOptionsInput:
    bed_levelling: bool = about("Measure the bed first.", default=True)
    flow_calibration: bool = about("Calibrate the flow first.", default=False)
    vibration_calibration: bool = about("Calibrate against vibrations first.", default=False)
    layer_inspection: bool = about("Look at the first layer.", default=False)
    timelapse: bool = about("Record a timelapse.", default=False)
    any_color: bool = about("Take any colour of the material.", default=False)


def choices(given: Sequence[FilamentChoiceInput]) -> tuple[wishes.FilamentChoice, ...]:
    """Slots as the domain knows them."""
    return tuple(wishes.FilamentChoice(item.filament, item.unit, item.slot) for item in given)


def options(given: PrintOptionsInput) -> wishes.PrintOptions:
    """Options as the domain knows them."""
    return wishes.PrintOptions(**vars(given))
