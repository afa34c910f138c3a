"""What is known of a printer's camera."""

import strawberry

from app.camera import rtsp
from app.camera.target import camera_kind
from app.printers import catalogue, models
from schema.context import Info
from schema.fields import about


def camera_path(printer_id: int, kind: str) -> str:
    """Where the `stream` or the `snapshot` of a printer is."""
    return f"/api/v1/printers/{printer_id}/camera/{kind}"


@strawberry.type(description="The camera of a printer.")
class Camera:
    kind: catalogue.Camera = about("How the printer shows it.")
    stream_path: str = about(
        "Where this server shows it as a moving picture (MJPEG); `fps`, 1 to 30, may be added."
    )
    snapshot_path: str = about("Where this server shows one picture (JPEG).")
    row: strawberry.Private[models.Printer]

    @classmethod
    def of(cls, row: models.Printer) -> "Camera":
        return cls(
            kind=camera_kind(row),
            stream_path=camera_path(row.id, "stream"),
            snapshot_path=camera_path(row.id, "snapshot"),
            row=row,
        )

    @strawberry.field(
        description="Why it cannot be shown at all; null when nothing is known to be in the way."
    )
    def unavailable_reason(self) -> str | None:
        if self.row.ip_address is None:
            return "The printer has no address."
        if self.kind is catalogue.Camera.RTSP and rtsp.decoder_is_missing():
            return rtsp.MISSING
        return None

    @strawberry.field(description="How many watch it through the process that answers.")
    def watchers(self, info: Info) -> int:
        return info.context.runtime.cameras.watchers(self.row.id)
