"""Directory listings as printers write them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from app.records import record

_LINE = re.compile(
    r"(?P<kind>[-dl])[rwxsStT-]{9}\S*\s+\d+\s+\S+\s+\S+\s+(?P<size>\d+)\s+"
    r"(?P<when>[A-Za-z]{3}\s+\d{1,2}\s+(?:\d{1,2}:\d{2}|\d{4}))\s(?P<name>.+)"
)


@record
class StoredFile:
    """A file or folder. ``size`` is in bytes and ``modified`` by the printer's clock, taken as
    UTC because listings tell no time zone; both are None when the printer does not say."""

    path: str
    size: int | None = None
    modified: datetime | None = None
    is_folder: bool = False

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rsplit("/", 1)[-1]


def read_long(folder: str, lines: Iterable[str], now: datetime) -> list[StoredFile] | None:
    """The entries of a ``LIST`` answer; None when it is in a form nobody knows."""
    found: list[StoredFile] = []
    for line in lines:
        if not line.strip() or line.startswith("total "):
            continue
        match = _LINE.fullmatch(line.rstrip("\r\n"))
        if match is None:
            return None
        if match["name"] in (".", ".."):
            continue
        found.append(
            StoredFile(
                _joined(folder, match["name"]),
                int(match["size"]),
                _time(match["when"], now),
                match["kind"] == "d",
            )
        )
    return found


def read_names(folder: str, lines: Iterable[str]) -> list[StoredFile]:
    """The entries of an ``NLST`` answer: full paths on the X1 family, bare names on others."""
    names = (line.strip() for line in lines)
    return [
        StoredFile(name if name.startswith("/") else _joined(folder, name))
        for name in names
        if name.rsplit("/", 1)[-1] not in ("", ".", "..")
    ]


def _joined(folder: str, name: str) -> str:
    return f"{folder.rstrip('/')}/{name}"


def _time(text: str, now: datetime) -> datetime | None:
    """``Jan 02 15:04`` is of this year, or of the last when that would be to come."""
    words = " ".join(text.split())
    try:
        if ":" not in words:
            return datetime.strptime(words, "%b %d %Y").replace(tzinfo=UTC)
        found = datetime.strptime(f"{now.year} {words}", "%Y %b %d %H:%M").replace(tzinfo=UTC)
    except ValueError:
        return None
    if found > now + timedelta(days=1):
        return found.replace(year=found.year - 1)
    return found
