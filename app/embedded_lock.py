"""One server per SQLite file: a second one is refused with a sentence instead of lock errors."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO


class AlreadyServed(Exception):
    """Another server process has this SQLite file open."""


class EmbeddedLock:
    """An advisory lock beside the database file. The kernel drops it when the process dies."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._file: IO[str] | None = None

    def acquire(self) -> None:
        """Raises `AlreadyServed` when another process holds it."""
        self._database.parent.mkdir(parents=True, exist_ok=True)
        path = self._database.with_name(self._database.name + ".lock")
        file = path.open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            file.close()
            raise AlreadyServed(
                f"{self._database} is already served by the process {holder}. Several server "
                "processes need PostgreSQL: set SPOOLGRAPH_DATABASE_URL."
            ) from None
        file.seek(0)
        file.truncate()
        file.write(str(os.getpid()))
        file.flush()
        self._file = file

    def release(self) -> None:
        """Let another process serve the file."""
        if self._file is not None:
            self._file.close()
            self._file = None
