"""Sliced 3MF files, as a slicer exports them for one model of printer.

Names and keys are those of real files; geometry and g-code are as small as they may be.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from app.simulator.jobs import Filament
from app.simulator.picture import plate_png

# g/cm³ and the slicer's name of the kind.
DENSITY = {"PLA": 1.24, "PETG": 1.27, "ABS": 1.04, "TPU": 1.21}
KIND = {"PLA": "GFA00", "PETG": "GFG00", "ABS": "GFB00", "TPU": "GFU01"}
CUBIC_CM_PER_METRE = 2.40528  # of filament 1.75 mm thick
FIRST_OBJECT = 101


@dataclass(frozen=True, slots=True)
class Plate:
    """One sliced plate. `seconds` is the slicer's estimate; the place of a filament is its number
    in the project, and one of 0 grams is not used on this plate."""

    seconds: int = 600
    layers: int = 100
    filaments: tuple[Filament, ...] = (Filament(),)
    objects: tuple[str, ...] = ("part",)

    @property
    def used(self) -> list[tuple[int, Filament]]:
        """The filaments this plate needs, each with its number in the project from 1."""
        return [(n, each) for n, each in enumerate(self.filaments, 1) if each.grams > 0]


def metres(filament: Filament) -> float:
    """Length of a filament of 1.75 mm."""
    return filament.grams / DENSITY.get(filament.type, 1.24) / CUBIC_CM_PER_METRE


def sliced_file(
    title: str,
    plates: Sequence[Plate] = (Plate(),),
    *,
    model_code: str = "C12",
    product: str = "P1S",
) -> bytes:
    """A sliced 3MF for the model with this code."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", _CONTENT_TYPES)
        archive.writestr("_rels/.rels", _RELATIONS)
        archive.writestr("3D/3dmodel.model", _model(title))
        archive.writestr("Metadata/slice_info.config", _slice_info(plates, model_code))
        archive.writestr("Metadata/model_settings.config", _model_settings(plates))
        archive.writestr("Metadata/project_settings.config", _project_settings(plates, product))
        for number, plate in enumerate(plates, 1):
            for name, content in _plate_entries(title, number, plate, product):
                archive.writestr(f"Metadata/{name}", content)
    return buffer.getvalue()


def _plate_entries(
    title: str, number: int, plate: Plate, product: str
) -> Iterator[tuple[str, str | bytes]]:
    colours = [filament.color for _, filament in plate.used]
    gcode = "\n".join(_gcode(plate, product)) + "\n"
    yield f"plate_{number}.png", plate_png(title, colours)
    yield f"plate_{number}_small.png", plate_png(title, colours, 128)
    yield f"plate_{number}.json", json.dumps(_plate_summary(plate))
    yield f"plate_{number}.gcode", gcode
    digest = hashlib.md5(gcode.encode(), usedforsecurity=False).hexdigest().upper()
    yield f"plate_{number}.gcode.md5", digest


def _model(title: str) -> str:
    corners = [(x, y, z) for x in (0, 10) for y in (0, 10) for z in (0, 10)]
    faces = [(0, 1, 2), (1, 3, 2), (0, 4, 6), (0, 6, 4), (0, 1, 5), (0, 5, 1)]
    faces += [(2, 3, 7), (2, 7, 6), (4, 5, 7), (4, 7, 5), (3, 6, 7), (3, 7, 5)]
    vertices = "".join(f'<vertex x="{x}" y="{y}" z="{z}"/>' for x, y, z in corners)
    triangles = "".join(f'<triangle v1="{a}" v2="{b}" v3="{c}"/>' for a, b, c in faces)
    escaped = quoteattr(title)[1:-1].replace("<", "&lt;")
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<model unit="millimeter" xml:lang="en-US" '
        'xmlns="http://schemas.microsoft.com/3dmanufacturing/core/2015/02">'
        '<metadata name="Application">Simulated slicer</metadata>'
        f'<metadata name="Title">{escaped}</metadata>'
        '<metadata name="Designer">Simulated designer</metadata>'
        f'<resources><object id="1" type="model"><mesh><vertices>{vertices}</vertices>'
        f"<triangles>{triangles}</triangles></mesh></object></resources>"
        '<build><item objectid="1"/></build></model>'
    )


def _slice_info(plates: Sequence[Plate], model_code: str) -> str:
    header = (
        '<header><header_item key="X-BBL-Client-Type" value="slicer"/>'
        '<header_item key="X-BBL-Client-Version" value="02.00.00.00"/></header>'
    )
    body = "".join(_slice_plate(n, plate, model_code) for n, plate in enumerate(plates, 1))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<config>{header}{body}</config>'


