"""What every part of the dispatcher needs: the database as its present holder, and the farm."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field

from app.database import EVERY_TEAM, Database, ReadSession, WriteSession
from app.dispatch import lease
from app.dispatch.timing import DispatchTiming
from app.files.store import FileStore
from app.ftps.storage import PrinterStorages
from app.printers.commands import PrinterCommands
from app.printers.live import LiveFarm
from app.sealing import Sealer


class NotLeading(Exception):
    """Another process dispatches now: whatever this one was about to do is not its business."""


@dataclass
class Desk:
    """One per process. Writes only while this process dispatches."""

    database: Database
    process_id: str
    live: LiveFarm
    commands: PrinterCommands
    storages: PrinterStorages
    files: FileStore
    sealer: Sealer
    timing: DispatchTiming
    # Per printer: set whenever something about it, or about what is sent to it, may have changed.
    news: dict[int, asyncio.Event] = field(default_factory=dict)

    def read(self) -> AbstractAsyncContextManager[ReadSession]:
        """A session that sees every team."""
        return self.database.read(EVERY_TEAM)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[WriteSession]:
        """One transaction as the dispatcher of the farm; raises ``NotLeading`` when it is not."""
        async with self.database.transaction(EVERY_TEAM) as session:
            if not await lease.holds(session, self.process_id):
                raise NotLeading
            yield session

    def tell(self, printer_id: int) -> None:
        """Something about a printer changed."""
        event = self.news.get(printer_id)
        if event is not None:
            event.set()

    @asynccontextmanager
    async def listening(self, printer_id: int) -> AsyncIterator[asyncio.Event]:
        """An event that is set by news of this printer, of which one attempt at a time hears."""
        event = self.news[printer_id] = asyncio.Event()
        try:
            yield event
        finally:
            if self.news.get(printer_id) is event:
                del self.news[printer_id]
