"""The print queue."""

from __future__ import annotations

from functools import partial

from app.accounts.models import Scope
from rest_compat.bodies import many
from rest_compat.dialects.bambuddy import BAMBUDDY
from rest_compat.routes import answers, shapes
from rest_compat.table import Rate, Route, Row, body, path_id, query
from rest_compat.values import AmsMapping, Choice, Many, Moment, RowId, Whole, YesNo

_Route = partial(Route, dialect=BAMBUDDY, section="Print queue")
# What is being sent to a printer shows as printing.
_STATUSES = Choice(
    {
        "pending": ["PENDING"],
        "printing": ["UPLOADING", "PRINTING"],
        "completed": ["COMPLETED"],
        "failed": ["FAILED"],
        "cancelled": ["CANCELLED"],
        "skipped": ["SKIPPED"],
    }
)
MOST_ITEMS = 500

ROWS: tuple[Row, ...] = (
    _Route(
        method="GET",
        path="/queue",
        name="get_queue",
        summary="The queue in its order, then what has ended, newest first",
        rate=Rate.READ,
        scope=Scope.READ,
        parameters=(
            query("printer_id", RowId("Printer"), "filter.printerId", "For this printer."),
            query("status", _STATUSES, "filter.status", "How an item stands."),
        ),
        operation="ListQueue",
        fixed={"first": MOST_ITEMS},
        shape=shapes.nodes(shapes.queue_item),
        answer=many(answers.QUEUE_ITEM),
    ),
    _Route(
        method="POST",
        path="/queue",
        name="add_to_queue",
        summary="Add a print to the queue",
        rate=Rate.WRITE,
        scope=Scope.QUEUE,
        parameters=(
            body("archive_id", RowId("Archive"), "archiveId", "What to print.", required=True),
            body("printer_id", RowId("Printer"), "printerId", "Where to print.", nullable=True),
            body("scheduled_time", Moment(), "scheduledTime", "Not before it.", nullable=True),
            body("plate", Whole(1, 999), "plate", "Which plate of the file.", nullable=True),
            body("ams_mapping", AmsMapping(), "filaments", "Trays.", nullable=True),
            body("require_previous_success", YesNo(), "requirePreviousSuccess", "Or wait."),
            body("quantity", Whole(1, 100), "quantity", "How many; the first is answered."),
        ),
        operation="AddToQueue",
        shape=shapes.payload("queueItem", shapes.queue_item),
        answer=answers.QUEUE_ITEM,
        status=201,
        request_example={
            "archive_id": 123,
            "printer_id": 1,
            "scheduled_time": "2024-01-15T18:00:00Z",
        },
    ),
    _Route(
        method="POST",
        path="/queue/reorder",
        name="reorder_queue",
        summary="Put waiting prints into order",
        rate=Rate.WRITE,
        scope=Scope.QUEUE,
        parameters=(
            body("order", Many(RowId("QueueItem"), 10_000), "order", "Ids.", required=True),
        ),
        operation="ReorderQueue",
        shape=lambda data: [shapes.queue_item(item) for item in data["queue"]],
        answer=many(answers.QUEUE_ITEM),
        request_example={"order": [3, 1, 2, 4]},
    ),
    _Route(
        method="DELETE",
        path="/queue/{id}",
        name="remove_from_queue",
        summary="Take a print out of the queue",
        rate=Rate.WRITE,
        scope=Scope.QUEUE,
        parameters=(path_id("QueueItem", into="input.id", what="Number of the item."),),
        operation="RemoveFromQueue",
        shape=shapes.constant(shapes.DELETED),
        answer=answers.DONE,
    ),
)
