"""All SQL of stored files."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import delete, exists, select, update

from app.database import ReadSession, WriteSession
from app.files.models import FileContent, StoredFile
from app.upsert import insert

Session = ReadSession | WriteSession


async def by_ids(session: Session, ids: Collection[int]) -> dict[int, StoredFile]:
    """Stored files by id."""
    rows = await session.scalars(select(StoredFile).where(StoredFile.id.in_(ids)))
    return {row.id: row for row in rows}


async def content_of(session: Session, sha256: str) -> FileContent | None:
    """The content with this hash, of whichever team."""
    found: FileContent | None = await session.get(FileContent, sha256)
    return found


async def locked_contents(session: WriteSession, hashes: Collection[str]) -> dict[str, FileContent]:
    """Contents by hash, locked in one order, so that no two transactions wait for each other."""
    rows = await session.scalars(
        select(FileContent)
        .where(FileContent.sha256.in_(hashes))
        .order_by(FileContent.sha256)
        .with_for_update()
    )
    return {row.sha256: row for row in rows}


async def add_contents(session: WriteSession, rows: Collection[dict[str, object]]) -> None:
    """Add those contents that are not known."""
    contents = insert(session, FileContent).values(sorted(rows, key=lambda row: str(row["sha256"])))
    await session.execute(contents.on_conflict_do_nothing(index_elements=["sha256"]))


async def add_use(session: WriteSession, values: dict[str, object]) -> int:
    """Count one more use of a content in a team; the id of the stored file."""
    stored = insert(session, StoredFile).values(uses=1, **values)
    counted = stored.on_conflict_do_update(
        index_elements=["team_id", "sha256"], set_={"uses": StoredFile.uses + 1}
    )
    found: int = (await session.execute(counted.returning(StoredFile.id))).scalar_one()
    return found


async def use_again(session: WriteSession, file_id: int) -> bool:
    """Count one more use of a stored file; False when there is no such file."""
    found = await session.scalar(
        update(StoredFile)
        .where(StoredFile.id == file_id)
        .values(uses=StoredFile.uses + 1)
        .returning(StoredFile.id)
    )
    return found is not None


async def end_uses(session: WriteSession, file_id: int, number: int) -> bool:
    """Count so many uses of a file less; True when nobody of its team uses it now."""
    gone = await session.scalar(
        delete(StoredFile)
        .where(StoredFile.id == file_id, StoredFile.uses <= number)
        .returning(StoredFile.id)
    )
    if gone is None:
        await session.execute(
            update(StoredFile)
            .where(StoredFile.id == file_id)
            .values(uses=StoredFile.uses - number)
            .execution_options(synchronize_session=False)
        )
    return gone is not None


async def unused(session: Session, hashes: Collection[str] | None = None) -> list[str]:
    """The contents (of these) that no team has, at most a thousand."""
    # The plain table: a session of one team must see the files of all of them here.
    files = StoredFile.__table__
    statement = select(FileContent.sha256).where(
        ~exists(select(files.c.id).where(files.c.sha256 == FileContent.sha256))
    )
    if hashes is not None:
        statement = statement.where(FileContent.sha256.in_(hashes))
    return list(await session.scalars(statement.order_by(FileContent.sha256).limit(1000)))


async def remove_contents(session: WriteSession, hashes: Collection[str]) -> None:
    """Remove contents that were locked and found unused."""
    await session.execute(delete(FileContent).where(FileContent.sha256.in_(hashes)))


async def known_keys(session: Session, keys: Collection[str]) -> set[str]:
    """Those of these keys that belong to a content."""
    return set(await session.scalars(select(FileContent.key).where(FileContent.key.in_(keys))))
