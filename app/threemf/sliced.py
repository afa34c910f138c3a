"""What a sliced file says of itself: plain values, whatever kind of file they come from."""

from __future__ import annotations

from decimal import Decimal

from app.errors import Invalid
from app.records import record


class Unreadable(Invalid):
    """A file that is damaged, hostile, or not of the kind it should be; the message says why."""

    def __init__(self, message: str) -> None:
        super().__init__(message, field="file")


@record
class PlateFilament:
    """What a plate uses of one filament of the project.

    `number` counts the project's filaments from 1; `ams_mapping` has its entry at `number - 1`.
    `preset` is the slicer's code of the filament (`GFA00`), `color` is `#RRGGBB`.
    """

    number: int
    material: str
    color: str | None = None
    preset: str | None = None
    grams: Decimal | None = None
    meters: Decimal | None = None


@record
class SlicedPlate:
    """One plate. `number` counts from 1; `printable` when its g-code is in the file.

    `seconds` is the slicer's estimate, `grams` the weight of all filament, `nozzles` the
    diameters in millimetres, `printer_model` a product name or the code nobody catalogued.
    `thumbnail` is a PNG.
    """

    number: int
    printable: bool = True
    name: str | None = None
    seconds: int | None = None
    grams: Decimal | None = None
    layers: int | None = None
    printer_model: str | None = None
    nozzles: tuple[Decimal, ...] = ()
    bed_type: str | None = None
    filaments: tuple[PlateFilament, ...] = ()
    thumbnail: bytes | None = None


@record
class SlicedFile:
    """A file for printers. `kind` is `3mf` or `gcode`; plates are in the order of their number."""

    kind: str
    title: str | None
    plates: tuple[SlicedPlate, ...]

    def plate(self, number: int | None) -> SlicedPlate | None:
        """The plate with this number; without one, the only one there is to print."""
        if number is not None:
            return next((plate for plate in self.plates if plate.number == number), None)
        printable = [plate for plate in self.plates if plate.printable]
        return printable[0] if len(printable) == 1 else None
