"""What is known of stored bytes before any of them is sent."""

from __future__ import annotations

from datetime import datetime

from app.database import ReadSession
from app.files import queries
from app.records import record


@record
class Download:
    """A stored content under the name a person would save it as; shown in place without one."""

    key: str
    sha256: str
    size: int
    modified: datetime
    filename: str | None = None


async def download_of(
    session: ReadSession, file_id: int | None, *, filename: str | None = None
) -> Download | None:
    """A stored file of the session's team, None when there is none."""
    if file_id is None:
        return None
    file = (await queries.by_ids(session, [file_id])).get(file_id)
    content = None if file is None else await queries.content_of(session, file.sha256)
    if file is None or content is None:
        return None
    return Download(content.key, file.sha256, file.size, file.created_at, filename)
