"""One connection with a printer, in the clear or with TLS, whose every step the printer decides.

asyncio's own TLS always answers when a peer closes; printers do not, and clients must know that.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")
CHUNK = 65_536
# Bytes a peer may leave unread before writing waits for it.
UNREAD = 262_144


class Channel:
    """Bytes in both directions; `secure` turns TLS on."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls: ssl.SSLObject | None = None
        self._unread = b""
        writer.transport.set_write_buffer_limits(UNREAD)

    @property
    def resumed(self) -> bool:
        """True when the peer went on with an earlier TLS session."""
        return self._tls is not None and self._tls.session_reused is True

    async def secure(self, context: ssl.SSLContext) -> None:
        """Shake hands as the server; raises `ssl.SSLError`."""
        tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        await self._drive(tls.do_handshake)
        self._tls = tls

    async def read(self, size: int = CHUNK) -> bytes:
        """At most `size` bytes, nothing at the end."""
        if self._unread:
            data, self._unread = self._unread[:size], self._unread[size:]
            return data
        tls = self._tls
        if tls is None:
            return await self._reader.read(size)
        try:
            return await self._drive(lambda: tls.read(size))
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""

    async def read_line(self, limit: int) -> bytes | None:
        """A line without its end, `None` at the end; raises `ValueError` when it is too long."""
        line = b""
        while b"\n" not in line:
            if len(line) > limit:
                raise ValueError("A line is too long.")
            data = await self.read()
            if not data:
                return None
            line += data
        line, _, self._unread = line.partition(b"\n")
        return line.rstrip(b"\r")

    async def write(self, data: bytes) -> None:
        """Send everything, as fast as the peer takes it."""
        tls = self._tls
        if tls is None:
            self._writer.write(data)
            await self._writer.drain()
            return
        rest = memoryview(data)
        while rest:
            part = rest[:CHUNK]
            sent = await self._drive(lambda part=part: tls.write(part))  # type: ignore[misc]
            rest = rest[sent:]

    async def close(self, *, say_so: bool) -> None:
        """Close; with `say_so` TLS is closed first, as far as that goes without the peer."""
        if say_so and self._tls is not None:
            with contextlib.suppress(ssl.SSLError, OSError):
                self._tls.unwrap()
            with contextlib.suppress(OSError):
                await self._flush()
        self._writer.close()

    def cut(self) -> None:
        """Be gone without a word."""
        self._writer.transport.abort()

    async def _drive(self, step: Callable[[], Result]) -> Result:
        while True:
            try:
                result = step()
            except ssl.SSLWantReadError:
                await self._flush()
                data = await self._reader.read(CHUNK)
                if data:
                    self._incoming.write(data)
                else:
                    self._incoming.write_eof()
            else:
                await self._flush()
                return result

    async def _flush(self) -> None:
        data = self._outgoing.read()
        if data:
            self._writer.write(data)
            await self._writer.drain()
