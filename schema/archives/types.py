"""Archives: the records of the print history."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.archives import models
from app.archives.models import ArchiveStatus
from app.plates import models as models_of_plates
from schema.context import Context, Info
from schema.fields import about
from schema.ids import global_id
from schema.nodes import Node
from schema.plans.sources import Column, Computed, Remembered, ToMany, ToOne, planned, shows
from schema.scalars import Grams, Seconds

if TYPE_CHECKING:
    from schema.plates.types import Plate
    from schema.printers.types import Printer
    from schema.projects.types import Project
    from schema.spools.types import Spool


@shows(models.FilamentUse)
@strawberry.type(description="What one filament of a print used.")
class FilamentUsage:
    material: str = about("Material, `PLA`.")
    color: str | None = about("Colour, `#rrggbb`.", source=Column("color_hex"))
    grams: Grams | None = about("Weight used; null when it is not known.")
    meters: float | None = about("Length used; null when it is not known.")
    row: strawberry.Private[models.FilamentUse]

    @strawberry.field(
        description="The spool it came from, when that is known.",
        metadata=planned(ToOne("spool_id")),
    )
    async def spool(
        self, info: Info
    ) -> Annotated["Spool", strawberry.lazy("schema.spools.types")] | None:
        from schema.spools.types import Spool

        row = await info.context.loaders.spools.get(self.row.spool_id)
        return None if row is None else Spool.of(row)


def _address(context: Context, archive_id: int, what: str) -> str:
    base = (context.runtime.settings.public_url or "").rstrip("/")
    return f"{base}/api/v1/archives/{archive_id}/{what}"


def _file_url(context: Context, archive_id: int, file_id: int | None) -> str | None:
    return None if file_id is None else _address(context, archive_id, "3mf")


@shows(models.Archive)
@strawberry.type(description="One record of the history: a print, or a file that was uploaded.")
class Archive(Node):
    row: strawberry.Private[models.Archive]
    database_id: int = about("The number older APIs use.", source=Column("id"))
    name: str = about("Title.")
    filename: str = about("Name of the file.")
    status: ArchiveStatus = about("How the print stands.")
    created_at: datetime = about("When the record was made.")
    started_at: datetime | None = about("When the print began.")
    completed_at: datetime | None = about("When the print ended.")
    duration: Seconds | None = about("How long it took.")
    estimated_duration: Seconds | None = about("How long it was meant to take.")
    progress: int | None = about("Percent reached; 100 for a success.")
    total_layers: int | None = about("Layers of the print.")
    filament_used: Grams | None = about(
        "Filament used, when that is known; of a file that was not printed, what it means to use."
    )
    filament_type: str | None = about("Materials, `PLA, PETG`.")
    cost: Decimal | None = about("Cost of the filament, when that is known.")
    failure_reason: str | None = about("Why it failed or was stopped.")
    notes: str | None = about("Notes.")
    tags: list[str] = about("Tags.")
    has_file: bool = about(
        "Whether the printed file is stored.",
        source=Computed(("file_id",), lambda file_id: file_id is not None),
    )
    file_problem: str | None = about("Why the printed file is not stored, in words.")

    @classmethod
    def of(cls, row: models.Archive) -> "Archive":
        return cls(
            row=row,
            id=global_id("Archive", row.id),
            database_id=row.id,
            name=row.name,
            filename=row.filename,
            status=row.status,
            created_at=row.created_at,
            started_at=row.started_at,
            completed_at=row.completed_at,
            duration=None if row.duration is None else Seconds(row.duration),
            estimated_duration=(
                None if row.estimated_duration is None else Seconds(row.estimated_duration)
            ),
            progress=row.progress,
            total_layers=row.total_layers,
            filament_used=None if row.filament_used is None else Grams(row.filament_used),
            filament_type=row.filament_type,
            cost=row.cost,
            failure_reason=row.failure_reason,
            notes=row.notes,
            tags=row.tags,
            has_file=row.file_id is not None,
            file_problem=row.file_problem,
        )

    @strawberry.field(
        description="The printer; null when it is unknown or was removed.",
        metadata=planned(ToOne("printer_id")),
    )
    async def printer(
        self, info: Info
    ) -> Annotated["Printer", strawberry.lazy("schema.printers.types")] | None:
        from schema.printers.types import Printer

        row = await info.context.loaders.printers.get(self.row.printer_id)
        return None if row is None else Printer.of(row)

    @strawberry.field(
        description="The project it belongs to.", metadata=planned(ToOne("project_id"))
    )
    async def project(
        self, info: Info
    ) -> Annotated["Project", strawberry.lazy("schema.projects.types")] | None:
        from schema.projects.types import Project

        row = await info.context.loaders.projects.get(self.row.project_id)
        return None if row is None else Project.of(row)

    @strawberry.field(
        description="One entry per filament of the print.",
        metadata=planned(
            ToMany(
                models.FilamentUse.archive_id,
                (models.FilamentUse.position, models.FilamentUse.id),
            )
        ),
    )
    async def filaments(self, info: Info) -> list[FilamentUsage]:
        rows = await info.context.loaders.filament_uses.get(self.row.id) or []
        return [
            FilamentUsage(
                material=row.material,
                color=row.color_hex,
                grams=None if row.grams is None else Grams(row.grams),
                meters=None if row.meters is None else float(row.meters),
                row=row,
            )
            for row in rows
        ]

    @strawberry.field(
        description="Where the stored file can be had.",
        metadata=planned(Remembered(("id", "file_id"), _file_url)),
    )
    def file_url(self, info: Info) -> str | None:
        return _file_url(info.context, self.row.id, self.row.file_id)

    @strawberry.field(description="Where a picture of the print can be had.")
    async def thumbnail_url(self, info: Info) -> str | None:
        plate = self._printed(await self._plates(info))
        if plate is None or plate.thumbnail_id is None:
            return None
        return self._address(info, "thumbnail")

    @strawberry.field(description="The plate of the file that was or will be printed.")
    async def plate(
        self, info: Info
    ) -> Annotated["Plate", strawberry.lazy("schema.plates.types")] | None:
        found = self._printed(await self._plates(info))
        return None if found is None else self._plate(info, found)

    @strawberry.field(description="Every plate of the stored file.")
    async def plates(
        self, info: Info
    ) -> list[Annotated["Plate", strawberry.lazy("schema.plates.types")]]:
        return [self._plate(info, row) for row in await self._plates(info)]

    def _plate(self, info: Info, row: models_of_plates.Plate) -> "Plate":
        from schema.plates.types import Plate

        return Plate.of(row, self._address(info, f"thumbnail?plate={row.number}"))

    async def _plates(self, info: Info) -> list[models_of_plates.Plate]:
        return await info.context.loaders.plates.get(self.row.file_id) or []

    def _printed(self, rows: list[models_of_plates.Plate]) -> models_of_plates.Plate | None:
        return next((row for row in rows if row.number == self.row.plate), None)

    def _address(self, info: Info, what: str) -> str:
        return _address(info.context, self.row.id, what)