def _slice_plate(number: int, plate: Plate, model_code: str) -> str:
    facts = {
        "index": number,
        "printer_model_id": model_code,
        "nozzle_diameters": "0.4",
        "timelapse_type": 0,
        "prediction": plate.seconds,
        "weight": f"{sum(filament.grams for _, filament in plate.used):.2f}",
        "outside": "false",
        "support_used": "false",
        "label_object_enabled": "true",
    }
    rows = [
        f'<metadata key="{key}" value={quoteattr(str(value))}/>' for key, value in facts.items()
    ]
    for place, name in enumerate(plate.objects):
        identity = FIRST_OBJECT + 10 * place
        rows.append(f'<object identify_id="{identity}" name={quoteattr(name)} skipped="false"/>')
    for project_number, filament in plate.used:
        rows.append(
            f'<filament id="{project_number}" tray_info_idx="{KIND.get(filament.type, "GFL99")}"'
            f' type={quoteattr(filament.type)} color="#{filament.color}"'
            f' used_m="{metres(filament):.2f}" used_g="{filament.grams:.2f}"/>'
        )
    return f"<plate>{''.join(rows)}</plate>"


def _model_settings(plates: Sequence[Plate]) -> str:
    rows = "".join(
        f'<plate><metadata key="plater_id" value="{number}"/>'
        f'<metadata key="plater_name" value=""/>'
        f'<metadata key="gcode_file" value="Metadata/plate_{number}.gcode"/>'
        f'<metadata key="thumbnail_file" value="Metadata/plate_{number}.png"/></plate>'
        for number in range(1, len(plates) + 1)
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<config>{rows}</config>'


def _project_settings(plates: Sequence[Plate], product: str) -> str:
    filaments = max((plate.filaments for plate in plates), key=len)
    return json.dumps(
        {
            "printer_model": f"Bambu Lab {product}",
            "printer_settings_id": f"Bambu Lab {product} 0.4 nozzle",
            "print_settings_id": "0.20mm Standard",
            "layer_height": "0.2",
            "initial_layer_print_height": "0.2",
            "nozzle_diameter": ["0.4"],
            "curr_bed_type": "Textured PEI Plate",
            "sparse_infill_density": "15%",
            "wall_loops": "2",
            "enable_support": "0",
            "filament_type": [filament.type for filament in filaments],
            "filament_colour": [f"#{filament.color}" for filament in filaments],
            "filament_ids": [KIND.get(filament.type, "GFL99") for filament in filaments],
            "filament_settings_id": [f"{filament.type} Basic" for filament in filaments],
            "filament_vendor": ["Simulated" for _ in filaments],
            "filament_density": [str(DENSITY.get(each.type, 1.24)) for each in filaments],
            "filament_diameter": ["1.75" for _ in filaments],
        },
        indent=4,
    )


def _plate_summary(plate: Plate) -> dict[str, object]:
    return {
        "bbox_all": [10.0, 10.0, 60.0, 60.0],
        "bbox_objects": [
            {"id": FIRST_OBJECT + 10 * place, "name": name, "layer_height": 0.2}
            for place, name in enumerate(plate.objects)
        ],
        "bed_type": "textured_plate",
        "filament_colors": [f"#{filament.color}" for _, filament in plate.used],
        "filament_ids": [number - 1 for number, _ in plate.used],
        "nozzle_diameter": 0.4,
        "is_seq_print": False,
        "version": 2,
    }


def _gcode(plate: Plate, product: str) -> Iterator[str]:
    used = plate.used
    lengths = [metres(filament) * 1000 for _, filament in used]
    yield "; HEADER_BLOCK_START"
    yield f"; total layer number: {plate.layers}"
    yield f"; total filament length [mm] : {','.join(f'{each:.2f}' for each in lengths)}"
    yield f"; total filament weight [g] : {','.join(f'{each.grams:.2f}' for _, each in used)}"
    time = _spoken(plate.seconds)
    yield f"; model printing time: {time}; total estimated time: {time}"
    yield f"; filament_density: {','.join(str(DENSITY.get(e.type, 1.24)) for _, e in used)}"
    yield f"; filament_diameter: {','.join('1.75' for _ in used)}"
    yield f"; max_z_height: {plate.layers * 0.2:.2f}"
    yield "; HEADER_BLOCK_END"
    yield "; CONFIG_BLOCK_START"
    yield f"; printer_model = Bambu Lab {product}"
    yield "; CONFIG_BLOCK_END"
    yield "M83"
    yield f"M73 P0 R{round(plate.seconds / 60)}"
    for layer in range(1, plate.layers + 1):
        yield "; CHANGE_LAYER"
        yield f"; Z_HEIGHT: {layer * 0.2:.2f}"
        yield f"M73 L{layer}"
        for (number, _), length in zip(used, lengths, strict=True):
            yield f"T{number - 1}"
            yield f"G1 X{10 + layer % 40} Y20 E{length / plate.layers:.5f}"
        done = layer / plate.layers
        yield f"M73 P{int(done * 100)} R{round(plate.seconds * (1 - done) / 60)}"


def _spoken(seconds: int) -> str:
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}h {minutes}m {left}s" if hours else f"{minutes}m {left}s"


_CONTENT_TYPES = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="model" '
    'ContentType="application/vnd.ms-package.3dmanufacturing-3dmodel+xml"/>'
    '<Default Extension="png" ContentType="image/png"/>'
    '<Default Extension="gcode" ContentType="text/x.gcode"/></Types>'
)
_RELATIONS = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Target="/3D/3dmodel.model" Id="rel-1" '
    'Type="http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"/></Relationships>'
)
