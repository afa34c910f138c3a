"""How an item is to be printed: which slot feeds which filament, and what is done first."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, fields
from typing import Any

from app.errors import Invalid
from app.print_queue.models import QueueItem
from app.records import record

MAX_FILAMENTS = 64
MAX_PLATE = 999
_SLOTS = 4
# AMS, AMS lite and AMS 2 Pro; the A2L's AMS lite; AMS HT, which have one slot each.
_UNITS = frozenset({0, 1, 2, 3, 16, *range(128, 136)})
_EXTERNAL_SLOTS = 2


@record
class FilamentChoice:
    """Feed a filament of the file (1 is the first) from this slot.

    ``unit`` is the id of an AMS, or None for an external spool holder, whose slots are 0 (the
    right or only one) and 1 (the left one of two).
    """

    filament: int
    unit: int | None
    slot: int


@record
class PrintOptions:
    """What the printer does besides printing. ``any_color`` takes any colour of the material."""

    bed_levelling: bool = True
    flow_calibration: bool = False
    vibration_calibration: bool = False
    layer_inspection: bool = False
    timelapse: bool = False
    any_color: bool = False


DEFAULT_OPTIONS = PrintOptions()


def checked_plate(plate: int | None) -> int | None:
    """A plate's number; raises ``Invalid``."""
    if plate is not None and not 1 <= plate <= MAX_PLATE:
        raise Invalid(f"A plate's number lies between 1 and {MAX_PLATE}.", field="plate")
    return plate


def written_filaments(choices: Collection[FilamentChoice]) -> list[dict[str, Any]]:
    """The choices as JSON; raises ``Invalid`` for what no printer has."""
    if len({choice.filament for choice in choices}) != len(choices):
        raise Invalid("A filament is chosen twice.", field="filaments")
    for choice in choices:
        if not 1 <= choice.filament <= MAX_FILAMENTS:
            raise Invalid(f"Filaments count from 1 to {MAX_FILAMENTS}.", field="filaments")
        if not _exists(choice):
            raise Invalid("No printer has such a slot.", field="filaments")
    return [asdict(choice) for choice in sorted(choices, key=lambda choice: choice.filament)]


def _exists(choice: FilamentChoice) -> bool:
    if choice.unit is None:
        return 0 <= choice.slot < _EXTERNAL_SLOTS
    slots = 1 if choice.unit >= 128 else _SLOTS
    return choice.unit in _UNITS and 0 <= choice.slot < slots


def filaments_of(item: QueueItem) -> tuple[FilamentChoice, ...]:
    """The choices of an item."""
    return filaments_in(item.filaments)


def filaments_in(written: Collection[Mapping[str, Any]]) -> tuple[FilamentChoice, ...]:
    """The choices that are written as JSON."""
    return tuple(FilamentChoice(**choice) for choice in written)


def options_of(item: QueueItem) -> PrintOptions:
    """The options of an item."""
    return options_in(item.options)


def options_in(written: Mapping[str, bool]) -> PrintOptions:
    """The options that are written as JSON; what is not is as usual."""
    names = {field.name for field in fields(PrintOptions)}
    return PrintOptions(**{name: written[name] for name in names & written.keys()})


def written_options(options: PrintOptions) -> dict[str, bool]:
    """The options as JSON, without those that are as usual."""
    usual = asdict(DEFAULT_OPTIONS)
    return {name: value for name, value in asdict(options).items() if value != usual[name]}
