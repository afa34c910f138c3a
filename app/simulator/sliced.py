"""What a printer reads of the file it is told to print."""

from __future__ import annotations

import io
import re
import zipfile
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from app.simulator.jobs import Filament
from app.simulator.threemf import Plate

HEADER = 4096  # bytes of g-code that are looked at
MAX_INFO = 4_194_304
MAX_FILAMENTS = 64
_LAYERS = re.compile(rb"; total layer number: *(\d+)")
_TIME = re.compile(rb"total estimated time: *(?:(\d+)d )?(?:(\d+)h )?(?:(\d+)m )?(\d+)s")


class BadFile(Exception):
    """The printer cannot print this."""


def read_plate(data: bytes, number: int) -> Plate:
    """A plate of a sliced 3MF; raises `BadFile` when the file or the plate is not there."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            with archive.open(f"Metadata/plate_{number}.gcode") as gcode:
                header = gcode.read(HEADER)
            with archive.open("Metadata/slice_info.config") as info:
                root = ElementTree.fromstring(info.read(MAX_INFO))
    except (zipfile.BadZipFile, KeyError, ParseError, DefusedXmlException, ValueError) as error:
        raise BadFile(str(error)) from None
    for element in root.iter("plate"):
        facts = {each.get("key"): each.get("value", "") for each in element.iter("metadata")}
        if facts.get("index") == str(number):
            return _plate(element, facts, header)
    raise BadFile(f"plate {number} is not sliced")


def read_gcode(data: bytes) -> Plate:
    """A plain g-code file, by what its head says."""
    return Plate(_seconds(data[:HEADER]), _layers(data[:HEADER]))


def _plate(element: Element, facts: dict[str | None, str], header: bytes) -> Plate:
    filaments: dict[int, Filament] = {}
    for each in element.iter("filament"):
        number = int(_number(each.get("id")))
        if 1 <= number <= MAX_FILAMENTS:
            filaments[number] = Filament(
                each.get("type", "PLA"),
                each.get("color", "").lstrip("#")[:6].upper() or "FFFFFF",
                _number(each.get("used_g")),
            )
    unused = Filament(grams=0.0)
    ordered = (filaments.get(n, unused) for n in range(1, max(filaments, default=0) + 1))
    seconds = int(_number(facts.get("prediction"))) or _seconds(header)
    names = tuple(each.get("name", "") for each in element.iter("object"))
    return Plate(seconds, _layers(header), tuple(ordered), names)


def _number(text: str | None) -> float:
    try:
        return float(text or 0)
    except ValueError:
        return 0.0


def _layers(header: bytes) -> int:
    found = _LAYERS.search(header)
    return max(1, int(found[1])) if found else 100


def _seconds(header: bytes) -> int:
    found = _TIME.search(header)
    if found is None:
        return 600
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return max(1, ((days * 24 + hours) * 60 + minutes) * 60 + seconds)
