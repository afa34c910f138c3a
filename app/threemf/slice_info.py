"""`Metadata/slice_info.config` and its neighbours: what the slicer reckoned per plate."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import orjson

from app.printers.catalogue import model_of_name
from app.records import record
from app.threemf import figures
from app.threemf.sliced import PlateFilament, SlicedPlate, Unreadable

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MAX_PLATES = 200
MAX_PLATE_NUMBER = 999
MAX_FILAMENTS = 64
MAX_NOZZLES = 8
_TITLE = re.compile(rb'<metadata\s+name="Title"\s*>([^<]{0,2000})</metadata>')


def parse_xml(data: bytes, name: str) -> Element:
    """An XML document without a document type. Raises `Unreadable`."""
    # Not before a file is read: with a parser that nothing else needs.
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root: Element = fromstring(data, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise Unreadable(f"{name} in the file is not sound XML.") from error
    return root


def model_name(code: str | None) -> str | None:
    """The product name of a machine code, or the code itself."""
    known = model_of_name(code) if code else None
    return known.name if known is not None else figures.clean(code, 64)


def plates_of(data: bytes) -> list[SlicedPlate]:
    """The plates of a `slice_info.config`; a number that comes twice counts once."""
    found: dict[int, SlicedPlate] = {}
    for element in parse_xml(data, "slice_info.config").iterfind("plate"):
        values = _metadata(element)
        number = figures.whole(values.get("index"), MAX_PLATE_NUMBER)
        if number is None or number < 1 or number in found:
            continue
        if len(found) >= MAX_PLATES:
            raise Unreadable(f"The file has more than {MAX_PLATES} plates.")
        found[number] = SlicedPlate(
            number=number,
            printable=False,
            seconds=figures.whole(values.get("prediction"), figures.MAX_SECONDS),
            grams=figures.decimal(values.get("weight")),
            printer_model=model_name(values.get("printer_model_id")),
            nozzles=tuple(
                size
                for size in figures.decimals(values.get("nozzle_diameters"), MAX_NOZZLES)
                if size
            ),
            bed_type=figures.clean(values.get("curr_bed_type"), 64),
            filaments=tuple(_filaments(element)),
        )
    return [found[number] for number in sorted(found)]


def _metadata(element: Element) -> dict[str, str]:
    return {item.get("key", ""): item.get("value", "") for item in element.iterfind("metadata")}


def _filaments(element: Element) -> Iterator[PlateFilament]:
    seen: set[int] = set()
    for item in element.iterfind("filament"):
        number = figures.whole(item.get("id"), MAX_FILAMENTS)
        if number is None or number < 1 or number in seen:
            continue
        seen.add(number)
        yield PlateFilament(
            number=number,
            material=figures.clean(item.get("type"), 64) or "Unknown",
            color=figures.color(item.get("color")),
            preset=figures.clean(item.get("tray_info_idx"), 64),
            grams=figures.decimal(item.get("used_g")),
            meters=figures.decimal(item.get("used_m")),
        )


def plate_names(data: bytes) -> dict[int, str]:
    """The names people gave the plates, from `model_settings.config`."""
    names: dict[int, str] = {}
    for element in parse_xml(data, "model_settings.config").iterfind("plate"):
        values = _metadata(element)
        number = figures.whole(values.get("plater_id"), MAX_PLATE_NUMBER)
        name = figures.clean(values.get("plater_name"))
        if number is not None and name is not None:
            names[number] = name
    return names


@record
class ProjectSettings:
    """What of `project_settings.config` fills gaps of older slicers."""

    printer_model: str | None = None
    bed_type: str | None = None

    @classmethod
    def of(cls, data: bytes) -> ProjectSettings:
        """Settings that cannot be read are no settings: nothing depends on them."""
        try:
            raw = orjson.loads(data)
        except orjson.JSONDecodeError:
            return cls()
        values = raw if isinstance(raw, dict) else {}
        model, bed = values.get("printer_model"), values.get("curr_bed_type")
        return cls(
            model_name(model) if isinstance(model, str) else None,
            figures.clean(bed, 64) if isinstance(bed, str) else None,
        )


def title_of(head: bytes) -> str | None:
    """The title near the beginning of `3dmodel.model`; slicers escape it several times."""
    found = _TITLE.search(head)
    if found is None:
        return None
    text = found.group(1).decode("utf-8", "replace")
    for _ in range(5):
        plain = html.unescape(text)
        if plain == text:
            break
        text = plain
    return figures.clean(text)
