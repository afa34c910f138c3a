"""Files in a local folder: written beside their place, then renamed into it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from app.errors import NotFound, Unavailable
from app.files.storage import CHUNK

_GONE = "The stored file is gone."


class FolderStorage:
    """Contents in two levels of folders, so that none holds too many."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, key: str, path: Path) -> None:
        with _as_domain_error():
            await asyncio.to_thread(self._put, key, path)

    def _put(self, key: str, path: Path) -> None:
        target = self._path(key)
        target.parent.mkdir(parents=True, exist_ok=True)
        with path.open("rb") as file:
            os.fsync(file.fileno())
        path.replace(target)
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    async def chunks(self, key: str, start: int, end: int) -> AsyncIterator[bytes]:
        with _as_domain_error():
            file = await asyncio.to_thread(self._open, key, start)
            try:
                while start < end:
                    chunk = await asyncio.to_thread(file.read, min(CHUNK, end - start))
                    if not chunk:
                        raise NotFound(_GONE)
                    start += len(chunk)
                    yield chunk
            finally:
                file.close()

    def _open(self, key: str, start: int) -> BinaryIO:
        file = self._path(key).open("rb")
        file.seek(start)
        return file

    @asynccontextmanager
    async def local(self, key: str) -> AsyncIterator[Path]:
        path = self._path(key)
        if not await asyncio.to_thread(path.is_file):
            raise NotFound(_GONE)
        yield path

    async def delete(self, key: str) -> None:
        with _as_domain_error():
            await asyncio.to_thread(self._path(key).unlink, missing_ok=True)

    async def contents(self) -> AsyncIterator[tuple[str, datetime]]:
        with _as_domain_error():
            for found in await asyncio.to_thread(lambda: list(self._keys())):
                yield found

    def _keys(self) -> Iterator[tuple[str, datetime]]:
        for path in self._folder.glob("??/*"):
            try:
                moment = path.stat().st_mtime
            except FileNotFoundError:
                continue
            yield path.name, datetime.fromtimestamp(moment, UTC)

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / key


@contextmanager
def _as_domain_error() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise NotFound(_GONE) from None
    except OSError as error:
        raise Unavailable(f"Files cannot be kept now: {error.strerror}.") from error
