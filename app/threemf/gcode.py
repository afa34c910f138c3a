"""What the comments of g-code tell, at its beginning and, from other slicers, at its end."""

from __future__ import annotations

import re
from decimal import Decimal

from app.threemf import figures
from app.threemf.slice_info import MAX_FILAMENTS, model_name
from app.threemf.sliced import PlateFilament, SlicedPlate

# Where the header and the settings of the vendor's slicer are.
HEAD = 128 * 1024
TAIL = 64 * 1024
_LINE = re.compile(
    r"^;[ \t]*([A-Za-z][^:=\n]{0,80}?)[ \t]*[:=][ \t]*([^\n]{0,5000})$", re.MULTILINE
)
_ESTIMATE = re.compile(r"total estimated time:\s*([0-9dhms ]{1,60})")
_MILLIMETRES = Decimal(1000)


def plate_of(head: bytes, tail: bytes = b"") -> SlicedPlate:
    """A plate from the first and last bytes of its g-code."""
    text = head.decode("utf-8", "replace") + "\n" + tail.decode("utf-8", "replace")
    text = text.replace("\r\n", "\n")
    values: dict[str, str] = {}
    for name, value in _LINE.findall(text):
        values.setdefault(name.lower(), value.strip())
    filaments = _filaments(values)
    weights = [item.grams for item in filaments]
    return SlicedPlate(
        number=1,
        seconds=_seconds(text, values),
        grams=_sum(weights),
        layers=figures.whole(
            values.get("total layer number") or values.get("total layers count"), 1_000_000
        ),
        printer_model=model_name(values.get("printer_model")),
        nozzles=tuple(size for size in figures.decimals(values.get("nozzle_diameter"), 8) if size),
        bed_type=figures.clean(values.get("curr_bed_type"), 64),
        filaments=filaments,
    )


def _seconds(text: str, values: dict[str, str]) -> int | None:
    found = _ESTIMATE.search(text)
    told = found.group(1) if found else values.get("estimated printing time (normal mode)")
    return figures.duration(told)


def _filaments(values: dict[str, str]) -> tuple[PlateFilament, ...]:
    grams = _amounts(values, "total filament weight [g]", "filament used [g]")
    lengths = _amounts(values, "total filament length [mm]", "filament used [mm]")
    numbers = figures.decimals(values.get("filament"))
    if len(numbers) != len(grams) or not all(numbers):
        numbers = [Decimal(index + 1) for index in range(len(grams))]
    types = _texts(values.get("filament_type"))
    colors = _texts(values.get("filament_colour"))
    presets = _texts(values.get("filament_ids"))
    found = []
    for place, weight in enumerate(grams):
        number = int(numbers[place] or 0)
        if not 1 <= number <= MAX_FILAMENTS or weight == 0:
            continue
        length = lengths[place] if place < len(lengths) else None
        found.append(
            PlateFilament(
                number=number,
                material=figures.clean(_at(types, number), 64) or "Unknown",
                color=figures.color(_at(colors, number)),
                preset=figures.clean(_at(presets, number), 64),
                grams=weight,
                meters=None if length is None else round(length / _MILLIMETRES, 6),
            )
        )
    return tuple(found)


def _amounts(values: dict[str, str], *names: str) -> list[Decimal | None]:
    told = next((values[name] for name in names if name in values), None)
    return [] if told is None else figures.decimals(told)


def _texts(value: str | None) -> list[str]:
    return [item.strip().strip('"') for item in (value or "").split(";")[:MAX_FILAMENTS]]


def _at(values: list[str], number: int) -> str | None:
    return values[number - 1] if number <= len(values) else None


def _sum(weights: list[Decimal | None]) -> Decimal | None:
    known = [weight for weight in weights if weight is not None]
    return sum(known, Decimal(0)) if known and len(known) == len(weights) else None
