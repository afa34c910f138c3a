"""What an item prints: a plate of a stored file, or why there is none."""

from __future__ import annotations

from collections.abc import Sequence

from app.archives.models import Archive
from app.plates.models import Plate
from app.print_queue.models import QueueItem
from app.records import record


@record
class Printable:
    """``plate`` is None when nothing can be printed, which ``reason`` explains."""

    filename: str
    file_id: int | None = None
    plate: Plate | None = None
    reason: str | None = None

    @property
    def is_package(self) -> bool:
        """Whether the file is a 3MF; plain g-code otherwise."""
        return not self.filename.lower().endswith(".gcode")


def printable_of(item: QueueItem, archive: Archive, plates: Sequence[Plate]) -> Printable:
    """The plate of the archive's file that the item names, or the one the archive is of."""
    if archive.file_id is None:
        return Printable(archive.filename, reason="There is no stored file of this archive.")
    ready = [plate for plate in plates if plate.printable]
    number = item.plate or archive.plate
    if number is None and len(ready) == 1:
        number = ready[0].number
    for plate in ready:
        if plate.number == number:
            return Printable(archive.filename, archive.file_id, plate)
    if number is None:
        return Printable(archive.filename, archive.file_id, reason="Choose a plate of the file.")
    return Printable(
        archive.filename,
        archive.file_id,
        reason=f"The file has no plate {number} that can be printed.",
    )
