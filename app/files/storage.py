"""Where the bytes of files are: a folder, or a bucket that speaks S3, behind one interface."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from pathlib import Path
from typing import Protocol

from app.settings import Settings, SettingsError

CHUNK = 256 * 1024


class Storage(Protocol):
    """Bytes by key. Each method raises `Unavailable` when the storage is away.

    A key is written once and never changed. Reading one that is not there raises `NotFound`.
    """

    async def put(self, key: str, path: Path) -> None:
        """Keep the content of a finished local file, all of it or nothing; the file is used up."""
        ...

    def chunks(self, key: str, start: int, end: int) -> AsyncIterator[bytes]:
        """The bytes from `start` up to `end`, that one not included."""
        ...

    def local(self, key: str) -> AbstractAsyncContextManager[Path]:
        """The content as a local file, to be read and not to be changed."""
        ...

    async def delete(self, key: str) -> None:
        """Remove a content; one that is gone already is no error."""
        ...

    def contents(self) -> AsyncIterator[tuple[str, datetime]]:
        """Everything that is kept, and since when (UTC)."""
        ...


def open_storage(settings: Settings) -> Storage:
    """The storage the settings name. Raises `SettingsError` when its package is missing."""
    from app.files.folder import FolderStorage

    if not settings.files_url:
        return FolderStorage(settings.data_dir / "files")
    try:
        from app.files.bucket import BucketStorage
    except ImportError as error:
        raise SettingsError(
            "SPOOLGRAPH_FILES_URL: files in a bucket need the package obstore; "
            "install spoolgraph[s3]."
        ) from error
    return BucketStorage(settings)
