"""Contents are kept once, and no longer than somebody uses them."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.accounts.viewer import Viewer
from app.database import EVERY_TEAM, Database
from app.errors import Conflict
from app.farm_events import service as farm_events
from app.files import service
from app.files.incoming import TooLarge
from app.files.models import FileContent, StoredFile
from app.files.store import MEGABYTE, FileStore
from app.hub import Hub
from app.settings import Settings
from tests.farm import make_viewer
from tests.running import eventually


@pytest.fixture
def store(database: Database, tmp_path: Path) -> FileStore:
    hub = Hub("memory://", "test")
    database.tell = farm_events.teller(hub)
    return FileStore(Settings(data_dir=tmp_path / "data", max_file_mb=1), database, hub)


@pytest.fixture
async def at_work(store: FileStore) -> AsyncIterator[FileStore]:
    """The store with its background work."""
    task = asyncio.create_task(store.run())
    yield store
    task.cancel()
    await asyncio.wait({task})


async def _chunks(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), 1000):
        yield content[start : start + 1000]


async def _keep(store: FileStore, database: Database, viewer: Viewer, content: bytes) -> int:
    async with (
        store.incoming.receive(_chunks(content), "x.bin") as received,
        store.admitted(received) as admitted,
        database.transaction(viewer.team_id) as session,
    ):
        kept = [(item, "application/octet-stream") for item in admitted]
        return (await service.keep(session, viewer.team_id, kept))[0]


async def _release(database: Database, viewer: Viewer, *ids: int) -> set[int]:
    async with database.transaction(viewer.team_id) as session:
        return await service.release(session, ids)


async def _keys(store: FileStore) -> list[str]:
    return sorted([key async for key, _ in store.storage.contents()])


async def test_one_content_is_stored_once_for_all_teams(
    store: FileStore, database: Database
) -> None:
    """Two teams that have the same bytes have a row each, of one content."""
    here, there = await make_viewer(database), await make_viewer(database)
    first = await _keep(store, database, here, b"same")
    assert await _keep(store, database, here, b"same") == first
    other = await _keep(store, database, there, b"same")
    assert other != first
    digest = hashlib.sha256(b"same").hexdigest()
    keys = await _keys(store)
    assert [key.split("-")[0] for key in keys] == [digest]
    async with database.read(here.team_id) as session:
        row = (await session.scalars(select(StoredFile))).one()
        assert (row.id, row.sha256, row.size, row.uses) == (first, digest, 4, 2)
    assert await store.key_of(digest) == keys[0]


async def test_the_last_user_takes_the_bytes_along(at_work: FileStore, database: Database) -> None:
    """Another use, or another team, keeps them."""
    here, there = await make_viewer(database), await make_viewer(database)
    ids = [await _keep(at_work, database, viewer, b"same") for viewer in (here, here, there)]
    assert await _release(database, here, ids[0]) == set()
    assert await _release(database, here, ids[1]) == {ids[1]}
    assert len(await _keys(at_work)) == 1
    assert await _release(database, there, ids[2]) == {ids[2]}

    async def empty() -> bool:
        return await _keys(at_work) == []

    await eventually(empty)
    async with database.read(EVERY_TEAM) as session:
        assert await session.scalar(select(func.count()).select_from(FileContent)) == 0


async def test_what_was_not_kept_leaves_nothing(at_work: FileStore, database: Database) -> None:
    """A transaction that is rolled back takes the new bytes with it."""
    viewer = await make_viewer(database)

    async def fail() -> None:
        async with (
            at_work.incoming.receive(_chunks(b"lost"), "x.bin") as received,
            at_work.admitted(received) as admitted,
            database.transaction(viewer.team_id) as session,
        ):
            await service.keep(session, viewer.team_id, [(admitted[0], "text/plain")])
            raise RuntimeError("changed my mind")

    with pytest.raises(RuntimeError):
        await fail()

    async def empty() -> bool:
        return await _keys(at_work) == []

    await eventually(empty)
    assert list(at_work.incoming._folder.iterdir()) == []


async def test_a_file_beyond_the_limit_is_refused_as_it_comes(store: FileStore) -> None:
    """Nothing of it stays on disk."""
    with pytest.raises(TooLarge, match=f"{MEGABYTE} bytes"):
        async with store.incoming.receive(_chunks(bytes(MEGABYTE + 1)), "x.bin"):
            pass
    assert list(store.incoming._folder.iterdir()) == []
    async with store.incoming.receive(_chunks(bytes(MEGABYTE)), "x.bin") as received:
        assert (received.size, received.sha256) == (
            MEGABYTE,
            hashlib.sha256(bytes(MEGABYTE)).hexdigest(),
        )


async def test_a_content_that_goes_while_it_is_sent_again(
    store: FileStore, database: Database
) -> None:
    """It was known when it arrived and is gone when it is kept: a conflict, and nothing half."""
    viewer = await make_viewer(database)
    first = await _keep(store, database, viewer, b"same")

    async def race() -> None:
        async with (
            store.incoming.receive(_chunks(b"same"), "x.bin") as received,
            store.admitted(received) as admitted,
        ):
            await _release(database, viewer, first)
            async with database.transaction(viewer.team_id) as session:
                await service.keep(session, viewer.team_id, [(admitted[0], "text/plain")])

    with pytest.raises(Conflict, match="send it again"):
        await race()
    assert await _keep(store, database, viewer, b"same")


async def test_the_sweep_removes_what_a_crash_left(store: FileStore, database: Database) -> None:
    """Old bytes without a row go, new ones and used ones stay."""
    viewer = await make_viewer(database)
    await _keep(store, database, viewer, b"used")
    async with store.incoming.receive(_chunks(b"orphan"), "x.bin") as received:
        await store.storage.put(service.new_key(received.sha256), received.path)
    assert len(await _keys(store)) == 2
    assert await store.sweep() == 0
    assert await store.sweep(datetime.now(UTC) + timedelta(hours=3)) == 1
    assert [key.split("-")[0] for key in await _keys(store)] == [
        hashlib.sha256(b"used").hexdigest()
    ]


async def test_a_team_that_goes_leaves_no_content(at_work: FileStore, database: Database) -> None:
    """Its rows go with it; the sweep finds the contents that nobody has."""
    viewer = await make_viewer(database)
    await _keep(at_work, database, viewer, b"theirs")
    async with database.transaction(EVERY_TEAM) as session:
        for row in (await session.scalars(select(StoredFile))).all():
            await session.delete(row)
    await at_work.sweep()

    async def empty() -> bool:
        return await _keys(at_work) == []

    await eventually(empty)


async def test_contents_come_and_go_at_once(at_work: FileStore, database: Database) -> None:
    """Whatever order simultaneous keeps and releases take, rows and bytes agree at the end."""
    viewers = [await make_viewer(database) for _ in range(2)]
    held: list[tuple[Viewer, int]] = []

    async def work(number: int) -> None:
        for step in range(6):
            viewer = viewers[(number + step) % 2]
            try:
                file_id = await _keep(at_work, database, viewer, [b"a", b"b"][number // 2 % 2])
            except Conflict:
                continue
            if (number * step) % 4 != 3:
                await _release(database, viewer, file_id)
            else:
                held.append((viewer, file_id))

    await asyncio.gather(*(work(number) for number in range(6)))
    async with database.read(EVERY_TEAM) as session:
        rows = (await session.scalars(select(StoredFile))).all()
        contents = (await session.scalars(select(FileContent))).all()
    assert sum(row.uses for row in rows) == len(held)
    assert {row.sha256 for row in rows} == {content.sha256 for content in contents}

    async def agree() -> bool:
        return await _keys(at_work) == sorted(content.key for content in contents)

    await eventually(agree)
