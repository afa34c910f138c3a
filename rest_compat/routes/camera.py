"""Cameras: a moving picture, one picture, and the end of them."""

from __future__ import annotations

from app.accounts.models import Scope
from app.camera.service import DEFAULT_FPS, MAX_FPS
from rest_compat.dialects.bambuddy import BAMBUDDY
from rest_compat.routes import answers, shapes
from rest_compat.table import Pictures, Rate, Route, Row, path_id, query
from rest_compat.values import Whole

_ID = path_id("Printer", what="Number of the printer.")
_SECTION = "Camera"

# A printer that does not answer is something the server depends on and that is away.
_NO_PICTURE = {"UNREACHABLE": (503, "SERVICE_UNAVAILABLE")}

ROWS: tuple[Row, ...] = (
    Pictures(
        method="GET",
        path="/printers/{id}/camera/stream",
        name="stream_camera",
        section=_SECTION,
        summary="Watch the camera of a printer (MJPEG)",
        description="Ends when the credential does, when somebody stops the camera, or when the "
        "camera shows nothing for a minute. A slow reader skips pictures.",
        dialect=BAMBUDDY,
        rate=Rate.READ,
        scope=Scope.READ,
        parameters=(
            _ID,
            query(
                "fps",
                Whole(1, MAX_FPS),
                "fps",
                "The most pictures a second.",
                default=DEFAULT_FPS,
                example=DEFAULT_FPS,
            ),
        ),
        operation="GetCamera",
        refusals=_NO_PICTURE,
        moving=True,
    ),
    Pictures(
        method="GET",
        path="/printers/{id}/camera/snapshot",
        name="camera_snapshot",
        section=_SECTION,
        summary="One picture of the camera of a printer (JPEG)",
        dialect=BAMBUDDY,
        rate=Rate.READ,
        scope=Scope.READ,
        parameters=(_ID,),
        operation="GetCamera",
        refusals=_NO_PICTURE,
        moving=False,
    ),
    Route(
        method="POST",
        path="/printers/{id}/camera/stop",
        name="stop_camera",
        section=_SECTION,
        summary="End every stream of a printer's camera",
        dialect=BAMBUDDY,
        rate=Rate.CONTROL,
        scope=Scope.CONTROL,
        parameters=(path_id("Printer", into="input.id", what="Number of the printer."),),
        operation="StopCamera",
        shape=shapes.constant({"status": "stopped"}),
        answer=answers.DONE,
        example={"status": "stopped"},
    ),
)
