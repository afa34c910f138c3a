"""The files of one server process: what comes in, what is kept, what is removed again."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import structlog
from sqlalchemy.exc import SQLAlchemyError

from app.database import EVERY_TEAM, Database
from app.errors import DomainError
from app.events import ContentDiscarded
from app.files import queries, service
from app.files.incoming import Incoming, Received
from app.files.service import Admitted
from app.files.storage import Storage, open_storage
from app.hub import EVENT, Hub, Message
from app.settings import Settings

log = structlog.get_logger(__name__)

MEGABYTE = 1_000_000
SWEEP_SECONDS = 3600.0
# Bytes without a row are left alone for so long: their transaction may still be under way.
ORPHAN_AGE = timedelta(hours=2)
# Removals that wait at most; what is left out is found by the next sweep.
DISCARDS_BOUND = 10_000
_BATCH = 500


class FileStore:
    """One per process. The bytes are moved outside of every database session."""

    def __init__(self, settings: Settings, database: Database, hub: Hub) -> None:
        self.storage: Storage = open_storage(settings)
        self.incoming = Incoming(
            settings.data_dir / "files" / "incoming", settings.max_file_mb * MEGABYTE
        )
        self._database = database
        self._discarded: OrderedDict[str, None] = OrderedDict()
        self._ready = asyncio.Event()
        hub.listen(EVENT, self._on_event)

    @asynccontextmanager
    async def admitted(self, *files: Received) -> AsyncIterator[list[Admitted]]:
        """Put the bytes of these files where they stay; a content that is known already is not
        put again. Keep them in the block, with `service.keep`; when it raises they go again."""
        done: list[Admitted] = []
        try:
            for file in files:
                done.append(await self._admit(file))
            yield done
        except BaseException:
            self._discard(*(item.key for item in done if item.is_new))
            raise

    async def _admit(self, file: Received) -> Admitted:
        async with self._database.read(EVERY_TEAM) as session:
            known = await queries.content_of(session, file.sha256)
        if known is not None:
            return Admitted(file.sha256, known.size, known.key, is_new=False)
        key = service.new_key(file.sha256)
        await self.storage.put(key, file.path)
        return Admitted(file.sha256, file.size, key, is_new=True)

    async def key_of(self, sha256: str) -> str | None:
        """Where the content with this hash is."""
        async with self._database.read(EVERY_TEAM) as session:
            known = await queries.content_of(session, sha256)
        return None if known is None else known.key

    def local(self, key: str) -> AbstractAsyncContextManager[Path]:
        """A content as a local file, to be read."""
        return self.storage.local(key)

    async def run(self) -> None:
        """Remove what is discarded, and what was left behind, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._remove_discarded())
            group.create_task(self._sweep_for_ever())

    def _on_event(self, message: Message) -> None:
        if message.key == ContentDiscarded.kind:
            self._discard(orjson.loads(message.body)["key"])

    def _discard(self, *keys: str) -> None:
        for key in keys:
            if len(self._discarded) < DISCARDS_BOUND:
                self._discarded[key] = None
        self._ready.set()

    async def _remove_discarded(self) -> None:
        while True:
            await self._ready.wait()
            self._ready.clear()
            while self._discarded:
                key, _ = self._discarded.popitem(last=False)
                try:
                    await self.storage.delete(key)
                except DomainError as error:
                    log.warning("a file is left for the next sweep", error=error.message)

    async def _sweep_for_ever(self) -> None:
        while True:
            try:
                await self.sweep()
            except (DomainError, SQLAlchemyError) as error:
                log.warning("files were not swept", error=type(error).__name__)
            await asyncio.sleep(SWEEP_SECONDS)

    async def sweep(self, now: datetime | None = None) -> int:
        """Remove bytes that no row names and that are not new. Returns how many contents went."""
        limit = (now or datetime.now(UTC)) - ORPHAN_AGE
        async with self._database.transaction(EVERY_TEAM) as session:
            await service.discard_unused(session)
        await asyncio.to_thread(self.incoming.forget_older, ORPHAN_AGE.total_seconds())
        old = [key async for key, since in self.storage.contents() if since < limit]
        removed = 0
        for first in range(0, len(old), _BATCH):
            keys = old[first : first + _BATCH]
            async with self._database.read(EVERY_TEAM) as session:
                orphans = set(keys) - await queries.known_keys(session, keys)
            for key in sorted(orphans):
                await self.storage.delete(key)
            removed += len(orphans)
        return removed
