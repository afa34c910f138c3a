"""Reading a sliced file: the list of its entries, the slicer's figures, the pictures.

The g-code, which is almost all of a file, is never read beyond its first lines.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from pathlib import Path

from app.threemf import gcode, slice_info
from app.threemf.package import Package
from app.threemf.slice_info import ProjectSettings
from app.threemf.sliced import SlicedFile, SlicedPlate, Unreadable

MAX_XML = 8_000_000
MAX_SETTINGS = 8_000_000
MAX_PICTURE = 4_000_000
MAX_PICTURES = 40
_MODEL_HEAD = 64 * 1024
_PNG = b"\x89PNG\r\n\x1a\n"
_ZIP = b"PK"
_PLATE_CODE = re.compile(r"Metadata/plate_([1-9]\d{0,2})\.gcode")
_PROJECT_PICTURES = (
    "Metadata/thumbnail.png",
    "Auxiliaries/.thumbnails/thumbnail_middle.png",
    "Auxiliaries/.thumbnails/thumbnail_3mf.png",
)


async def read_off_loop(path: Path, filename: str) -> SlicedFile:
    """`read`, in a thread."""
    return await asyncio.to_thread(read, path, filename)


def read(path: Path, filename: str) -> SlicedFile:
    """What a file tells; what it is called says whether it is a 3MF or plain g-code.

    Raises `Unreadable`.
    """
    name = filename.lower()
    if name.endswith(".3mf"):
        with Package(path) as package:
            return _of_package(package)
    if name.endswith(".gcode"):
        return _of_gcode(path)
    raise Unreadable("Only sliced files can be printed: .3mf or .gcode.")


def _of_gcode(path: Path) -> SlicedFile:
    with path.open("rb") as file:
        head = file.read(gcode.HEAD)
        size = file.seek(0, 2)
        file.seek(max(len(head), size - gcode.TAIL))
        tail = file.read()
    if not head or head.startswith(_ZIP) or b"\0" in head:
        raise Unreadable("The file is no g-code.")
    return SlicedFile("gcode", None, (gcode.plate_of(head, tail),))


def _of_package(package: Package) -> SlicedFile:
    info = package.read("Metadata/slice_info.config", MAX_XML)
    plates = {plate.number: plate for plate in (slice_info.plates_of(info) if info else ())}
    names = _plate_names(package)
    settings = ProjectSettings.of(
        package.read("Metadata/project_settings.config", MAX_SETTINGS) or b""
    )
    with_code = {int(found[1]) for name in package.names if (found := _PLATE_CODE.fullmatch(name))}
    if len(with_code) > slice_info.MAX_PLATES:
        raise Unreadable(f"The file has more than {slice_info.MAX_PLATES} plates.")
    pictures = 0
    read: list[SlicedPlate] = []
    for number in sorted(plates.keys() | with_code):
        plate = plates.get(number) or SlicedPlate(number)
        if number in with_code:
            plate = _with_code(package, plate)
        picture = _picture(package, number) if pictures < MAX_PICTURES else None
        pictures += picture is not None
        read.append(
            replace(
                plate,
                name=names.get(number),
                printer_model=plate.printer_model or settings.printer_model,
                bed_type=plate.bed_type or settings.bed_type,
                thumbnail=picture,
            )
        )
    title = slice_info.title_of(package.head("3D/3dmodel.model", _MODEL_HEAD) or b"")
    return SlicedFile("3mf", title, tuple(read))


def _plate_names(package: Package) -> dict[int, str]:
    data = package.read("Metadata/model_settings.config", MAX_XML)
    return slice_info.plate_names(data) if data else {}


def _with_code(package: Package, plate: SlicedPlate) -> SlicedPlate:
    """The plate with what only its g-code tells."""
    head = package.head(f"Metadata/plate_{plate.number}.gcode", gcode.HEAD) or b""
    told = gcode.plate_of(head)
    return replace(
        plate,
        printable=True,
        seconds=told.seconds if plate.seconds is None else plate.seconds,
        grams=told.grams if plate.grams is None else plate.grams,
        layers=told.layers,
        printer_model=plate.printer_model or told.printer_model,
        nozzles=plate.nozzles or told.nozzles,
        bed_type=plate.bed_type or told.bed_type,
        filaments=plate.filaments or told.filaments,
    )


def _picture(package: Package, number: int) -> bytes | None:
    """The picture of a plate, else that of the project; one that is no PNG is none."""
    own = (f"Metadata/plate_{number}.png", f"Metadata/plate_{number}_small.png")
    for name in (*own, *_PROJECT_PICTURES):
        data = package.head(name, MAX_PICTURE + 1)
        if data is not None and len(data) <= MAX_PICTURE and data.startswith(_PNG):
            return data
    return None
