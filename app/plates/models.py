"""The plates of stored files: what the slicer tells of each, read once."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.columns import GRAMS
from app.tables import Table, TeamOwned
from app.threemf.sliced import PlateFilament


class Plate(TeamOwned, Table):
    """One plate of a stored file. `number` counts from 1; `printable` when its g-code is there.

    `estimated_duration` is seconds, `nozzle_diameters` are millimetres as text, `printer_model`
    is a product name. `filaments` is JSON; `uses` reads it.
    """

    __tablename__ = "plates"
    __table_args__ = (Index(None, "file_id", "number", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_files.id", ondelete="CASCADE"))
    number: Mapped[int]
    printable: Mapped[bool]
    name: Mapped[str | None] = mapped_column(String(200))
    estimated_duration: Mapped[int | None]
    grams: Mapped[Decimal | None] = mapped_column(GRAMS)
    layers: Mapped[int | None]
    printer_model: Mapped[str | None] = mapped_column(String(64))
    nozzle_diameters: Mapped[list[str]] = mapped_column(JSON, default=list)
    bed_type: Mapped[str | None] = mapped_column(String(64))
    filaments: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    thumbnail_id: Mapped[int | None] = mapped_column(ForeignKey("stored_files.id"), index=True)

    @property
    def uses(self) -> tuple[PlateFilament, ...]:
        """The filaments the plate uses, in the order of the project."""
        return tuple(
            PlateFilament(
                number=item["number"],
                material=item["material"],
                color=item["color"],
                preset=item["preset"],
                grams=_amount(item["grams"]),
                meters=_amount(item["meters"]),
            )
            for item in self.filaments
        )


def filaments_json(filaments: Sequence[PlateFilament]) -> list[dict[str, Any]]:
    """Filaments as `Plate.filaments` keeps them; amounts are text, so that they stay exact."""
    return [
        {
            "number": item.number,
            "material": item.material,
            "color": item.color,
            "preset": item.preset,
            "grams": None if item.grams is None else str(item.grams),
            "meters": None if item.meters is None else str(item.meters),
        }
        for item in filaments
    ]


def _amount(value: str | None) -> Decimal | None:
    return None if value is None else Decimal(value)
