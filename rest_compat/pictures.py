"""What a camera shows, as an answer: one JPEG, or a moving picture as multipart (MJPEG)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import closing

from starlette.responses import Response, StreamingResponse

from app.camera import service
from app.camera.stream import Watcher
from app.runtime import Runtime
from rest_compat.table import Pictures
from schema.guards import Guard

BOUNDARY = "frame"
JPEG, MOVING = "image/jpeg", f"multipart/x-mixed-replace; boundary={BOUNDARY}"
# Pictures are of now; nobody keeps them.
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


async def pictures(
    row: Pictures, runtime: Runtime, printer_id: int, fps: int, guard: Guard, *, head: bool
) -> Response:
    """The answer of a row; raises `Unreachable` when the camera shows nothing in time.

    A stream ends with the credential it was asked with.
    """
    if not row.moving:
        return Response(
            await runtime.cameras.snapshot(printer_id), media_type=JPEG, headers=_HEADERS
        )
    if head:
        return Response(media_type=MOVING, headers=_HEADERS)
    watcher = runtime.cameras.watch(printer_id, fps)
    try:
        # Waited for before anything is sent, so that a refusal can still be told.
        first = await watcher.first(service.SNAPSHOT_SECONDS)
    except BaseException:
        watcher.close()
        raise
    guard.on_end(watcher.close)
    return _Moving(watcher, first, guard)


class _Moving(StreamingResponse):
    """Lets go of the camera however the response ends, also when it never began."""

    def __init__(self, watcher: Watcher, first: bytes, guard: Guard) -> None:
        super().__init__(_parts(watcher, first), media_type=MOVING, headers=_HEADERS)
        self._watcher = watcher
        self._guard = guard

    async def __call__(self, scope: object, receive: object, send: object) -> None:
        """Send until one side ends."""
        try:
            with closing(self._watcher):
                await super().__call__(scope, receive, send)  # type: ignore[arg-type]
        finally:
            self._guard.release()


async def _parts(watcher: Watcher, first: bytes) -> AsyncIterator[bytes]:
    """A browser shows a part once the boundary after it has come, so that follows at once."""
    boundary = f"--{BOUNDARY}\r\n".encode()
    yield boundary
    picture: bytes | None = first
    while picture is not None:
        head = f"Content-Type: {JPEG}\r\nContent-Length: {len(picture)}\r\n\r\n".encode()
        yield head + picture + b"\r\n" + boundary
        picture = await watcher.next()
