"""Live state and progress of printers: the present first, then every change, latest wins."""

from abc import abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.errors import NotFound, Unavailable
from app.events import (
    KINDS,
    ArchiveUpdated,
    DataFileEvent,
    PrintProgressed,
    ProductEvent,
    ProductionRunEvent,
    ProjectEvent,
    SpoolEvent,
)
from app.hub import EVENT, STATUS, Message
from app.printers import models, queries
from app.printers.live import StatusReason
from app.printers.status import PrinterState
from schema.context import Context, Info
from schema.fields import about
from schema.following.sources import Item, Source, Value, followed, told
from schema.ids import integer_id
from schema.printers.status import PrinterStatus
from schema.printers.types import Printer
from schema.scalars import Seconds

if TYPE_CHECKING:
    from schema.archives.types import Archive

# Events that leave printers as they are; a farm at work has many of them.
_ABOUT_OTHERS = frozenset(
    kind
    for kind, event in KINDS.items()
    if issubclass(
        event,
        ArchiveUpdated
        | DataFileEvent
        | PrintProgressed
        | ProductEvent
        | ProductionRunEvent
        | ProjectEvent
        | SpoolEvent,
    )
)
# A farm's printers and the kinds of events, each with its latest message.
FEED_BOUND = 10_000


@strawberry.type(description="A change of a printer.")
class PrinterStatusUpdate:
    printer: Printer = about("The printer.")
    status: PrinterStatus = about("Its state now.")
    seq: int = about("The same as `status.seq`.")
    reason: StatusReason = about("Why it was published.")


@strawberry.type(description="How far a print is.")
class PrintProgress:
    printer: Printer = about("The printer.")
    state: PrinterState = about("What it is doing.")
    progress: int | None = about("Percent; null when nothing prints.")
    remaining_time: Seconds | None = about("Time left.")
    current_layer: int | None = about("Layer that is printed.")
    total_layers: int | None = about("Layers of the print.")
    seq: int = about("Grows with each change of the printer.")
    archive_id: strawberry.Private[int | None]

    @strawberry.field(description="The record of the print in the history.")
    async def archive(
        self, info: Info
    ) -> Annotated["Archive", strawberry.lazy("schema.archives.types")] | None:
        from schema.archives.types import Archive

        row = await info.context.loaders.archives.get(self.archive_id)
        return None if row is None else Archive.of(row)


class _Rows:
    """The rows of the wanted printers, read again only after something happened on the farm.

    Statuses come all the time and rows hardly ever change; every change of one is an event. While
    the database is away the rows read before serve: printers go on, and so does what they tell.
    """

    def __init__(self, context: Context, wanted: set[int] | None) -> None:
        self._context = context
        self._wanted = wanted
        self._known: dict[int, models.Printer] | None = None
        self._changed = False

    async def known(self) -> dict[int, models.Printer]:
        """Rows by id, in the farm's order. Raises `Unavailable` if they were never read."""
        if self._known is None:
            self._known = await self._read()
        elif self._changed:
            with suppress(Unavailable):
                self._known = await self._read()
                self._changed = False
        return self._known

    async def _read(self) -> dict[int, models.Printer]:
        async with self._context.read() as session:
            rows = await queries.all_printers(session)
        wanted = self._wanted
        return {row.id: row for row in rows if wanted is None or row.id in wanted}

    def forget(self) -> None:
        """They may have changed."""
        self._changed = True


class _Printers(Source[Value]):
    """The wanted printers of the farm, each whenever it changes; the newest of each is enough."""

    def __init__(self, context: Context, wanted: set[int] | None, field: str) -> None:
        super().__init__(context)
        self.feed = context.runtime.hub.feed(
            STATUS, EVENT, team_id=context.viewer.team_id, latest=True, bound=FEED_BOUND
        )
        self._rows = _Rows(context, wanted)
        self._wanted = wanted or set()
        self._field = field

    @abstractmethod
    def _items(self, row: models.Printer, reason: StatusReason) -> Iterable[Item[Value]]:
        """What there is to tell of a printer as it is now."""

    async def present(self) -> AsyncIterator[Item[Value]]:
        """Every wanted printer. Raises `NotFound` when there is none of an id that is wanted."""
        known = await self._rows.known()
        if not self._wanted <= known.keys():
            raise NotFound("There is no such printer.", field=self._field)
        for row in known.values():
            for item in self._items(row, StatusReason.RESTORED):
                yield item

    async def read(self, message: Message) -> AsyncIterator[Item[Value]]:
        """The printer of a status; after missed messages all of them."""
        if message.topic == EVENT:
            if message.key not in _ABOUT_OTHERS:
                self._rows.forget()
            return
        if message.topic != STATUS:
            self._rows.forget()
        for row in _concerned(message, await self._rows.known()):
            change = self.context.runtime.live.change(row.id)
            if change is not None:
                for item in self._items(row, change.reason):
                    yield item


