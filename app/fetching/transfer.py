"""One try to fetch a printed file: found, downloaded, and seen to be the right one."""

from __future__ import annotations

from pathlib import Path

from app.errors import NotFound
from app.fetching.names import FOLDERS, PrintedJob, likely_names, matching
from app.files.incoming import Incoming, Received
from app.ftps.errors import StoredFileMissing, StoredFileTooLarge
from app.ftps.listing import StoredFile
from app.ftps.storage import PrinterStorage, PrinterStorages
from app.ftps.target import StorageTarget
from app.threemf.reading import read_off_loop
from app.threemf.sliced import SlicedFile, Unreadable

# Files that are downloaded at most to find the right one.
MAX_DOWNLOADS = 3
NOT_FOUND = "The printed file was not found on the printer."
ANOTHER = "The file on the printer is not the one that was printed."


async def fetch(
    storages: PrinterStorages,
    target: StorageTarget,
    incoming: Incoming,
    job: PrintedJob,
    path: Path,
) -> tuple[Received, int | None]:
    """Download the file of a job to `path`; the file, and the number of the printed plate.

    Raises what `app.ftps.errors` names, or `NotFound` when no file is the right one.
    """
    names = likely_names(job)
    known = {name.casefold() for name in names}
    wrong: str | None = None
    async with storages.open(target) as storage:
        found = matching(names, await _listed(storage), job)
        for item in found[:MAX_DOWNLOADS]:
            if item.size is not None and item.size > incoming.limit:
                raise StoredFileTooLarge(f"The printed file has more than {incoming.limit} bytes.")
            await storage.download(item.path, path, limit=incoming.limit)
            try:
                sliced = await read_off_loop(path, item.name)
            except Unreadable as error:
                wrong = error.message
                continue
            if fits(sliced, job, by_name=item.name.casefold() in known):
                return await incoming.measured(path, item.name), _plate(sliced, job)
            wrong = ANOTHER
    raise NotFound(wrong or NOT_FOUND)


async def _listed(storage: PrinterStorage) -> list[StoredFile]:
    """Everything in the folders where printed files are; a folder that is not there is empty."""
    found: list[StoredFile] = []
    for folder in FOLDERS:
        try:
            found += await storage.listing(folder)
        except StoredFileMissing:
            continue
    return found


def fits(sliced: SlicedFile, job: PrintedJob, *, by_name: bool) -> bool:
    """Whether a file can be the one that is printed: its plate is there, with as many layers as
    the printer tells. One that was not found by its name must say so itself."""
    number = _plate(sliced, job)
    plate = sliced.plate(number)
    if plate is None or not plate.printable:
        return by_name and number is None and bool(sliced.plates)
    if plate.layers is None or job.layers is None:
        return by_name
    return plate.layers == job.layers


def _plate(sliced: SlicedFile, job: PrintedJob) -> int | None:
    """The printed plate: the one the printer names, or the only one of its number of layers."""
    if job.plate is not None:
        return job.plate
    printable = [plate for plate in sliced.plates if plate.printable]
    alike = [plate for plate in printable if job.layers and plate.layers == job.layers]
    chosen = alike if len(alike) == 1 else printable
    return chosen[0].number if len(chosen) == 1 else None
