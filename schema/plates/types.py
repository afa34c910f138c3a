"""The plates of a sliced file."""

import strawberry

from app.plates import models
from app.threemf.sliced import PlateFilament as Filament
from schema.fields import about
from schema.scalars import Grams, Seconds


@strawberry.type(description="What a plate means to use of one filament.")
class PlateFilament:
    number: int = about("Number of the filament in the project, from 1.")
    material: str = about("Material, `PLA`.")
    color: str | None = about("Colour, `#RRGGBB`.")
    preset: str | None = about("The slicer's code of the filament, `GFA00`.")
    grams: Grams | None = about("Weight; null when the file does not tell.")
    meters: float | None = about("Length; null when the file does not tell.")

    @classmethod
    def of(cls, value: Filament) -> "PlateFilament":
        return cls(
            number=value.number,
            material=value.material,
            color=value.color,
            preset=value.preset,
            grams=None if value.grams is None else Grams(value.grams),
            meters=None if value.meters is None else float(value.meters),
        )


@strawberry.type(description="One plate of a sliced file.")
class Plate:
    number: int = about("Number of the plate, from 1.")
    name: str | None = about("What somebody called it in the slicer.")
    printable: bool = about("Whether its g-code is in the file.")
    estimated_duration: Seconds | None = about("How long the slicer thinks it takes.")
    weight: Grams | None = about("All filament together.")
    layers: int | None = about("Number of layers.")
    printer_model: str | None = about("The printer it was sliced for, `X1 Carbon`.")
    nozzle_diameters: list[float] = about("The nozzles it was sliced for, in millimetres.")
    bed_type: str | None = about("The build plate it was sliced for.")
    filaments: list[PlateFilament] = about("What it uses, filament by filament.")
    thumbnail_url: str | None = about("Where its picture can be had.")

    @classmethod
    def of(cls, row: models.Plate, thumbnail_url: str | None) -> "Plate":
        return cls(
            number=row.number,
            name=row.name,
            printable=row.printable,
            estimated_duration=(
                None if row.estimated_duration is None else Seconds(row.estimated_duration)
            ),
            weight=None if row.grams is None else Grams(row.grams),
            layers=row.layers,
            printer_model=row.printer_model,
            nozzle_diameters=[float(size) for size in row.nozzle_diameters],
            bed_type=row.bed_type,
            filaments=[PlateFilament.of(item) for item in row.uses],
            thumbnail_url=None if row.thumbnail_id is None else thumbnail_url,
        )
