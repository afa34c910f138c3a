"""Which file on a printer is the one that it prints: a list of guesses, best first.

Printers tell a title and sometimes a path; what the file is called follows from who sent it (seen
on printers and told by other programs that look for it).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import PurePosixPath

from app.ftps.listing import StoredFile
from app.records import record

# Where printers keep what they print, in the order in which it is looked for.
FOLDERS = ("/", "/cache", "/model", "/data")
# How much earlier than its print a file may have been stored.
BEFORE_START = timedelta(minutes=5)
_SUFFIXES = (".gcode.3mf", ".3mf", "")
_PLATE = re.compile(
    r"^(?P<stem>.*?)(?P<mark>( - Plate |_plate_))(?P<number>\d{1,3})$", re.IGNORECASE
)
_PRINTED = (".3mf", ".gcode")


@record
class PrintedJob:
    """What is known of a job: the title, the file the printer names, the plate, the layers."""

    title: str
    file: str
    plate: int | None
    layers: int | None
    started_at: datetime | None


def likely_names(job: PrintedJob) -> list[str]:
    """File names that the job's file may have, best first, each once."""
    names: list[str] = []
    file = PurePosixPath(job.file).name
    if file.lower().endswith(_PRINTED) and "/Metadata/" not in job.file:
        names.append(file)
    for title in _titles(job):
        names += [title + suffix for suffix in _SUFFIXES if title]
    return list(dict.fromkeys(name for name in names if name.lower().endswith(_PRINTED)))


def _titles(job: PrintedJob) -> Iterable[str]:
    """The title as it is, and as other programs write it to a printer."""
    titles = [job.title, job.title.strip()]
    numbered = _PLATE.match(job.title.strip())
    if numbered and job.plate is not None and int(numbered["number"]) != job.plate:
        # The title may lag one job behind the file for projects of several plates.
        titles.append(f"{numbered['stem']}{numbered['mark']}{job.plate}")
    for title in titles:
        yield title
        yield title.replace(" ", "_")


def matching(
    names: Sequence[str], listed: Sequence[StoredFile], job: PrintedJob
) -> list[StoredFile]:
    """Files that may be the job's, best first: by name in any case, then the newest one."""
    files = [item for item in listed if not item.is_folder and item.name.lower().endswith(_PRINTED)]
    found = [item for name in names for item in files if item.name.casefold() == name.casefold()]
    newest = _newest(files, job.started_at)
    if newest is not None:
        found.append(newest)
    return list(dict.fromkeys(found))


def _newest(files: Sequence[StoredFile], started_at: datetime | None) -> StoredFile | None:
    """The newest file that is as new as the print; the cache goes before the root folder."""
    if started_at is None:
        return None
    fresh = [
        item
        for item in files
        if item.modified is not None and item.modified >= started_at - BEFORE_START
    ]
    fresh.sort(key=lambda item: (item.path.startswith("/cache/"), item.modified), reverse=True)
    return fresh[0] if fresh else None
