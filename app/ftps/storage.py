"""The storages of printers for asynchronous callers: one connection per printer at a time."""

from __future__ import annotations

import asyncio
import ftplib
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar
from weakref import WeakValueDictionary

from app.errors import DomainError
from app.ftps.connection import BLOCK, FtpsConnection
from app.ftps.errors import DataChannelRefused, StorageUnreachable, in_words
from app.ftps.listing import StoredFile, read_long, read_names
from app.ftps.names import require_path
from app.ftps.target import StorageTarget
from app.records import record

# Connections at the same time in one process; more wait for their turn.
CONNECTIONS = 64
_TELL_SECONDS = 0.25
_LET_GO_SECONDS = 5.0

Progress = Callable[[int, int], None]
Result = TypeVar("Result")


@record
class Content:
    """A file to send that is not on this machine's disk: its size in bytes, and its blocks."""

    size: int
    blocks: AsyncIterator[bytes]


class PrinterStorages:
    """One per process. Remembers which printers take no protected data connection."""

    def __init__(self, ca_file: Path | None) -> None:
        self._ca_file = ca_file
        self._threads = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="ftps")
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self._clear: set[int] = set()

    @asynccontextmanager
    async def open(self, target: StorageTarget) -> AsyncIterator[PrinterStorage]:
        """The storage of a printer, signed in, for this caller alone.

        Raises ``StorageUnreachable`` or ``StorageAccessRefused``.
        """
        lock = self._locks.setdefault(target.printer_id, asyncio.Lock())
        async with lock:
            storage = PrinterStorage(target, self._ca_file, self._threads, self._clear)
            try:
                await storage.connect()
                yield storage
            finally:
                await storage.leave()

    def close(self) -> None:
        """Let running transfers end in their own time, without anybody waiting for them."""
        self._threads.shutdown(wait=False, cancel_futures=True)


class PrinterStorage:
    """Made by ``PrinterStorages.open``. Every method raises one of ``app.ftps.errors``.

    Cancelling a call cuts the connection.
    """

    def __init__(
        self,
        target: StorageTarget,
        ca_file: Path | None,
        threads: ThreadPoolExecutor,
        clear: set[int],
    ) -> None:
        self._target = target
        self._ca_file = ca_file
        self._threads = threads
        self._clear = clear
        self._connection = self._new(clear_data=target.printer_id in clear)

    def _new(self, *, clear_data: bool) -> FtpsConnection:
        return FtpsConnection(self._target, self._ca_file, clear_data=clear_data)

    def _again(self, *, clear_data: bool) -> FtpsConnection:
        """A new connection in place of this one."""
        self._connection.leave()
        self._connection = self._new(clear_data=clear_data)
        self._connection.open()
        return self._connection

    async def connect(self) -> None:
        """Connect and sign in."""
        await self._do(lambda _connection: None, opens=True)

    async def upload(
        self, source: Path | Content, path: str, *, progress: Progress | None = None
    ) -> None:
        """Store a file under ``path``; returns when the printer has the whole of it.

        ``progress`` is told bytes sent and bytes in all, a few times a second.
        """
        require_path(path)
        size = (
            source.size
            if isinstance(source, Content)
            else (await asyncio.to_thread(source.stat)).st_size
        )
        told = _Teller(progress, size)
        loop = asyncio.get_running_loop()

        def store(connection: FtpsConnection) -> None:
            blocks = _from_loop(source, loop) if isinstance(source, Content) else _of_file(source)
            try:
                connection.store(path, size, blocks, told)
            except (OSError, EOFError):
                if not connection.sent_all:
                    raise
                self._again(clear_data=connection.clear_data).require_size(path, size, sure=False)

        await self._do(store, storing=True)

    async def download(self, path: str, to: Path, *, limit: int) -> int:
        """Fetch a file of at most ``limit`` bytes into ``to``; its size in bytes."""
        require_path(path)
        return await self._do(lambda connection: connection.fetch(path, to, limit))

    async def listing(self, folder: str = "/") -> list[StoredFile]:
        """What is in a folder, in the printer's order, at most 10 000 entries."""
        require_path(folder)

        def ask(connection: FtpsConnection) -> list[StoredFile]:
            found = read_long(folder, connection.lines(f"LIST {folder}"), datetime.now(UTC))
            if found is None:
                found = read_names(folder, connection.lines(f"NLST {folder}"))
            return found

        return await self._do(ask)

    async def size(self, path: str) -> int | None:
        """The size of a file in bytes, None when the printer cannot tell."""
        require_path(path)
        return await self._do(lambda connection: connection.measured(path))

    async def delete(self, path: str) -> None:
        """Remove a file. Raises ``StoredFileMissing`` when it is not there."""
        require_path(path)
        await self._do(lambda connection: connection.delete(path))

    async def leave(self) -> None:
        """Close the connection."""
        await asyncio.shield(
            asyncio.get_running_loop().run_in_executor(self._threads, self._connection.leave)
        )

    async def _do(
        self,
        work: Callable[[FtpsConnection], Result],
        *,
        opens: bool = False,
        storing: bool = False,
    ) -> Result:
        """Run blocking work in a thread; again without protected data where that is refused."""

        def run() -> Result:
            connection = self._connection
            try:
                if opens:
                    connection.open()
                return work(connection)
            except DataChannelRefused:
                done = work(self._again(clear_data=True))
            self._clear.add(self._target.printer_id)
            return done

        try:
            return await self._in_thread(run)
        except DomainError:
            raise
        except (OSError, EOFError, ftplib.Error, ValueError) as error:
            raise in_words(error, self._target.where, storing=storing) from error
        except DataChannelRefused as error:
            raise StorageUnreachable(
                "The printer takes no data connection for its storage."
            ) from error

    async def _in_thread(self, run: Callable[[], Result]) -> Result:
        working = asyncio.get_running_loop().run_in_executor(self._threads, run)
        try:
            return await asyncio.shield(working)
        except asyncio.CancelledError:
            working.cancel()
            self._connection.cut()
            await asyncio.wait({working}, timeout=_LET_GO_SECONDS)
            raise


class _Teller:
    """Carries progress from the thread to the loop, now and then and at the end."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self._progress = progress
        self._total = total
        self._loop = asyncio.get_running_loop()
        self._last = 0.0

    def __call__(self, done: int) -> None:
        now = time.monotonic()
        if self._progress is None or (now - self._last < _TELL_SECONDS and done < self._total):
            return
        self._last = now
        self._loop.call_soon_threadsafe(self._progress, done, self._total)


def _of_file(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            yield block


def _from_loop(content: Content, loop: asyncio.AbstractEventLoop) -> Iterator[bytes]:
    """Blocks that are made in the loop, one at a time, for a thread that waits for them."""

    async def following() -> bytes | None:
        return await anext(content.blocks, None)

    while (block := asyncio.run_coroutine_threadsafe(following(), loop).result()) is not None:
        yield block
