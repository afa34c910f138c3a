"""The rules of stored files: a content is kept once, and no longer than somebody uses it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from uuid import uuid4

from app.database import WriteSession
from app.errors import Conflict
from app.events import ContentDiscarded
from app.files import queries
from app.files.models import FileContent
from app.records import record


@record
class Admitted:
    """A content whose bytes are in the storage; `is_new` when they were put there for this."""

    sha256: str
    size: int
    key: str
    is_new: bool


def new_key(sha256: str) -> str:
    """A place in the storage that nobody has used or will use for anything else."""
    return f"{sha256}-{uuid4().hex[:12]}"


async def keep(
    session: WriteSession, team_id: int, contents: Sequence[tuple[Admitted, str]]
) -> list[int]:
    """Begin one use of each content (with its media type); the ids of the stored files.

    Raises `Conflict` when a content that was known before has been removed meanwhile.
    """
    if not contents:
        return []
    now = datetime.now(UTC)
    fresh = [
        {"sha256": item.sha256, "key": item.key, "size": item.size, "created_at": now}
        for item, _ in {item.sha256: (item, kind) for item, kind in contents}.values()
        if item.is_new
    ]
    if fresh:
        await queries.add_contents(session, fresh)
    known = await queries.locked_contents(session, {item.sha256 for item, _ in contents})
    for item, _ in contents:
        content = known.get(item.sha256)
        if content is None:
            raise Conflict("This file was being removed at the same moment; send it again.")
        if item.is_new and content.key != item.key:
            session.raise_event(ContentDiscarded(team_id=team_id, key=item.key))
    return [
        await queries.add_use(
            session,
            {
                "team_id": team_id,
                "sha256": item.sha256,
                "size": item.size,
                "media_type": kind,
                "created_at": now,
            },
        )
        for item, kind in contents
    ]


async def share(session: WriteSession, file_id: int) -> None:
    """Begin one more use of a file that is in use. Raises `Conflict` when it is gone."""
    if not await queries.use_again(session, file_id):
        raise Conflict("The stored file is gone.")


async def release(session: WriteSession, ids: Collection[int]) -> set[int]:
    """End one use of each file; those that nobody of their team uses any more.

    An id that stands twice ends two uses. When no team has a content, its bytes are removed after
    the commit.
    """
    ending = Counter(ids)
    files = await queries.by_ids(session, list(ending))
    contents = await queries.locked_contents(session, {file.sha256 for file in files.values()})
    gone = {
        file_id
        for file_id in sorted(files)
        if await queries.end_uses(session, file_id, ending[file_id])
    }
    unused = await queries.unused(session, {files[file_id].sha256 for file_id in gone})
    team_id = next((file.team_id for file in files.values()), 0)
    await _discard(session, team_id, [contents[sha256] for sha256 in unused])
    return gone


async def discard_unused(session: WriteSession) -> int:
    """Remove contents that lost their team without anybody ending their use. Returns how many."""
    contents = await queries.locked_contents(session, await queries.unused(session))
    still = await queries.unused(session, contents)
    await _discard(session, 0, [contents[sha256] for sha256 in still])
    return len(still)


async def _discard(session: WriteSession, team_id: int, contents: Sequence[FileContent]) -> None:
    if contents:
        await queries.remove_contents(session, [content.sha256 for content in contents])
    for content in contents:
        session.raise_event(ContentDiscarded(team_id=team_id, key=content.key))