def _concerned(message: Message, known: dict[int, models.Printer]) -> list[models.Printer]:
    """The printers a message is about: one, or after missed messages all of them."""
    if message.topic != STATUS:
        return list(known.values())
    row = known.get(int(message.key))
    return [] if row is None else [row]


class PrinterStatuses(_Printers[PrinterStatusUpdate]):
    """Statuses of some printers, or of all."""

    def __init__(self, context: Context, printer_ids: list[strawberry.ID] | None = None) -> None:
        wanted = None if printer_ids is None else set(map(_printer_id, printer_ids))
        super().__init__(context, wanted, "printer_ids")

    def _items(
        self, row: models.Printer, reason: StatusReason
    ) -> Iterable[Item[PrinterStatusUpdate]]:
        status = self.context.runtime.live.status(row.id)

        def make() -> PrinterStatusUpdate:
            return PrinterStatusUpdate(
                printer=Printer.of(row),
                status=PrinterStatus.of(status, row.id),
                seq=status.seq,
                reason=reason,
            )

        yield Item(make, row.id, (row, status, reason))


class PrintProgresses(_Printers[PrintProgress]):
    """Progress of one printer. Temperatures change all the time; whoever asks for progress is
    told of progress."""

    def __init__(self, context: Context, printer_id: strawberry.ID) -> None:
        super().__init__(context, {_printer_id(printer_id)}, "printer_id")
        self._told: object = None

    async def missed(self) -> AsyncIterator[Item[PrintProgress]]:
        """What is shown now, unless it was told."""
        for row in (await self._rows.known()).values():
            for item in self._items(row, StatusReason.RESTORED):
                yield item

    async def present(self) -> AsyncIterator[Item[PrintProgress]]:
        """What is shown now; those who listen already still hear of it where it is new to them."""
        told, self._told = self._told, None
        async for item in super().present():
            yield item
        self._told = told or self._told

    def _items(self, row: models.Printer, reason: StatusReason) -> Iterable[Item[PrintProgress]]:
        status = self.context.runtime.live.status(row.id)
        archive_id = None if status.job is None else status.job.archive_id
        remaining = status.remaining_time
        shown = (
            status.state,
            status.progress,
            remaining,
            status.current_layer,
            status.total_layers,
            archive_id,
        )
        if shown == self._told:
            return
        self._told = shown

        def make() -> PrintProgress:
            return PrintProgress(
                printer=Printer.of(row),
                state=status.state,
                progress=status.progress,
                remaining_time=None if remaining is None else Seconds(remaining),
                current_layer=status.current_layer,
                total_layers=status.total_layers,
                seq=status.seq,
                archive_id=archive_id,
            )

        yield Item(make, row.id, (row, status))


def _printer_id(given: strawberry.ID) -> int:
    """The number of a printer; 0, which no printer has, for an id that is none."""
    return integer_id(given, "Printer") or 0


@strawberry.type
class PrinterSubscriptions:
    @strawberry.subscription(
        description="The state of printers: the present one first, then every change.",
        metadata=followed(PrinterStatuses),
    )
    async def printer_status(
        self, info: Info, printer_ids: list[strawberry.ID] | None = None
    ) -> AsyncGenerator[PrinterStatusUpdate, None]:
        async with aclosing(told(PrinterStatuses(info.context, printer_ids))) as updates:
            async for update in updates:
                yield update

    @strawberry.subscription(
        description="Progress of one printer's prints: the present first, then every change.",
        metadata=followed(PrintProgresses),
    )
    async def print_progress(
        self, info: Info, printer_id: strawberry.ID
    ) -> AsyncGenerator[PrintProgress, None]:
        async with aclosing(told(PrintProgresses(info.context, printer_id))) as progress:
            async for item in progress:
                yield item
