"""Printers and what they print now."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.archives import models as archives
from app.print_queue.models import QueueItem as QueueRow
from app.print_queue.queries import SENT
from app.printers import models
from app.printers.models import Trust
from app.printers.status import PrinterStatus as LiveStatus
from app.statistics.queries import Period
from schema.archives.connections import LISTING, ArchiveFilter, ArchiveOrder, archives_of
from schema.camera.types import Camera
from schema.context import Context, Info
from schema.fields import about
from schema.ids import global_id
from schema.listings import ListedOf
from schema.nodes import Node
from schema.pagination import Connection
from schema.plans.sources import Column, Latest, Remembered, ToOne, planned, shows
from schema.print_queue.connections import QueueFilter, queue_of
from schema.printers.status import PrinterStatus
from schema.scalars import Seconds
from schema.statistics.types import Statistics, StatisticsFilter

if TYPE_CHECKING:
    from schema.archives.types import Archive
    from schema.print_queue.types import QueueItem

LazyArchive = Annotated["Archive", strawberry.lazy("schema.archives.types")]
LazyQueueItem = Annotated["QueueItem", strawberry.lazy("schema.print_queue.types")]


@strawberry.type(description="What a printer prints now.")
class CurrentPrint:
    name: str = about("Title of the print.")
    filename: str = about("File that is printed.")
    progress: int = about("Percent, 0 to 100.")
    remaining_time: Seconds | None = about("Time left.")
    started_at: datetime | None = about("When it began; null when nobody saw it begin.")
    archive_id: strawberry.Private[int | None]
    printer_id: strawberry.Private[int]

    @strawberry.field(
        description="The record of this print in the history.",
        metadata=planned(ToOne("archive_id")),
    )
    async def archive(self, info: Info) -> LazyArchive | None:
        from schema.archives.types import Archive

        row = await info.context.loaders.archives.get(self.archive_id)
        return None if row is None else Archive.of(row)

    @strawberry.field(
        description="The queue item that is being printed.",
        metadata=planned(
            Latest(QueueRow.printer_id, (QueueRow.status.in_(SENT),), key="printer_id")
        ),
    )
    async def queue_item(self, info: Info) -> LazyQueueItem | None:
        from schema.print_queue.types import QueueItem

        row = await info.context.loaders.printing_items.get(self.printer_id)
        return None if row is None else QueueItem.of(row)


def _status(context: Context, printer_id: int) -> LiveStatus:
    """The status from memory, whose attributes are the fields of `PrinterStatus`."""
    return context.runtime.live.status(printer_id)


def _current_print(context: Context, printer_id: int) -> CurrentPrint | None:
    status = context.runtime.live.status(printer_id)
    job = status.job
    if job is None or not status.is_active:
        return None
    left = status.remaining_time
    return CurrentPrint(
        name=job.name,
        filename=job.filename,
        progress=status.progress or 0,
        remaining_time=None if left is None else Seconds(left),
        started_at=job.started_at,
        archive_id=job.archive_id,
        printer_id=printer_id,
    )


def _can_start(context: Context, printer_id: int, requires_clear: bool, awaiting: bool) -> bool:
    return context.runtime.live.status(printer_id).is_free and not (requires_clear and awaiting)


def _can_pause(context: Context, printer_id: int) -> bool:
    return context.runtime.live.status(printer_id).can_pause


def _can_resume(context: Context, printer_id: int) -> bool:
    return context.runtime.live.status(printer_id).can_resume


def _can_stop(context: Context, printer_id: int) -> bool:
    return context.runtime.live.status(printer_id).can_stop


@shows(models.Printer)
@strawberry.type(description="A printer of the farm.")
class Printer(Node):
    row: strawberry.Private[models.Printer]
    database_id: int = about("The number older APIs use.", source=Column("id"))
    name: str = about("Name, as people call it.")
    model: str = about("Product name, `X1 Carbon`.")
    serial_number: str = about("Serial number.")
    ip_address: str | None = about("Address; null for one known on the central broker alone.")
    mqtt_port: int = about("Port of its MQTT broker.")
    ftps_port: int = about("Port of its file server.")
    camera_port: int = about("Port of its camera.")
    trust: Trust = about("How it proves who it is.")
    awaiting_plate_clear: bool = about("Whether the last print is still on the plate.")
    requires_plate_clear: bool = about(
        "Whether a person must clear the plate before the next print of the queue."
    )
    queue_paused: bool = about("Whether nothing new is started on it from the queue.")
    created_at: datetime = about("When it was added.")
    updated_at: datetime = about("When its entry was last changed.")

    @classmethod
    def of(cls, row: models.Printer) -> "Printer":
        return cls(
            row=row,
            id=global_id("Printer", row.id),
            database_id=row.id,
            name=row.name,
            model=row.model,
            serial_number=row.serial_number,
            ip_address=row.ip_address,
            mqtt_port=row.mqtt_port,
            ftps_port=row.ftps_port,
            camera_port=row.camera_port,
            trust=row.trust,
            awaiting_plate_clear=row.awaiting_plate_clear,
            requires_plate_clear=row.requires_plate_clear,
            queue_paused=row.queue_paused,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )

    @strawberry.field(
        description="Its latest state.", metadata=planned(Remembered(("id",), _status))
    )
    def status(self, info: Info) -> PrinterStatus:
        return PrinterStatus.of(_status(info.context, self.row.id), self.row.id)

    @strawberry.field(
        description="What it prints now; null when nothing prints.",
        metadata=planned(Remembered(("id",), _current_print)),
    )
    def current_print(self, info: Info) -> CurrentPrint | None:
        return _current_print(info.context, self.row.id)

    @strawberry.field(
        description="Whether a print could be started now.",
        metadata=planned(
            Remembered(("id", "requires_plate_clear", "awaiting_plate_clear"), _can_start)
        ),
    )
    def can_start(self, info: Info) -> bool:
        row = self.row
        return _can_start(info.context, row.id, row.requires_plate_clear, row.awaiting_plate_clear)

    @strawberry.field(
        description="Whether there is a print to pause.",
        metadata=planned(Remembered(("id",), _can_pause)),
    )
    def can_pause(self, info: Info) -> bool:
        return _can_pause(info.context, self.row.id)

    @strawberry.field(
        description="Whether there is a paused print to go on with.",
        metadata=planned(Remembered(("id",), _can_resume)),
    )
    def can_resume(self, info: Info) -> bool:
        return _can_resume(info.context, self.row.id)

    @strawberry.field(
        description="Whether there is a print to stop.",
        metadata=planned(Remembered(("id",), _can_stop)),
    )
    def can_stop(self, info: Info) -> bool:
        return _can_stop(info.context, self.row.id)

    @strawberry.field(description="Its camera.")
    def camera(self) -> Camera:
        return Camera.of(self.row)

    @strawberry.field(
        description="What it printed.",
        metadata=planned(ListedOf(LISTING, archives.Archive.printer_id)),
    )
    async def archives(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        filter: ArchiveFilter | None = None,
        order_by: ArchiveOrder | None = None,
    ) -> Connection[LazyArchive]:
        return await archives_of(
            info.context, "printer_id", self.row.id, first, after, filter, order_by
        )

    @strawberry.field(description="What waits for it or runs on it.")
    async def queue(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        filter: QueueFilter | None = None,
    ) -> Connection[LazyQueueItem]:
        return await queue_of(info.context, self.row.id, first, after, filter)

    @strawberry.field(description="Its statistics.")
    async def statistics(self, info: Info, filter: StatisticsFilter | None = None) -> Statistics:
        wanted = filter or StatisticsFilter()
        period = Period(self.row.id, wanted.start_date, wanted.end_date)
        return await Statistics.over(info.context, period)
