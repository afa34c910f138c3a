"""Whether a plate fits a printer and what is loaded there, and which slot feeds which filament."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation

from app.plates.models import Plate
from app.print_queue.obstacles import Kind, Obstacle
from app.print_queue.wishes import FilamentChoice
from app.printers.catalogue import PrinterModel, model_for, model_of_name
from app.printers.models import Printer
from app.printers.orders import Feed
from app.printers.status import AmsTray, PrinterStatus
from app.threemf.sliced import PlateFilament

# The greatest difference of two colours that a person would still call the same, 0 to 1.
NEAR = 0.12
# These are one machine under two names.
_SAME_MACHINE = {"X1": "X1 Carbon"}


def model_obstacle(plate: Plate, printer: Printer, *, chosen: bool) -> Obstacle | None:
    """Why the plate is not for this model. A file that does not say for which model it was made
    goes only where a person has ``chosen`` the printer."""
    own, told = model_for(printer.serial_number, printer.model), plate.printer_model
    if told is None:
        words = "The file does not tell which printer it was made for: choose the printer."
        return None if chosen else Obstacle(Kind.MODEL, words)
    wanted = model_of_name(told)
    fits = _machine(wanted) == _machine(own) if wanted else told.lower() == printer.model.lower()
    if fits:
        return None
    name = told if wanted is None else wanted.name
    return Obstacle(
        Kind.MODEL, f"The file was made for {name}, and {printer.name} is {printer.model}."
    )


def _machine(model: PrinterModel) -> str:
    return _SAME_MACHINE.get(model.name, model.name)


def nozzle_obstacle(plate: Plate, printer: Printer, status: PrinterStatus) -> Obstacle | None:
    """Why the plate is not for the nozzles that are mounted, as far as the printer tells."""
    mounted = {
        round(nozzle.diameter, 2)
        for nozzle in status.temperatures.nozzles
        if nozzle.diameter is not None
    }
    wanted = {size for size in map(_size, plate.nozzle_diameters) if size}
    if not mounted or wanted <= mounted:
        return None
    sizes = " and ".join(f"{size:g} mm" for size in sorted(wanted - mounted))
    return Obstacle(Kind.NOZZLE, f"{printer.name} has no nozzle of {sizes}.")


def _size(text: str) -> float | None:
    try:
        return round(float(Decimal(text)), 2)
    except InvalidOperation:
        return None


def feeds(
    plate: Plate,
    printer: Printer,
    status: PrinterStatus,
    choices: Sequence[FilamentChoice],
    *,
    any_color: bool,
) -> tuple[Feed | None, ...] | Obstacle:
    """The slot for each filament of the project up to the last one used, None for those that the
    plate does not use; or what is not loaded."""
    trays = list(_trays(status))
    chosen = {choice.filament: Feed(choice.unit, choice.slot) for choice in choices}
    found: dict[int, Feed] = {}
    taken: set[Feed] = set()
    for filament in plate.uses:
        feed: Feed | None
        if filament.number in chosen:
            feed = _as_chosen(chosen[filament.number], status)
        else:
            feed = _match(filament, trays, taken, any_color=any_color)
        if feed is None and len(plate.uses) == 1 and filament.number not in chosen:
            feed = _unknown_spool(status)
        if feed is None:
            return _not_loaded(filament, printer, chosen.get(filament.number))
        found[filament.number] = feed
        taken.add(feed)
    return tuple(found.get(number) for number in range(1, max(found, default=0) + 1))


def _trays(status: PrinterStatus) -> Iterator[AmsTray]:
    for unit in status.ams:
        yield from (tray for tray in unit.trays if tray.present and tray.material)
    yield from (tray for tray in status.external_spools if tray.present and tray.material)


def _as_chosen(feed: Feed, status: PrinterStatus) -> Feed | None:
    """A slot that a person chose: it only has to hold something, known or not."""
    if feed.unit is None:
        return feed
    for unit in status.ams:
        for tray in unit.trays:
            if (unit.id, tray.slot) == (feed.unit, feed.slot) and tray.present:
                return feed
    return None


def _match(
    filament: PlateFilament, trays: Sequence[AmsTray], taken: set[Feed], *, any_color: bool
) -> Feed | None:
    """The nearest colour of the material, from a slot that feeds nothing else if there is one."""
    fitting = []
    for place, tray in enumerate(trays):
        if _material(tray.material) != _material(filament.material):
            continue
        distance = color_distance(filament.color, tray.color)
        if any_color or distance <= NEAR:
            feed = Feed(tray.unit, tray.slot)
            fitting.append((feed in taken, distance, place, feed))
    return min(fitting)[3] if fitting else None


def _unknown_spool(status: PrinterStatus) -> Feed | None:
    """A printer without an AMS seldom knows what is on its spool holder: nothing contradicts."""
    known = any(tray.material for tray in status.external_spools)
    return None if status.ams or known else Feed(None, 0)


def _material(name: str | None) -> str:
    return (name or "").strip().upper()


def color_distance(one: str | None, other: str | None) -> float:
    """How far two colours (``#RRGGBB``) are apart, 0 the same to 1; 0 where one is not known."""
    first, second = _rgb(one), _rgb(other)
    if first is None or second is None:
        return 0.0
    squares = sum((a - b) ** 2 for a, b in zip(first, second, strict=True))
    return float((squares / (3 * 255**2)) ** 0.5)


def _rgb(color: str | None) -> tuple[int, int, int] | None:
    text = (color or "").removeprefix("#")
    if len(text) < 6:
        return None
    try:
        return int(text[0:2], 16), int(text[2:4], 16), int(text[4:6], 16)
    except ValueError:
        return None


def _not_loaded(filament: PlateFilament, printer: Printer, chosen: Feed | None) -> Obstacle:
    if chosen is not None:
        where = f"slot {chosen.slot + 1} of AMS {chosen.unit}"
        return Obstacle(Kind.FILAMENT, f"Nothing is loaded in {where} of {printer.name}.")
    what = " ".join(part for part in (filament.material, filament.color) if part)
    return Obstacle(Kind.FILAMENT, f"{what} is not loaded in {printer.name}.")
