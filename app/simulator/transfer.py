"""The data connection of a file transfer: offered by PASV, used once."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.simulator.channel import CHUNK, Channel
from app.simulator.printer import SimPrinter
from app.simulator.storage import StorageFull

ARRIVAL_SECONDS = 15
STALL_SECONDS = 60
CANNOT_OPEN = "425 Failed to establish connection."
FULL = "552 Requested file action aborted: storage full."
NOT_RESUMED = "522 SSL connection failed; session reuse required."


class TransferFailed(Exception):
    """The transfer did not happen; `reply` is what the client is told."""

    def __init__(self, reply: str) -> None:
        super().__init__(reply)
        self.reply = reply


class Transfer:
    """The data connections of one control connection, one at a time."""

    def __init__(self, printer: SimPrinter, context: ssl.SSLContext, host: str) -> None:
        self.host = host
        self.encrypted = False
        self._printer = printer
        self._quirks = printer.quirks
        self._context = context
        self._listener: asyncio.Server | None = None
        self._arrived: asyncio.Future[Channel] | None = None
        self._lingering: list[Channel] = []

    async def listen(self) -> int:
        """Offer a port; what was offered before is no longer."""
        self.close()
        self._arrived = asyncio.get_running_loop().create_future()
        self._listener = await asyncio.start_server(self._arrive, self.host, 0, backlog=1)
        port: int = self._listener.sockets[0].getsockname()[1]
        return port

    async def _arrive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        channel = Channel(reader, writer)
        if self._arrived is None or self._arrived.done():
            channel.cut()
        else:
            self._arrived.set_result(channel)

    async def receive(self, path: str) -> None:
        """Take a file; a connection that ends early leaves the part that arrived."""
        data = bytearray()
        async with self._open(upload=True) as channel:
            try:
                while chunk := await self._read(channel, self._until_drop(len(data))):
                    data += chunk
                    self._fits(len(data))
                    await self._pace(len(chunk))
            except (OSError, TimeoutError, ssl.SSLError):
                self._keep(path, data)
                raise TransferFailed("426 Failure reading network stream.") from None
            self._keep(path, data)
            if self._until_drop(len(data)) == 0 and self._quirks.drops_now():
                raise ConnectionResetError

    def _fits(self, size: int) -> None:
        if self._printer.files.used + size > self._printer.files.capacity:
            raise TransferFailed(FULL)

    def _keep(self, path: str, data: bytearray) -> None:
        try:
            self._printer.files[path] = bytes(data)
        except StorageFull:
            raise TransferFailed(FULL) from None

    async def send(self, data: bytes) -> None:
        """Hand over a file or a listing."""
        slow = self._quirks.bytes_per_second
        size = CHUNK if slow is None else max(1, slow // 10)
        async with self._open(upload=False) as channel:
            try:
                for start in range(0, len(data), size):
                    part = data[start : start + size]
                    async with asyncio.timeout(STALL_SECONDS):
                        await channel.write(part)
                    await self._pace(len(part))
            except (OSError, TimeoutError, ssl.SSLError):
                raise TransferFailed("426 Failure writing network stream.") from None

    def close(self) -> None:
        """Offer nothing any more, and let go of what lingers."""
        if self._arrived is not None and self._arrived.done() and not self._arrived.cancelled():
            self._arrived.result().cut()
        self._let_nobody_in()
        for channel in self._lingering:
            channel.cut()
        self._lingering.clear()

    @asynccontextmanager
    async def _open(self, *, upload: bool) -> AsyncIterator[Channel]:
        """The client's connection. It is cut after a failure; after an encrypted upload a printer
        neither answers the closing of TLS nor closes by itself."""
        if self._arrived is None:
            raise TransferFailed("425 Use PORT or PASV first.")
        try:
            async with asyncio.timeout(ARRIVAL_SECONDS):
                channel = await self._arrived
                await self._secure(channel)
        except (OSError, TimeoutError, ssl.SSLError):
            self.close()
            raise TransferFailed(CANNOT_OPEN) from None
        self._let_nobody_in()
        try:
            yield channel
        except BaseException:
            channel.cut()
            raise
        if upload and self.encrypted and not self._quirks.answers_tls_shutdown:
            self._lingering.append(channel)
        else:
            await channel.close(say_so=True)

    async def _secure(self, channel: Channel) -> None:
        if not self.encrypted:
            return
        if self._quirks.clear_data_only:
            channel.cut()
            raise TransferFailed(CANNOT_OPEN)
        await channel.secure(self._context)
        if self._quirks.session_reuse_required and not channel.resumed:
            await channel.close(say_so=True)
            raise TransferFailed(NOT_RESUMED)

    def _let_nobody_in(self) -> None:
        self._arrived = None
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    async def _read(self, channel: Channel, most: int) -> bytes:
        if most == 0:
            return b""
        slow = self._quirks.bytes_per_second
        size = CHUNK if slow is None else max(1, slow // 10)
        async with asyncio.timeout(STALL_SECONDS):
            return await channel.read(min(size, most))

    def _until_drop(self, have: int) -> int:
        at = self._quirks.drop_upload_at
        return CHUNK if at is None else max(0, at - have)

    async def _pace(self, size: int) -> None:
        slow = self._quirks.bytes_per_second
        await asyncio.sleep(0 if slow is None else size / slow)
