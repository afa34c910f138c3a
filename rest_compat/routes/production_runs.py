"""Production runs: made, changed and ended."""

from __future__ import annotations

from functools import partial

from app.accounts.models import Scope
from app.production.lines import MAX_LINES
from app.production.service import MAX_SECONDS, MAX_TEXT
from app.weights import MAX_GRAMS
from rest_compat.dialects.batchivo import BATCHIVO, ONE, PAGE, PAGING, sorting
from rest_compat.groups import Group, Span
from rest_compat.routes import run_bodies, shapes
from rest_compat.routes.run_lines import NEW_ITEM, NEW_MATERIAL
from rest_compat.scalars import Amount, RowUuid
from rest_compat.table import Parameter, Rate, Route, Row, body, path_uuid, query
from rest_compat.values import Choice, Kind, Many, Moment, RowId, Text, Whole

_Route = partial(Route, dialect=BATCHIVO, section="Production runs")
_ID = path_uuid("ProductionRun", what="Id of the run.")
_INPUT_ID = path_uuid("ProductionRun", into="input.id", what="Id of the run.")
_STATUS = Choice({name: name.upper() for name in run_bodies.STATUSES})
_HOURS = Span(run_bodies.HOUR, MAX_SECONDS)
_GRAMS = Amount(MAX_GRAMS)


def _field(name: str, kind: Kind, into: str, description: str) -> Parameter:
    return body(name, kind, into, description, nullable=True)


_TEXT = Text(MAX_TEXT, empty=True)
_DETAILS = (
    _field("printer_name", Text(200, empty=True), "printerName", "Where it is made."),
    _field("project_id", RowId("Project"), "projectId", "The project it is for."),
    _field("started_at", Moment(), "startedAt", "When work began."),
    _field("completed_at", Moment(), "completedAt", "When it ended, with such a status."),
    _field("estimated_print_time_hours", _HOURS, "estimatedPrintTime", "How long it should take."),
    _field("actual_print_time_hours", _HOURS, "actualPrintTime", "How long it took."),
    _field(
        "estimated_total_filament_grams",
        _GRAMS,
        "estimatedTotalFilament",
        "What it should use; the sum of its materials where it has any.",
    ),
    _field(
        "actual_total_filament_grams",
        _GRAMS,
        "actualTotalFilament",
        "What it used; the sum of its materials where it has any.",
    ),
    _field("quality_rating", Whole(1, 5), "qualityRating", "From 1 to 5."),
    _field("quality_notes", _TEXT, "qualityNotes", "What the rating does not say."),
    _field("notes", _TEXT, "notes", "Notes."),
    _field("failure_reason", Text(1_000, empty=True), "failureReason", "Why it failed."),
)
_WASTE = body(
    "materials",
    Many(
        Group(
            (
                body("spool_id", RowUuid("Spool"), "spoolId", "Of the run.", required=True),
                body("grams", _GRAMS, "grams", "How much was used up.", required=True),
            )
        ),
        MAX_LINES,
    ),
    "materials",
    "Filament that was used up; it is taken as waste.",
)
_SORTABLE = (
    "created_at",
    "updated_at",
    "run_number",
    "status",
    "printer_name",
    "started_at",
    "completed_at",
    "quality_rating",
    "quality_notes",
    "notes",
    "id",
)
_RENAMED = {
    "estimated_print_time_hours": "ESTIMATED_PRINT_TIME",
    "actual_print_time_hours": "ACTUAL_PRINT_TIME",
    "estimated_total_filament_grams": "ESTIMATED_TOTAL_FILAMENT",
    "actual_total_filament_grams": "ACTUAL_TOTAL_FILAMENT",
}
_ENDING = partial(
    _Route,
    method="POST",
    rate=Rate.WRITE,
    scope=Scope.INVENTORY,
    shape=run_bodies.ending,
    envelope=ONE,
    answer=run_bodies.ENDING,
)

