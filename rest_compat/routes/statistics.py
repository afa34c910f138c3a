"""Statistics and their export."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from app.accounts.models import Scope
from rest_compat.dialects.bambuddy import BAMBUDDY
from rest_compat.routes import answers, shapes
from rest_compat.table import Rate, Route, Row, Stream, query
from rest_compat.values import Day, RowId

_FILTERS = (
    query("printer_id", RowId("Printer"), "filter.printerId", "On this printer."),
    query("start_date", Day(), "filter.startDate", "Ended on this UTC day or later."),
    query("end_date", Day(), "filter.endDate", "Ended on this UTC day or earlier."),
)
_EXAMPLE = {
    "total_prints": 1234,
    "successful_prints": 1100,
    "failed_prints": 100,
    "stopped_prints": 34,
    "success_rate": 89.14,
    "total_print_time": 360000,
    "total_filament_used": 15000.5,
    "total_cost": 350.0,
}
_COLUMNS = ("printer_id", "printer_name", *_EXAMPLE)


def _lines(data: Mapping[str, Any]) -> Iterator[list[Any]]:
    """One line per printer, then the total."""
    for row in data["byPrinter"]:
        printer = row["printer"]
        names = [printer["databaseId"], printer["name"]] if printer else [None, None]
        yield names + list(shapes.statistics(row).values())
    yield [None, "Total", *shapes.statistics(data).values()]


ROWS: tuple[Row, ...] = (
    Route(
        method="GET",
        path="/statistics",
        name="get_statistics",
        section="Statistics",
        summary="Figures of the prints that ended in a period",
        dialect=BAMBUDDY,
        rate=Rate.READ,
        scope=Scope.READ,
        parameters=_FILTERS,
        operation="GetStatistics",
        shape=shapes.statistics,
        answer=answers.STATISTICS,
        example=_EXAMPLE,
    ),
    Stream(
        method="GET",
        path="/statistics/export",
        name="export_statistics",
        section="Statistics",
        summary="Export statistics per printer as CSV or XLSX",
        dialect=BAMBUDDY,
        rate=Rate.READ,
        scope=Scope.READ,
        parameters=_FILTERS,
        operation="ExportStatistics",
        columns=_COLUMNS,
        lines=_lines,
        filename="statistics",
    ),
)
