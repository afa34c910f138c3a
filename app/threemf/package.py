"""A zip that is not trusted: measured before anything of it is read, and read in small parts.

Nothing is ever written to disk, and no more of an entry is unpacked than was asked for.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from app.threemf.sliced import Unreadable

MAX_ENTRIES = 5_000
MAX_DIRECTORY = 2_000_000
MAX_NAME = 1_000
MAX_ENTRY = 2 * 1024**3
MAX_TOTAL = 4 * 1024**3
# Bytes out per byte in. G-code packs to a tenth; only a trap packs to a two-hundredth.
MAX_RATIO = 200
RATIO_MATTERS = 1_000_000
_END = b"PK\x05\x06"
_END_64 = b"PK\x06\x06"
_END_SIZE, _LOCATOR_SIZE, _END_64_SIZE = 22, 20, 56
_COMMENT = 65_535
_LOCAL_HEADER = 30
_ENCRYPTED = 0x1 | 0x40
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_BROKEN = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    struct.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    ValueError,
    OverflowError,
    LookupError,
    OSError,
)


class Package:
    """An open zip. Raises `Unreadable` for one that is damaged or that sets traps."""

    def __init__(self, path: Path) -> None:
        with _readable():
            _measure_directory(path)
            self._zip = zipfile.ZipFile(path)
        try:
            self._entries = _checked(self._zip)
        except BaseException:
            self._zip.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._zip.close()

    @property
    def names(self) -> frozenset[str]:
        """The names of all entries."""
        return frozenset(self._entries)

    def read(self, name: str, limit: int) -> bytes | None:
        """A whole entry, None when there is none. Raises `Unreadable` beyond the limit."""
        data = self.head(name, limit + 1)
        if data is not None and len(data) > limit:
            raise Unreadable(f"{name} in the file is larger than {limit} bytes.")
        return data

    def head(self, name: str, size: int) -> bytes | None:
        """The first bytes of an entry, None when there is none."""
        entry = self._entries.get(name)
        if entry is None:
            return None
        with _readable(), self._zip.open(entry) as file:
            return file.read(size)


def _measure_directory(path: Path) -> None:
    """Refuse a list of entries that would fill the memory, before anybody reads it."""
    with path.open("rb") as file:
        file.seek(0, 2)
        size = file.tell()
        begin = max(0, size - _END_SIZE - _COMMENT - _END_64_SIZE - _LOCATOR_SIZE)
        file.seek(begin)
        tail = file.read()
    at = tail.rfind(_END)
    if at < 0:
        raise zipfile.BadZipFile
    entries, directory = struct.unpack_from("<HL", tail, at + 10)
    if entries == 0xFFFF or directory == 0xFFFFFFFF:
        big = tail.rfind(_END_64, 0, at)
        if big < 0:
            raise zipfile.BadZipFile
        entries, directory = struct.unpack_from("<QQ", tail, big + 32)
    if entries > MAX_ENTRIES or directory > MAX_DIRECTORY:
        raise Unreadable(f"The file has more than {MAX_ENTRIES} entries.")


def _checked(opened: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    entries: dict[str, zipfile.ZipInfo] = {}
    if len(opened.filelist) > MAX_ENTRIES:
        raise Unreadable(f"The file has more than {MAX_ENTRIES} entries.")
    for entry in opened.filelist:
        _check(entry)
        if entry.filename in entries:
            raise Unreadable("The file has two entries of one name.")
        entries[entry.filename] = entry
    if sum(entry.file_size for entry in entries.values()) > MAX_TOTAL:
        raise Unreadable(f"The file unpacks to more than {MAX_TOTAL} bytes.")
    _check_places(sorted(entries.values(), key=lambda entry: entry.header_offset), opened.start_dir)
    return entries


def _check(entry: zipfile.ZipInfo) -> None:
    name = entry.orig_filename
    parts = name.replace("\\", "/").split("/")
    if ".." in parts or name.startswith(("/", "\\")) or "\0" in name or name[1:2] == ":":
        raise Unreadable("The file has an entry with a name that leads out of it.")
    if len(name) > MAX_NAME:
        raise Unreadable("The file has an entry with an endless name.")
    if entry.flag_bits & _ENCRYPTED:
        raise Unreadable("The file is encrypted.")
    if entry.compress_type not in _METHODS:
        raise Unreadable("The file is packed in a way that is not used for 3MF.")
    packed = max(entry.compress_size, 1)
    too_dense = entry.file_size > RATIO_MATTERS and entry.file_size > packed * MAX_RATIO
    if entry.file_size > MAX_ENTRY or too_dense:
        raise Unreadable("The file unpacks to much more than a sliced file can hold.")


def _check_places(entries: list[zipfile.ZipInfo], end: int) -> None:
    """Entries must not lie on one another: that is how a small file unpacks to a huge one."""
    limits = [entry.header_offset for entry in entries[1:]] + [end]
    for entry, limit in zip(entries, limits, strict=False):
        name = len(entry.orig_filename.encode("utf-8", "surrogateescape"))
        least = min(name, len(entry.orig_filename))  # cp437 has one byte per character
        if entry.header_offset + _LOCAL_HEADER + least + entry.compress_size > limit:
            raise Unreadable("The file has entries that overlap.")


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except Unreadable:
        raise
    except _BROKEN as error:
        raise Unreadable("The file is not a sound 3MF: it is damaged or no zip.") from error