ROWS: tuple[Row, ...] = (
    _Route(
        method="GET",
        path="/production-runs",
        name="list_production_runs",
        summary="List production runs, newest first",
        rate=Rate.READ,
        scope=Scope.READ,
        parameters=(
            query("status", _STATUS, "filter.status", "How a run stands."),
            query("printer_name", Text(200), "filter.printerName", "On this printer."),
            *sorting(_SORTABLE, _RENAMED),
            *PAGING,
        ),
        operation="ListProductionRuns",
        shape=shapes.nodes(run_bodies.entry),
        envelope=PAGE,
        answer=run_bodies.ENTRY,
        example={
            "data": [run_bodies.ENTRY_EXAMPLE],
            "meta": {"total": 1, "page": 1, "per_page": 20},
        },
    ),
    _Route(
        method="POST",
        path="/production-runs",
        name="create_production_run",
        summary="Make a production run; as `completed` it takes its filament at once",
        rate=Rate.WRITE,
        scope=Scope.INVENTORY,
        parameters=(
            body("status", _STATUS, "status", "Where it stands; `pending` without it."),
            *_DETAILS,
            body("items", Many(Group(NEW_ITEM), MAX_LINES), "items", "Products it makes."),
            body("materials", Many(Group(NEW_MATERIAL), MAX_LINES), "materials", "Spools it uses."),
        ),
        operation="CreateProductionRun",
        shape=shapes.payload("productionRun", run_bodies.run),
        envelope=ONE,
        answer=run_bodies.RUN,
        status=201,
        request_example={
            "printer_name": "X1 Carbon",
            "estimated_print_time_hours": 3.25,
            "items": [{"product_id": run_bodies.ITEM_EXAMPLE["product_id"], "quantity": 4}],
            "materials": [
                {
                    "spool_id": run_bodies.MATERIAL_EXAMPLE["spool_id"],
                    "estimated_weight_grams": 246,
                }
            ],
        },
        example={"data": run_bodies.EXAMPLE},
    ),
    _Route(
        method="GET",
        path="/production-runs/{id}",
        name="get_production_run",
        summary="Get a production run with its lines, its variance and its costs",
        rate=Rate.READ,
        scope=Scope.READ,
        parameters=(_ID,),
        operation="GetProductionRun",
        shape=run_bodies.run,
        envelope=ONE,
        answer=run_bodies.RUN,
        example={"data": run_bodies.EXAMPLE},
    ),
    _Route(
        method="PATCH",
        path="/production-runs/{id}",
        name="update_production_run",
        summary="Change a production run; a new status does all that the step entails",
        rate=Rate.WRITE,
        scope=Scope.INVENTORY,
        parameters=(_INPUT_ID, body("status", _STATUS, "status", "A step."), *_DETAILS),
        operation="UpdateProductionRun",
        shape=shapes.payload("productionRun", run_bodies.run),
        envelope=ONE,
        answer=run_bodies.RUN,
        request_example={"status": "in_progress"},
        example={"data": run_bodies.EXAMPLE},
    ),
    _Route(
        method="DELETE",
        path="/production-runs/{id}",
        name="delete_production_run",
        summary="Delete a production run that used no filament",
        rate=Rate.WRITE,
        scope=Scope.INVENTORY,
        parameters=(_INPUT_ID,),
        operation="DeleteProductionRun",
        shape=shapes.constant({}),
        status=204,
    ),
    _ENDING(
        path="/production-runs/{id}/complete",
        name="complete_production_run",
        summary="Complete a run and take what it used off its spools",
        parameters=(_INPUT_ID,),
        operation="CompleteProductionRun",
        example={"data": run_bodies.ENDING_EXAMPLE},
    ),
    _ENDING(
        path="/production-runs/{id}/cancel",
        name="cancel_production_run",
        summary="Cancel a run; what was used up is taken as waste",
        parameters=(_INPUT_ID, _WASTE),
        operation="CancelProductionRun",
        request_example={"materials": run_bodies.WASTE_EXAMPLE},
        example={"data": run_bodies.CANCELLED_EXAMPLE},
    ),
    _ENDING(
        path="/production-runs/{id}/fail",
        name="fail_production_run",
        summary="Fail a run; what was used up is taken as waste",
        parameters=(
            _INPUT_ID,
            body("failure_reason", Text(1_000), "failureReason", "Why.", required=True),
            _WASTE,
        ),
        operation="FailProductionRun",
        request_example={
            "failure_reason": "Layer shift",
            "materials": run_bodies.WASTE_EXAMPLE,
        },
        example={"data": run_bodies.FAILED_EXAMPLE},
    ),
)
