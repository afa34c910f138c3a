"""The queue is filled, emptied and put into order."""

from datetime import datetime

import strawberry

from app.errors import Invalid, NotFound
from app.print_queue import service
from schema.context import Info
from schema.errors import UserError, missing, mutate, user_errors
from schema.fields import about
from schema.ids import global_id, integer_id
from schema.print_queue.inputs import FilamentChoiceInput, PrintOptionsInput, choices, options
from schema.print_queue.types import QueueItem


@strawberry.input(description="What to print.")
class AddToQueueInput:
    archive_id: strawberry.ID = about("The archive to print.")
    printer_id: strawberry.ID | None = about(
        "The printer; any free one that fits without it.", default=None
    )
    scheduled_time: datetime | None = about("Not before this moment.", default=None)
    plate: int | None = about("The plate of the file; the only one without it.", default=None)
    filaments: list[FilamentChoiceInput] | None = about(
        "Slots that feed filaments; those left out are found by material and colour.", default=None
    )
    options: PrintOptionsInput | None = about(
        "What the printer does besides printing.", default=None
    )
    require_previous_success: bool = about(
        "Wait until the printer's last print of the queue was a success.", default=False
    )
    quantity: int = about("How many, 1 to 100; each is an item of its own.", default=1)
    first: bool = about("Before everything that waits, instead of behind it.", default=False)


@strawberry.type(description="The new queue items.")
class AddToQueuePayload:
    queue_item: QueueItem | None = about("The item, or the first of its copies.", default=None)
    queue_items: list[QueueItem] | None = about("All of its copies, in order.", default=None)
    user_errors: list[UserError] = about("Why nothing was added.", default_factory=list)


@strawberry.input(description="The item to take out.")
class RemoveFromQueueInput:
    id: strawberry.ID = about("Global id of the queue item.")


@strawberry.type(description="The removed item.")
class RemoveFromQueuePayload:
    deleted_id: strawberry.ID | None = about("Global id of what is gone.", default=None)
    user_errors: list[UserError] = about("Why nothing was removed.", default_factory=list)


@strawberry.input(description="The new order of waiting items.")
class ReorderQueueInput:
    order: list[strawberry.ID] = about(
        "Global ids, first to last; waiting items that are left out keep their order behind."
    )


@strawberry.type(description="The queue in its new order.")
class ReorderQueuePayload:
    queue: list[QueueItem] | None = about("The waiting items.", default=None)
    user_errors: list[UserError] = about("Why nothing was changed.", default_factory=list)


@strawberry.type
class QueueMutations:
    @strawberry.mutation(
        description="Add a print to the queue, a new one or one of the history again. Needs QUEUE."
    )
    async def add_to_queue(self, info: Info, input: AddToQueueInput) -> AddToQueuePayload:
        archive_id = integer_id(input.archive_id, "Archive")
        if archive_id is None:
            error = NotFound("There is no such archive.", field="archive_id")
            return AddToQueuePayload(user_errors=user_errors(error))
        printer_id = None
        if input.printer_id is not None:
            printer_id = integer_id(input.printer_id, "Printer") or 0
        new = service.NewQueueItem(
            archive_id,
            printer_id,
            input.scheduled_time,
            plate=input.plate,
            filaments=choices(input.filaments or ()),
            options=options(input.options or PrintOptionsInput()),
            require_previous_success=input.require_previous_success,
            quantity=input.quantity,
            first=input.first,
        )
        return await mutate(
            info,
            AddToQueuePayload,
            lambda session, viewer: service.add_copies(session, viewer, new),
            lambda rows: {
                "queue_item": QueueItem.of(rows[0]),
                "queue_items": [QueueItem.of(row) for row in rows],
            },
        )

    @strawberry.mutation(description="Take a print out of the queue. Needs the scope QUEUE.")
    async def remove_from_queue(
        self, info: Info, input: RemoveFromQueueInput
    ) -> RemoveFromQueuePayload:
        item_id = integer_id(input.id, "QueueItem")
        if item_id is None:
            return RemoveFromQueuePayload(user_errors=missing("queue item"))
        return await mutate(
            info,
            RemoveFromQueuePayload,
            lambda session, viewer: service.remove_from_queue(session, viewer, item_id),
            lambda deleted: {"deleted_id": global_id("QueueItem", deleted)},
        )

    @strawberry.mutation(description="Put waiting prints into order. Needs the scope QUEUE.")
    async def reorder_queue(self, info: Info, input: ReorderQueueInput) -> ReorderQueuePayload:
        order = [integer_id(item, "QueueItem") for item in input.order]
        known = [item_id for item_id in order if item_id is not None]
        if len(known) != len(order):
            error = Invalid("An id is not one of a queue item.", field="order")
            return ReorderQueuePayload(user_errors=user_errors(error))
        return await mutate(
            info,
            ReorderQueuePayload,
            lambda session, viewer: service.reorder_queue(session, viewer, known),
            lambda rows: {"queue": [QueueItem.of(row) for row in rows]},
        )
