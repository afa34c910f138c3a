"""Queue items."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.print_queue import models, wishes
from app.print_queue.models import DispatchStage, QueueStatus
from schema.context import Context, Info
from schema.fields import about
from schema.ids import global_id
from schema.nodes import Node
from schema.plans.sources import Column, Computed, Latest, Remembered, ToOne, planned, shows

if TYPE_CHECKING:
    from schema.archives.types import Archive
    from schema.printers.types import Printer
    from schema.production.types import ProductionRun

LazyArchive = Annotated["Archive", strawberry.lazy("schema.archives.types")]
LazyPrinter = Annotated["Printer", strawberry.lazy("schema.printers.types")]


@strawberry.type(description="Which slot feeds a filament of the file.")
class FilamentChoice:
    filament: int = about("The filament of the file, 1 the first.")
    unit: int | None = about("Id of the AMS; null for an external spool holder.")
    slot: int = about("Slot of the AMS, 0 the first; 0 or 1 of the external spool holders.")


@strawberry.type(description="What the printer does besides printing.")
class PrintOptions:
    bed_levelling: bool = about("Measure the bed first.")
    flow_calibration: bool = about("Calibrate the flow first.")
    vibration_calibration: bool = about("Calibrate against vibrations first.")
    layer_inspection: bool = about("Look at the first layer.")
    timelapse: bool = about("Record a timelapse.")
    any_color: bool = about("Take any colour of the material.")


@shows(models.Dispatch)
@strawberry.type(description="One attempt to print an item on a printer.")
class Dispatch:
    row: strawberry.Private[models.Dispatch]
    stage: DispatchStage = about("How far it has come.")
    created_at: datetime = about("When it began.")
    commanded_at: datetime | None = about("When the printer was told to print.")
    ended_at: datetime | None = about("When it ended; null while it is under way.")
    reason: str | None = about("Why it did not succeed.")

    @strawberry.field(
        description="The printer; null once it was removed.",
        metadata=planned(ToOne("printer_id")),
    )
    async def printer(self, info: Info) -> LazyPrinter | None:
        from schema.printers.types import Printer

        row = await info.context.loaders.printers.get(self.row.printer_id)
        return None if row is None else Printer.of(row)


def _upload_progress(context: Context, item_id: int, status: QueueStatus) -> int | None:
    if status is not QueueStatus.UPLOADING:
        return None
    return context.runtime.uploads.progress(item_id) or 0


@shows(models.QueueItem)
@strawberry.type(description="A print to do.")
class QueueItem(Node):
    row: strawberry.Private[models.QueueItem]
    database_id: int = about("The number older APIs use.", source=Column("id"))
    status: QueueStatus = about("How it stands.")
    position: int = about("Its place in the queue, lowest first.")
    plate: int | None = about("The plate of the file; null for the only one.")
    require_previous_success: bool = about(
        "Whether it waits until the printer's last print of the queue was a success."
    )
    scheduled_time: datetime | None = about("Not before this moment.")
    created_at: datetime = about("When it was added.")
    started_at: datetime | None = about("When its print began.")
    completed_at: datetime | None = about("When it ended.")
    cancel_requested_at: datetime | None = about("When somebody took it back.")
    attempts: int = about("How often it was sent to a printer.")
    error: str | None = about("Why it failed, or why its last attempt did.")

    @classmethod
    def of(cls, row: models.QueueItem) -> "QueueItem":
        return cls(
            row=row,
            id=global_id("QueueItem", row.id),
            database_id=row.id,
            status=row.status,
            position=row.position,
            plate=row.plate,
            require_previous_success=row.require_previous_success,
            scheduled_time=row.scheduled_time,
            created_at=row.created_at,
            started_at=row.started_at,
            completed_at=row.completed_at,
            cancel_requested_at=row.cancel_requested_at,
            attempts=row.attempts,
            error=row.error,
        )

    @strawberry.field(
        description="Slots that were chosen; the rest goes by material and colour.",
        metadata=planned(Computed(("filaments",), wishes.filaments_in)),
    )
    def filaments(self) -> list[FilamentChoice]:
        return [
            FilamentChoice(filament=choice.filament, unit=choice.unit, slot=choice.slot)
            for choice in wishes.filaments_of(self.row)
        ]

    @strawberry.field(
        description="What the printer does besides printing.",
        metadata=planned(Computed(("options",), wishes.options_in)),
    )
    def options(self) -> PrintOptions:
        chosen = wishes.options_of(self.row)
        return PrintOptions(
            bed_levelling=chosen.bed_levelling,
            flow_calibration=chosen.flow_calibration,
            vibration_calibration=chosen.vibration_calibration,
            layer_inspection=chosen.layer_inspection,
            timelapse=chosen.timelapse,
            any_color=chosen.any_color,
        )

    @strawberry.field(
        description="The production run it is printed for.",
        metadata=planned(ToOne("production_run_id")),
    )
    async def production_run(
        self, info: Info
    ) -> Annotated["ProductionRun", strawberry.lazy("schema.production.types")] | None:
        from schema.production.types import ProductionRun

        row = await info.context.loaders.runs.get(self.row.production_run_id)
        return None if row is None else ProductionRun.of(row)

    @strawberry.field(description="What is printed.", metadata=planned(ToOne("archive_id")))
    async def archive(self, info: Info) -> LazyArchive:
        from schema.archives.types import Archive

        row = await info.context.loaders.archives.get(self.row.archive_id)
        if row is None:
            raise RuntimeError("a queue item without its archive")
        return Archive.of(row)

    @strawberry.field(
        description="The record of the history that printing it made.",
        metadata=planned(ToOne("result_archive_id")),
    )
    async def result(self, info: Info) -> LazyArchive | None:
        from schema.archives.types import Archive

        row = await info.context.loaders.archives.get(self.row.result_archive_id)
        return None if row is None else Archive.of(row)

    @strawberry.field(
        description="The printer; null while any free one that fits may take it.",
        metadata=planned(ToOne("printer_id")),
    )
    async def printer(self, info: Info) -> LazyPrinter | None:
        from schema.printers.types import Printer

        row = await info.context.loaders.printers.get(self.row.printer_id)
        return None if row is None else Printer.of(row)

    @strawberry.field(
        description="Its latest attempt; null when it was never sent.",
        metadata=planned(Latest(models.Dispatch.queue_item_id)),
    )
    async def dispatch(self, info: Info) -> Dispatch | None:
        row = await info.context.loaders.dispatches.get(self.row.id)
        if row is None:
            return None
        return Dispatch(
            row=row,
            stage=row.stage,
            created_at=row.created_at,
            commanded_at=row.commanded_at,
            ended_at=row.ended_at,
            reason=row.reason,
        )

    @strawberry.field(
        description="Percent of the file that has reached the printer, while sent.",
        metadata=planned(Remembered(("id", "status"), _upload_progress)),
    )
    def upload_progress(self, info: Info) -> int | None:
        return _upload_progress(info.context, self.row.id, self.row.status)

    @strawberry.field(description="Why it waits, in words; null once it does not wait any more.")
    async def waiting_reason(self, info: Info) -> str | None:
        if self.row.status is not QueueStatus.PENDING:
            return None
        known = await info.context.loaders.known_queues.get(self.row.team_id)
        if known is None:
            return None
        return known.plan(info.context.runtime.live).reasons.get(self.row.id)
