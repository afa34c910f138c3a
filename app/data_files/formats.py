"""What kind of file it is, told by its content."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from app.data_files.models import DataFormat
from app.errors import Invalid

# So much of a file is looked at.
_HEAD = 65_536
_ZIP = b"PK\x03\x04"
_CODE = re.compile(r"^\s*(;|[GMT][0-9]+(\s|$))", re.IGNORECASE)


def detect(path: Path, given: DataFormat | None) -> DataFormat:
    """The format of a file; reads its beginning. Raises `Invalid` when it is none that is known,
    or not the one it was said to be."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    found = _of(head)
    if found is None:
        raise Invalid("This is no CSV table, no 3MF and no g-code.", field="file")
    if given is not None and given is not found:
        raise Invalid(f"The file is {found.value}, not {given.value}.", field="format")
    return found


def _of(head: bytes) -> DataFormat | None:
    if head.startswith(_ZIP):
        return DataFormat.THREEMF
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    try:
        # A character may be cut in two where the reading stopped.
        text = decoder.decode(head, final=len(head) < _HEAD)
    except UnicodeDecodeError:
        return None
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines or "\x00" in text:
        return None
    if sum(1 for line in lines[:50] if _CODE.match(line)) * 2 > len(lines[:50]):
        return DataFormat.GCODE
    return DataFormat.CSV if any(mark in lines[0] for mark in ",;\t") else None
