"""Printers, their state, and the refresh of it."""

from __future__ import annotations

from functools import partial

from app.accounts.models import Scope
from rest_compat.bodies import many
from rest_compat.dialects.bambuddy import BAMBUDDY
from rest_compat.routes import answers, shapes
from rest_compat.table import Rate, Route, Row, body, path_id
from rest_compat.values import Secret, Text, Whole

_Route = partial(Route, dialect=BAMBUDDY, section="Printers")
_ID = path_id("Printer", what="Number of the printer.")
_INPUT_ID = path_id("Printer", into="input.id", what="Number of the printer.")
_PORT = Whole(1, 65_535)
_EXAMPLE = {
    "id": 1,
    "name": "Workshop X1C",
    "ip_address": "192.168.1.100",
    "serial_number": "01P00A000000001",
    "model": "X1 Carbon",
    "status": "printing",
    "current_print": {"filename": "benchy.3mf", "progress": 45, "remaining_time": 3600},
}
_OPTIONAL = (
    body("model", Text(64), "model", "Product name; from the serial number without it."),
    body("mqtt_port", _PORT, "mqttPort", "Port of its MQTT broker, 8883 without it."),
    body("ftps_port", _PORT, "ftpsPort", "Port of its file server, 990 without it."),
    body("camera_port", _PORT, "cameraPort", "Port of its camera; 6000 or 322 without it."),
)

ROWS: tuple[Row, ...] = (
    _Route(
        method="GET",
        path="/printers",
        name="list_printers",
        summary="List printers",
        rate=Rate.READ,
        scope=Scope.READ,
        operation="ListPrinters",
        every="printers",
        shape=shapes.nodes(shapes.printer),
        answer=many(answers.PRINTER),
        example=[{**_EXAMPLE, "status": "idle", "current_print": None}],
    ),
    _Route(
        method="GET",
        path="/printers/{id}",
        name="get_printer",
        summary="Get a printer",
        rate=Rate.READ,
        scope=Scope.READ,
        parameters=(_ID,),
        operation="GetPrinter",
        shape=shapes.printer,
        answer=answers.PRINTER,
        example=_EXAMPLE,
    ),
    _Route(
        method="GET",
        path="/printers/{id}/status",
        name="get_printer_status",
        summary="Get the live state of a printer",
        rate=Rate.READ,
        scope=Scope.READ,
        parameters=(_ID,),
        operation="GetPrinterStatus",
        shape=shapes.printer_status,
        answer=answers.PRINTER_STATUS,
        example={
            "state": "printing",
            "progress": 45,
            "remaining_time": 3600,
            "current_layer": 120,
            "total_layers": 267,
            "temperatures": {"nozzle": 220, "bed": 60, "chamber": 35},
            "hms_status": "ok",
        },
    ),
    _Route(
        method="POST",
        path="/printers/{id}/refresh-status",
        name="refresh_printer_status",
        summary="Ask a printer for a full report",
        rate=Rate.CONTROL,
        scope=Scope.CONTROL,
        parameters=(_INPUT_ID,),
        operation="RefreshPrinterStatus",
        shape=shapes.constant({"status": "refresh_requested"}),
        answer=answers.DONE,
        refusals={
            "UNREACHABLE": (400, "PRINTER_NOT_CONNECTED"),
            "NOT_CONNECTED": (400, "PRINTER_NOT_CONNECTED"),
            "CONFLICT": (400, "PRINTER_NOT_CONNECTED"),
        },
        example={"status": "refresh_requested"},
    ),
    _Route(
        method="POST",
        path="/printers",
        name="add_printer",
        summary="Add a printer",
        rate=Rate.WRITE,
        scope=Scope.ADMIN,
        parameters=(
            body("name", Text(200), "name", "Name.", required=True),
            body("serial_number", Text(64), "serialNumber", "Serial number.", required=True),
            body("ip_address", Text(253), "ipAddress", "Address.", nullable=True),
            body("access_code", Secret(64), "accessCode", "Access code.", nullable=True),
            *_OPTIONAL,
        ),
        operation="AddPrinter",
        shape=shapes.payload("printer", shapes.printer),
        answer=answers.PRINTER,
        status=201,
        request_example={
            "name": "New Printer",
            "ip_address": "192.168.1.101",
            "access_code": "12345678",
            "serial_number": "01P00A000000002",
        },
    ),
    _Route(
        method="PATCH",
        path="/printers/{id}",
        name="update_printer",
        summary="Change a printer",
        rate=Rate.WRITE,
        scope=Scope.ADMIN,
        parameters=(
            _INPUT_ID,
            body("name", Text(200), "name", "Name."),
            body("ip_address", Text(253), "ipAddress", "Address.", nullable=True),
            body("access_code", Secret(64), "accessCode", "Access code.", nullable=True),
            *_OPTIONAL,
        ),
        operation="UpdatePrinter",
        shape=shapes.payload("printer", shapes.printer),
        answer=answers.PRINTER,
        request_example={"name": "Updated Name"},
    ),
    _Route(
        method="DELETE",
        path="/printers/{id}",
        name="delete_printer",
        summary="Remove a printer; its archives stay",
        rate=Rate.WRITE,
        scope=Scope.ADMIN,
        parameters=(_INPUT_ID,),
        operation="DeletePrinter",
        shape=shapes.constant(shapes.DELETED),
        answer=answers.DONE,
    ),
)
