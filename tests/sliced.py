"""Sliced files for tests, in the form slicers give them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

PNG = b"\x89PNG\r\n\x1a\n" + b"picture"


@dataclass(frozen=True)
class Filament:
    """One `<filament>` of a plate."""

    number: int = 1
    material: str = "PLA"
    color: str = "#00AE42"
    grams: str = "12.34"
    meters: str = "4.11"
    preset: str = "GFA00"


@dataclass(frozen=True)
class Plate:
    """One plate of a file."""

    number: int = 1
    seconds: int = 3723
    layers: int = 120
    filaments: Sequence[Filament] = (Filament(),)
    name: str = ""
    code: bool = True
    picture: bytes | None = PNG
    model: str = "C12"

    @property
    def gcode(self) -> str:
        """The beginning of its g-code."""
        return (
            "; HEADER_BLOCK_START\n"
            f"; total layer number: {self.layers}\n"
            "; HEADER_BLOCK_END\n"
            "; printer_model = Bambu Lab P1S\n"
            "G28\nM73 P0 R62\n"
        )

    @property
    def info(self) -> str:
        """Its part of `slice_info.config`."""
        filaments = "".join(
            f'<filament id="{item.number}" tray_info_idx="{item.preset}" type="{item.material}" '
            f'color="{item.color}" used_m="{item.meters}" used_g="{item.grams}"/>'
            for item in self.filaments
        )
        weight = sum(float(item.grams) for item in self.filaments)
        return (
            f'<plate><metadata key="index" value="{self.number}"/>'
            f'<metadata key="printer_model_id" value="{self.model}"/>'
            '<metadata key="nozzle_diameters" value="0.4"/>'
            f'<metadata key="prediction" value="{self.seconds}"/>'
            f'<metadata key="weight" value="{weight:.2f}"/>{filaments}</plate>'
        )


def threemf(*plates: Plate, title: str = "Benchy", extra: dict[str, bytes] | None = None) -> bytes:
    """A sliced 3MF."""
    plates = plates or (Plate(),)
    entries: dict[str, bytes] = {
        "3D/3dmodel.model": f'<model><metadata name="Title">{title}</metadata></model>'.encode(),
        "Metadata/slice_info.config": (
            f"<config>{''.join(plate.info for plate in plates)}</config>"
        ).encode(),
        "Metadata/model_settings.config": (
            "<config>"
            + "".join(
                f'<plate><metadata key="plater_id" value="{plate.number}"/>'
                f'<metadata key="plater_name" value={quoteattr(plate.name)}/></plate>'
                for plate in plates
            )
            + "</config>"
        ).encode(),
    }
    for plate in plates:
        if plate.code:
            entries[f"Metadata/plate_{plate.number}.gcode"] = plate.gcode.encode()
        if plate.picture is not None:
            entries[f"Metadata/plate_{plate.number}.png"] = plate.picture
    return zipped(entries | (extra or {}))


def zipped(entries: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of these entries."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as package:
        for name, data in entries.items():
            # Of no time: the same entries make the same file whenever it is made.
            package.writestr(zipfile.ZipInfo(name), data, compress_type=method)
    return file.getvalue()


GCODE = b"""; HEADER_BLOCK_START
; BambuStudio 01.09.05.51
; model printing time: 1h 0m 3s; total estimated time: 1h 2m 3s
; total layer number: 120
; total filament length [mm] : 4110.00,800.5
; total filament volume [cm^3] : 9885.96,1925.45
; total filament weight [g] : 12.34,2.41
; filament: 1,3
; HEADER_BLOCK_END
; CONFIG_BLOCK_START
; filament_colour = #00AE42;#FFFFFF;#000000
; filament_ids = GFA00;GFA00;GFG00
; filament_type = PLA;PLA;PETG
; nozzle_diameter = 0.4
; printer_model = Bambu Lab X1 Carbon
; CONFIG_BLOCK_END
G28
"""
