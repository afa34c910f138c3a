"""Live state and progress of printers: the present first, then every change, latest wins."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from typing import TYPE_CHECKING, Annotated

import strawberry

from app.accounts.models import Scope
from app.errors import NotFound
from app.hub import EVENT, STATUS, Message
from app.printers import models, queries
from app.printers.live import StatusReason
from app.printers.status import PrinterState
from schema.context import Context, Info
from schema.fields import about
from schema.ids import integer_id
from schema.printers.status import PrinterStatus
from schema.printers.types import Printer
from schema.scalars import Seconds

if TYPE_CHECKING:
    from schema.archives.types import Archive

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
    ) -> Annotated[Archive, strawberry.lazy("schema.archives.types")] | None:
        from schema.archives.types import Archive

        row = await info.context.loaders.archives.get(self.archive_id)
        return None if row is None else Archive.of(row)


class _Rows:
    """The rows of the wanted printers, read again only after something happened on the farm.

    Statuses come all the time and rows hardly ever change; every change of one is an event.
    """

    def __init__(self, context: Context, wanted: set[int] | None) -> None:
        self._context = context
        self._wanted = wanted
        self._known: dict[int, models.Printer] | None = None

    async def known(self) -> dict[int, models.Printer]:
        """Rows by id, in the farm's order."""
        if self._known is None:
            async with self._context.read() as session:
                rows = await queries.all_printers(session)
            wanted = self._wanted
            self._known = {row.id: row for row in rows if wanted is None or row.id in wanted}
        return self._known

    def forget(self) -> None:
        """They may have changed."""
        self._known = None


async def _changed_printers(
    context: Context, wanted: set[int] | None
) -> AsyncIterator[tuple[Printer, StatusReason]]:
    """Every wanted printer as it is now, then each whenever it changes."""
    live = context.runtime.live
    rows = _Rows(context, wanted)
    feed = context.runtime.hub.feed(
        STATUS, EVENT, team_id=context.viewer.team_id, latest=True, bound=FEED_BOUND
    )
    async with context.watched(feed):
        for row in (await rows.known()).values():
            context.renew_loaders()
            yield Printer.of(row), StatusReason.RESTORED
        async for message in feed:
            if message.topic != STATUS:
                rows.forget()
            if message.topic == EVENT:
                continue
            for row in _concerned(message, await rows.known()):
                change = live.change(row.id)
                if change is not None:
                    context.renew_loaders()
                    yield Printer.of(row), change.reason


def _concerned(message: Message, known: dict[int, models.Printer]) -> list[models.Printer]:
    """The printers a message is about: one, or after missed messages all of them."""
    if message.topic != STATUS:
        return list(known.values())
    row = known.get(int(message.key))
    return [] if row is None else [row]


@strawberry.type
class PrinterSubscriptions:
    @strawberry.subscription(
        description="The state of printers: the present one first, then every change."
    )
    async def printer_status(
        self, info: Info, printer_ids: list[strawberry.ID] | None = None
    ) -> AsyncGenerator[PrinterStatusUpdate, None]:
        context = info.context
        context.viewer.require(Scope.READ)
        wanted = None
        if printer_ids is not None:
            wanted = {integer_id(item, "Printer") or 0 for item in printer_ids}
            if not wanted <= (await _Rows(context, wanted).known()).keys():
                raise NotFound("There is no such printer.", field="printer_ids")
        async for printer, reason in _changed_printers(context, wanted):
            status = context.runtime.live.status(printer.row.id)
            yield PrinterStatusUpdate(
                printer=printer,
                status=PrinterStatus.of(status, printer.row.id),
                seq=status.seq,
                reason=reason,
            )

    @strawberry.subscription(
        description="Progress of one printer's prints: the present first, then every change."
    )
    async def print_progress(
        self, info: Info, printer_id: strawberry.ID
    ) -> AsyncGenerator[PrintProgress, None]:
        context = info.context
        context.viewer.require(Scope.READ)
        wanted = {integer_id(printer_id, "Printer") or 0}
        if not await _Rows(context, wanted).known():
            raise NotFound("There is no such printer.", field="printer_id")
        told: object = None
        async for printer, _reason in _changed_printers(context, wanted):
            status = context.runtime.live.status(printer.row.id)
            progress = PrintProgress(
                printer=printer,
                state=status.state,
                progress=status.progress,
                remaining_time=(
                    None if status.remaining_time is None else Seconds(status.remaining_time)
                ),
                current_layer=status.current_layer,
                total_layers=status.total_layers,
                seq=status.seq,
                archive_id=None if status.job is None else status.job.archive_id,
            )
            # Temperatures change all the time; whoever asks for progress is told of progress.
            shown = (
                status.state,
                status.progress,
                status.remaining_time,
                status.current_layer,
                status.total_layers,
                progress.archive_id,
            )
            if shown != told:
                told = shown
                yield progress
