"""The camera of X1, P2, X2 and H2 printers: H.264 over RTSP and TLS, decoded by PyAV.

The decoder is FFmpeg's, which neither knows a printer's certificate nor asks for it by the serial.
So TLS is ours: the decoder talks to a port of the loopback that takes one connection, and what
passes there goes on to the printer, whose certificate was verified before.
"""

from __future__ import annotations

import asyncio
import importlib.util
import io
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from app.camera.connection import ACCESS_REJECTED, connected
from app.camera.target import CameraRefused, CameraTarget
from app.errors import Unreachable

USER, PATH = "bblp", "/streaming/live/1"
OPEN_SECONDS, READ_SECONDS = 5.0, 10.0
# A slow camera would be watched for many pictures before the first is shown, to learn how fast
# it is; nobody here asks for that. `analyzeduration` is in microseconds.
OPTIONS = {
    "rtsp_transport": "tcp",
    "fflags": "nobuffer",
    "analyzeduration": "100000",
    "probesize": "32",
    "fpsprobesize": "0",
}
QUALITY = 80
CHUNK = 65_536
MISSING = (
    "The camera of this model sends H.264 video, and the decoder for it is not installed: "
    "install the extra `camera` (`pip install 'spoolgraph[camera]'`)."
)


def decoder_is_missing() -> bool:
    """True where PyAV is not installed."""
    return importlib.util.find_spec("av") is None


def _decoder() -> Any:
    """PyAV; loading it takes a second. Raises `CameraRefused` where it is not installed."""
    try:
        import av
    except ImportError:
        raise CameraRefused(MISSING) from None
    av.logging.set_level(None)  # it would write addresses with the access code in them
    return av


async def rtsp_pictures(
    target: CameraTarget, ca_file: Path | None, fps: Callable[[], float]
) -> AsyncGenerator[bytes, None]:
    """Pictures as JPEG, at most as many a second as `fps` says at the time.

    Raises `Unreachable` or `CameraRefused`.
    """
    av = await asyncio.to_thread(_decoder)
    async with _tunnel(target, ca_file) as port:
        address = f"rtsp://{USER}:{target.access_code}@127.0.0.1:{port}{PATH}"
        reading = _Decoding(av, address, fps)
        reading.start()
        try:
            while True:
                yield await reading.next()
        finally:
            reading.stop()


class _Decoding:
    """A thread that decodes, and the newest picture it made."""

    def __init__(self, av: Any, address: str, fps: Callable[[], float]) -> None:
        self._av = av
        self._address = address
        self._fps = fps
        self._loop = asyncio.get_running_loop()
        self._ready = asyncio.Event()
        self._latest: bytes | None = None
        self._trouble: Unreachable | None = None
        self._stopped = False

    def start(self) -> None:
        """Begin; the thread ends by itself when the tunnel is closed."""
        threading.Thread(target=self._work, name="camera decoder", daemon=True).start()

    def stop(self) -> None:
        """End after the present picture."""
        self._stopped = True

    async def next(self) -> bytes:
        """The newest picture that was not taken yet."""
        while self._latest is None:
            if self._trouble is not None:
                raise self._trouble
            self._ready.clear()
            await self._ready.wait()
        picture, self._latest = self._latest, None
        return picture

    def _work(self) -> None:
        trouble: Unreachable = Unreachable("The camera ended its pictures.")
        try:
            self._decode()
        except self._av.error.HTTPUnauthorizedError:
            trouble = CameraRefused(ACCESS_REJECTED)
        except self._av.error.FFmpegError as error:
            # Its own words hold the address, and so the access code.
            trouble = Unreachable(f"The camera's video cannot be read ({type(error).__name__}).")
        except Exception as error:
            trouble = Unreachable(f"The camera's video cannot be shown ({type(error).__name__}).")
        self._tell(None, trouble)

    def _decode(self) -> None:
        timeout = (OPEN_SECONDS, READ_SECONDS)
        with self._av.open(self._address, options=dict(OPTIONS), timeout=timeout) as container:
            due = 0.0
            for frame in container.decode(video=0):
                if self._stopped:
                    return
                now = time.monotonic()
                if now >= due:
                    due = now + 0.9 / self._fps()
                    buffer = io.BytesIO()
                    frame.to_image().save(buffer, "JPEG", quality=QUALITY)
                    self._tell(buffer.getvalue(), None)

    def _tell(self, picture: bytes | None, trouble: Unreachable | None) -> None:
        def take() -> None:
            self._latest = picture if picture is not None else self._latest
            self._trouble = trouble
            self._ready.set()

        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(take)


@asynccontextmanager
async def _tunnel(target: CameraTarget, ca_file: Path | None) -> AsyncIterator[int]:
    """A port of the loopback behind which is the printer's camera, for one connection."""
    async with connected(target, ca_file) as (reader, writer):
        passing: list[asyncio.Task[None]] = []

        async def accept(near: asyncio.StreamReader, to_near: asyncio.StreamWriter) -> None:
            if passing:
                to_near.transport.abort()
                return
            passing.append(asyncio.create_task(_pass(near, writer)))
            passing.append(asyncio.create_task(_pass(reader, to_near)))

        server = await asyncio.start_server(accept, "127.0.0.1", 0)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()
            for task in passing:
                task.cancel()
            await asyncio.gather(*passing, return_exceptions=True)


async def _pass(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    """Hand bytes on until one side ends; then the other does too."""
    try:
        while data := await source.read(CHUNK):
            sink.write(data)
            await sink.drain()
    except OSError:
        pass
    finally:
        sink.transport.abort()
