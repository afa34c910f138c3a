"""Names of files on printers: FAT file systems, and addresses that must hold no spaces."""

from __future__ import annotations

import re

from app.errors import Invalid

_FORBIDDEN = re.compile(r'[<>:"/\\|?*#%&+\x00-\x1f\x7f]')
_SUFFIX = re.compile(r"(\.gcode)?\.3mf$|\.gcode$", re.IGNORECASE)
MAX_BYTES = 255


def without_suffix(name: str) -> str:
    """The name without every ``.3mf``, ``.gcode.3mf`` and ``.gcode`` at its end."""
    while (shorter := _SUFFIX.sub("", name)) != name:
        name = shorter
    return name


def remote_name(name: str, *, unique: str = "", suffix: str = ".3mf") -> str:
    """A name that every printer stores and can be told in a ``project_file`` request.

    Spaces become underscores and forbidden characters are left out; ``unique`` is put behind the
    stem. At most 255 bytes of UTF-8 (FAT), never empty.
    """
    stem = _FORBIDDEN.sub("", re.sub(r"\s+", "_", without_suffix(name.strip()))).strip("._ ")
    room = MAX_BYTES - len(suffix.encode()) - len(unique.encode())
    stem = stem.encode()[:room].decode(errors="ignore").rstrip("._ ") or "print"
    return f"{stem}{unique}{suffix}"


def require_path(path: str) -> str:
    """A path on a printer, as it is. Raises ``Invalid`` for what would be another command."""
    if not path or any(ord(sign) < 32 or ord(sign) == 127 for sign in path):
        raise Invalid("This is not the name of a file on a printer.", field="name")
    return path
