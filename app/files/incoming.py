"""Files on their way in: streamed to disk, measured and hashed as they come."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import time
from typing import BinaryIO
from uuid import uuid4

from app.errors import DomainError, Unavailable
from app.records import record

# So many bytes are gathered before they are written, off the loop.
_WRITE = 1024 * 1024
_HASH = 1024 * 1024


@record
class Received:
    """A whole file in a temporary place. `filename` is what its sender called it."""

    path: Path
    filename: str
    sha256: str
    size: int


class TooLarge(DomainError):
    """More bytes than a file may have."""

    code = "PAYLOAD_TOO_LARGE"


class Incoming:
    """The folder of unfinished files; `limit` is the most bytes one may have."""

    def __init__(self, folder: Path, limit: int) -> None:
        self._folder = folder
        self.limit = limit

    @asynccontextmanager
    async def place(self) -> AsyncIterator[Path]:
        """A path to write one file to; what is left there is removed at the end."""
        try:
            await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)
        except OSError as error:
            raise Unavailable(f"Files cannot be kept now: {error.strerror}.") from error
        path = self._folder / uuid4().hex
        try:
            yield path
        finally:
            # A moment's work, also while the request is being cancelled.
            path.unlink(missing_ok=True)

    @asynccontextmanager
    async def receive(self, chunks: AsyncIterable[bytes], filename: str) -> AsyncIterator[Received]:
        """Write a stream to disk; it stays there until the block ends, unless it was kept.

        Raises `TooLarge` beyond the limit.
        """
        async with self.place() as path:
            writing = Writing(path, self.limit)
            try:
                async for chunk in chunks:
                    await writing.write(chunk)
                received = await writing.finish(filename)
            finally:
                writing.close()
            yield received

    async def measured(self, path: Path, filename: str) -> Received:
        """A file that something else wrote to its `place`."""

        def read() -> Received:
            digest, size = hashlib.sha256(), 0
            with path.open("rb") as file:
                while chunk := file.read(_HASH):
                    digest.update(chunk)
                    size += len(chunk)
            return Received(path, filename, digest.hexdigest(), size)

        return await asyncio.to_thread(read)

    def forget_older(self, seconds: float) -> None:
        """Remove what a server that was killed left here."""
        for path in self._folder.glob("*"):
            try:
                if path.stat().st_mtime < time() - seconds:
                    path.unlink(missing_ok=True)
            except FileNotFoundError:
                continue


class Writing:
    """One file being written. Bytes are gathered, then written and hashed in a thread."""

    def __init__(self, path: Path, limit: int) -> None:
        self.path = path
        self._limit = limit
        self._file: BinaryIO | None = None
        self._digest = hashlib.sha256()
        self._size = 0
        self._waiting = bytearray()

    async def write(self, chunk: bytes) -> None:
        """Take more bytes. Raises `TooLarge` beyond the limit."""
        self._size += len(chunk)
        if self._size > self._limit:
            raise TooLarge(f"A file has at most {self._limit} bytes.", field="file")
        self._waiting += chunk
        if len(self._waiting) >= _WRITE:
            await self._flush()

    async def finish(self, filename: str) -> Received:
        """The whole file."""
        await self._flush()
        self.close()
        return Received(self.path, filename, self._digest.hexdigest(), self._size)

    def close(self) -> None:
        """Let the file go; harmless when that was done."""
        if self._file is not None:
            self._file.close()

    async def _flush(self) -> None:
        waiting, self._waiting = bytes(self._waiting), bytearray()
        try:
            await asyncio.to_thread(self._write, waiting)
        except OSError as error:
            raise Unavailable(f"Files cannot be kept now: {error.strerror}.") from error

    def _write(self, data: bytes) -> None:
        if self._file is None:
            self._file = self.path.open("wb")
        self._file.write(data)
        self._file.flush()
        self._digest.update(data)
