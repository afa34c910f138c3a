"""The camera inside a printer: one viewer at a time, JPEG pictures or RTSP, both behind TLS."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator

from app.simulator.certificates import server_context
from app.simulator.picture import camera_jpeg
from app.simulator.printer import SimPrinter
from app.simulator.rtsp import RtspSession, until_end

USER = b"bblp"
# u32 little-endian: length of the rest, type, and two that are 0; then user and code, padded.
AUTHENTICATION = struct.Struct("<IIII32s32s")
HEADER = struct.Struct("<IIII")  # size of the picture, track, flags, 0
WAIT_SECONDS = 10
MAX_CONNECTIONS = 8


class CameraServer:
    """Serves the camera of one printer on one port of the loopback."""

    def __init__(self, printer: SimPrinter, host: str = "127.0.0.1") -> None:
        self._printer = printer
        self._host = host
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._viewer: asyncio.Task[None] | None = None
        self.port = 0
        self.served = 0

    @property
    def viewers(self) -> int:
        """How many watch now: 0 or 1."""
        return 0 if self._viewer is None else 1

    async def start(self, port: int = 0) -> None:
        """Listen; port 0 takes a free one."""
        self._server = await asyncio.start_server(
            self._serve, self._host, self.port or port, ssl=server_context(self._printer.serial)
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Drop everybody without a word and listen no more, as when the power fails."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.drop_all()

    def drop_all(self) -> None:
        """Cut every connection."""
        for task in self._tasks:
            task.cancel()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or len(self._tasks) >= MAX_CONNECTIONS:
            writer.transport.abort()
            return
        self._tasks.add(task)
        try:
            await self._converse(reader, writer)
            writer.close()
        except (OSError, EOFError, ValueError, TimeoutError, asyncio.LimitOverrunError):
            writer.transport.abort()
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            self._tasks.discard(task)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._printer.profile.jpeg_camera:
            await self._show(reader, writer)
        else:
            code = self._printer.access_code
            await RtspSession(reader, writer, code, self.pictures).run()

    async def _show(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(WAIT_SECONDS):
            given = AUTHENTICATION.unpack(await reader.readexactly(AUTHENTICATION.size))
        user, code = given[4].rstrip(b"\0"), given[5].rstrip(b"\0")
        right = (USER, self._printer.access_code.encode())
        if given[:2] != (0x40, 0x3000) or (user, code) != right:
            return  # not a byte is sent
        leaving = asyncio.create_task(until_end(reader))
        try:
            async for picture in self.pictures(leaving):
                writer.write(HEADER.pack(len(picture), 0, 1, 0) + picture)
                await writer.drain()
        finally:
            leaving.cancel()

    async def pictures(self, leaving: asyncio.Task[None]) -> AsyncIterator[bytes]:
        """JPEG pictures for the only viewer, until it is `leaving`; none at all when there is
        another who stays."""
        me, quirks = asyncio.current_task(), self._printer.quirks
        if self._viewer is not None and quirks.camera_gives_way:
            self._viewer.cancel()
        elif self._viewer is not None or quirks.camera_off:
            return
        self._viewer = me
        self.served += 1
        try:
            while not leaving.done():
                if not quirks.camera_stalls:
                    yield await asyncio.to_thread(camera_jpeg, self._printer.view())
                await asyncio.sleep(1 / quirks.camera_pictures_per_second)
        finally:
            if self._viewer is me:
                self._viewer = None
