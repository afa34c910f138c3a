"""The card, stick or memory of a printer: files by absolute path, bounded."""

from __future__ import annotations

import re
from collections.abc import Iterator, MutableMapping
from datetime import UTC, datetime
from pathlib import PurePosixPath

# Where printers keep what, and what they keep to themselves.
DIRECTORIES = ("/cache", "/model", "/data", "/timelapse", "/ipcam", "/logger", "/image")
CAPACITY = 268_435_456  # bytes
MAX_NAME = 255  # bytes of UTF-8
_FORBIDDEN = re.compile(r'[<>:"\\|?*\x00-\x1f\x7f]')


class StorageFull(Exception):
    """There is no room for it."""


class Storage(MutableMapping[str, bytes]):
    """Files as a mapping from absolute path to content; folders of new files appear with them."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self.capacity = capacity
        self._files: dict[str, bytes] = {}
        self._modified: dict[str, datetime] = {}
        self._folders = {"/", *DIRECTORIES}

    def __getitem__(self, path: str) -> bytes:
        return self._files[path]

    def __setitem__(self, path: str, data: bytes) -> None:
        if self.used - len(self._files.get(path, b"")) + len(data) > self.capacity:
            raise StorageFull(path)
        self._folders.update(str(folder) for folder in PurePosixPath(path).parents)
        self._files[path] = data
        self._modified[path] = datetime.now(UTC)

    def __delitem__(self, path: str) -> None:
        del self._files[path], self._modified[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)

    @property
    def used(self) -> int:
        """Bytes of all files."""
        return sum(map(len, self._files.values()))

    def modified(self, path: str) -> datetime:
        """When a file was written."""
        return self._modified[path]

    def is_folder(self, path: str) -> bool:
        """True for `/` and every folder made."""
        return path in self._folders

    def make_folder(self, path: str) -> None:
        """Make a folder."""
        self._folders.add(path)

    def remove_folder(self, path: str) -> None:
        """Remove a folder; the caller has seen that it is empty."""
        self._folders.discard(path)

    def children(self, path: str) -> list[tuple[str, bool]]:
        """What a folder holds: absolute paths, and whether each is a folder."""
        inside = [(each, True) for each in self._folders if each != "/"]
        inside += [(each, False) for each in self._files]
        return sorted(item for item in inside if str(PurePosixPath(item[0]).parent) == path)


def usable_name(path: str) -> bool:
    """True when the file system of a card takes a file of this path."""
    name = PurePosixPath(path).name
    fits = 0 < len(name.encode(errors="surrogateescape")) <= MAX_NAME
    return fits and not _FORBIDDEN.search(name) and name[-1] not in ". "
