"""Production runs put their prints into the queue."""

from datetime import datetime
from typing import Any

import strawberry

from app.errors import NotFound
from app.print_queue import models as print_queue
from app.production import models, plates
from app.production.plates import Wish
from schema.context import Info
from schema.errors import UserError, missing, mutate, user_errors
from schema.fields import about
from schema.ids import integer_id, uuid_id
from schema.print_queue.types import QueueItem
from schema.production.types import ProductionRun


@strawberry.input(description="The production run whose plates to print.")
class QueueProductionRunInput:
    id: strawberry.ID = about("Global id of the run.")
    printer_id: strawberry.ID | None = about(
        "The printer; any free one that fits without it.", default=None
    )
    scheduled_time: datetime | None = about("Not before this moment.", default=None)


@strawberry.input(description="The project whose archives to print.")
class ProduceProjectInput:
    project_id: strawberry.ID = about("Global id of the project.")
    printer_id: strawberry.ID | None = about(
        "The printer; any free one that fits without it.", default=None
    )
    scheduled_time: datetime | None = about("Not before this moment.", default=None)
    notes: str | None = about("Notes of the run.", default=None)
    allow_empty: bool = about(
        "Whether a project with nothing to print gives a run that is complete at once, instead "
        "of a conflict.",
        default=False,
    )


@strawberry.type(description="The production run, and the prints that were queued for it.")
class QueueProductionRunPayload:
    production_run: ProductionRun | None = about("The run as it is now.", default=None)
    queue_items: list[QueueItem] = about("The new queue items, in order.", default_factory=list)
    user_errors: list[UserError] = about("Why nothing was queued.", default_factory=list)


def _wish(printer_id: str | None, scheduled_time: datetime | None) -> Wish:
    printer = None if printer_id is None else integer_id(printer_id, "Printer") or 0
    return Wish(printer, scheduled_time)


def _presented(
    done: tuple[models.ProductionRun, list[print_queue.QueueItem]],
) -> dict[str, Any]:
    return {
        "production_run": ProductionRun.of(done[0]),
        "queue_items": [QueueItem.of(row) for row in done[1]],
    }


@strawberry.type
class ProductionQueueMutations:
    @strawberry.mutation(
        description="Queue the plates that a run still needs: what is made, waits or is being "
        "printed is not queued again. Needs the scopes INVENTORY and QUEUE."
    )
    async def queue_production_run(
        self, info: Info, input: QueueProductionRunInput
    ) -> QueueProductionRunPayload:
        run_id = uuid_id(input.id, "ProductionRun")
        if run_id is None:
            return QueueProductionRunPayload(user_errors=missing("production run"))
        wish = _wish(input.printer_id, input.scheduled_time)
        return await mutate(
            info,
            QueueProductionRunPayload,
            lambda session, viewer: plates.queue_run(session, viewer, run_id, wish),
            _presented,
        )

    @strawberry.mutation(
        description="Make a run of a project and queue every archive of it that can be printed, "
        "each file once. The run ends by itself with the last print. Needs the scope QUEUE."
    )
    async def produce_project(
        self, info: Info, input: ProduceProjectInput
    ) -> QueueProductionRunPayload:
        project_id = integer_id(input.project_id, "Project")
        if project_id is None:
            error = NotFound("There is no such project.", field="project_id")
            return QueueProductionRunPayload(user_errors=user_errors(error))
        wish = _wish(input.printer_id, input.scheduled_time)
        return await mutate(
            info,
            QueueProductionRunPayload,
            lambda session, viewer: plates.produce_project(
                session,
                viewer,
                project_id,
                wish,
                input.notes,
                allow_empty=input.allow_empty,
            ),
            _presented,
        )
