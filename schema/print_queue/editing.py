"""Waiting items are changed, any are cancelled, and queues are paused."""

from datetime import datetime

import strawberry

from app.accounts.models import Team as TeamRow
from app.errors import NotFound
from app.print_queue import editing, pausing
from app.print_queue.editing import QueueItemChanges
from app.unset import UNSET
from schema.accounts.types import Team
from schema.context import Info
from schema.errors import USER_ERRORS, UserError, missing, mutate, user_errors
from schema.fields import about, given
from schema.ids import integer_id
from schema.print_queue.inputs import FilamentChoiceInput, PrintOptionsInput, choices, options
from schema.print_queue.types import QueueItem
from schema.printers.types import Printer


@strawberry.input(description="What to change; what is left out stays as it is.")
class UpdateQueueItemInput:
    id: strawberry.ID = about("Global id of the queue item, which must still wait.")
    printer_id: strawberry.Maybe[strawberry.ID | None] = about(
        "The printer; null for any that fits."
    )
    scheduled_time: strawberry.Maybe[datetime | None] = about("Not before this moment.")
    plate: strawberry.Maybe[int | None] = about("The plate of the file.")
    filaments: strawberry.Maybe[list[FilamentChoiceInput]] = about("Slots that feed filaments.")
    options: strawberry.Maybe[PrintOptionsInput] = about("What the printer does besides printing.")
    require_previous_success: strawberry.Maybe[bool] = about(
        "Wait until the printer's last print of the queue was a success."
    )
    quantity: int = about(
        "How many of it in all, 1 to 100; copies are put right behind it.", default=1
    )


@strawberry.type(description="The changed item.")
class UpdateQueueItemPayload:
    queue_item: QueueItem | None = about("The item as it is now.", default=None)
    queue_items: list[QueueItem] | None = about("The item and its new copies.", default=None)
    user_errors: list[UserError] = about("Why nothing was changed.", default_factory=list)


@strawberry.input(description="The item to cancel.")
class CancelQueueItemInput:
    id: strawberry.ID = about("Global id of the queue item.")


@strawberry.type(description="The cancelled item.")
class CancelQueueItemPayload:
    queue_item: QueueItem | None = about(
        "The item; while its print still has to stop, it is only marked.", default=None
    )
    user_errors: list[UserError] = about("Why it was not cancelled.", default_factory=list)


@strawberry.input(description="The queue to pause.")
class PauseQueueInput:
    printer_id: strawberry.ID | None = about(
        "Only on this printer; the whole queue without it.", default=None
    )


@strawberry.input(description="The queue to resume.")
class ResumeQueueInput:
    printer_id: strawberry.ID | None = about(
        "Only on this printer; the whole queue without it.", default=None
    )


@strawberry.type(description="The queue that was paused or resumed.")
class QueuePausePayload:
    team: Team | None = about("The team whose whole queue it is.", default=None)
    printer: Printer | None = about("The printer whose queue it is.", default=None)
    user_errors: list[UserError] = about("Why nothing was changed.", default_factory=list)


async def _set_paused(
    info: Info, printer: strawberry.ID | None, *, paused: bool
) -> QueuePausePayload:
    printer_id = None if printer is None else integer_id(printer, "Printer") or 0
    return await mutate(
        info,
        QueuePausePayload,
        lambda session, viewer: pausing.set_paused(
            session, viewer, paused=paused, printer_id=printer_id
        ),
        lambda row: (
            {"team": Team.of(row)} if isinstance(row, TeamRow) else {"printer": Printer.of(row)}
        ),
    )


@strawberry.type
class QueueEditingMutations:
    @strawberry.mutation(description="Change a waiting item. Needs the scope QUEUE.")
    async def update_queue_item(
        self, info: Info, input: UpdateQueueItemInput
    ) -> UpdateQueueItemPayload:
        item_id = integer_id(input.id, "QueueItem")
        if item_id is None:
            return UpdateQueueItemPayload(user_errors=missing("queue item"))
        printer, slots, chosen = map(given, (input.printer_id, input.filaments, input.options))
        changes = QueueItemChanges(
            printer_id=integer_id(printer, "Printer") or 0 if isinstance(printer, str) else printer,
            scheduled_time=given(input.scheduled_time),
            plate=given(input.plate),
            filaments=UNSET if slots is UNSET else choices(slots),
            options=UNSET if chosen is UNSET else options(chosen),
            require_previous_success=given(input.require_previous_success),
            quantity=input.quantity,
        )
        return await mutate(
            info,
            UpdateQueueItemPayload,
            lambda session, viewer: editing.update_queue_item(session, viewer, item_id, changes),
            lambda rows: {
                "queue_item": QueueItem.of(rows[0]),
                "queue_items": [QueueItem.of(row) for row in rows],
            },
        )

    @strawberry.mutation(
        description=(
            "Take an item back, also while it is sent or printed: the print is stopped then. "
            "Needs the scope QUEUE, and CONTROL to stop a print."
        )
    )
    async def cancel_queue_item(
        self, info: Info, input: CancelQueueItemInput
    ) -> CancelQueueItemPayload:
        context = info.context
        item_id = integer_id(input.id, "QueueItem")
        try:
            if item_id is None:
                raise NotFound("There is no such queue item.", field="id")
            async with context.transaction() as session:
                cancelled = await editing.cancel_queue_item(session, context.viewer, item_id)
            if cancelled.stop_printer is not None:
                await context.runtime.commands.stop(cancelled.stop_printer)
        except USER_ERRORS as error:
            return CancelQueueItemPayload(user_errors=user_errors(error))
        context.renew_loaders()
        return CancelQueueItemPayload(queue_item=QueueItem.of(cancelled.item))

    @strawberry.mutation(
        description="Start nothing new from the queue; what prints goes on. Needs the scope QUEUE."
    )
    async def pause_queue(self, info: Info, input: PauseQueueInput) -> QueuePausePayload:
        return await _set_paused(info, input.printer_id, paused=True)

    @strawberry.mutation(description="Let the queue go on. Needs the scope QUEUE.")
    async def resume_queue(self, info: Info, input: ResumeQueueInput) -> QueuePausePayload:
        return await _set_paused(info, input.printer_id, paused=False)
