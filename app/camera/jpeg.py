"""The camera of P1 and A1 printers: single JPEG pictures over TLS.

The client sends 80 bytes with user and access code; then a header of 16 bytes stands before each
picture. A wrong code closes the connection without a byte (all seen on real printers).
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncGenerator
from pathlib import Path

from app.camera.connection import connected
from app.camera.target import CameraTarget
from app.errors import Unreachable

USER = b"bblp"
MAX_PICTURE = 10_485_760
# Length of the rest, type, two that are 0; then user and code, padded. Little-endian.
_AUTHENTICATION = struct.Struct("<IIII32s32s")
_HEADER = struct.Struct("<IIII")
SHUT = (
    "The camera closed the connection at once: the access code is wrong (it changes when LAN Only "
    "or Developer Mode is switched), or somebody else watches, and a printer shows its camera to "
    "one viewer at a time."
)
_LENGTH_OF_REST, _TYPE = 0x40, 0x3000


async def jpeg_pictures(target: CameraTarget, ca_file: Path | None) -> AsyncGenerator[bytes, None]:
    """The printer's pictures as they come. Raises `Unreachable` or `CameraRefused`."""
    async with connected(target, ca_file) as (reader, writer):
        writer.write(
            _AUTHENTICATION.pack(
                _LENGTH_OF_REST, _TYPE, 0, 0, USER, target.access_code.encode()[:32]
            )
        )
        await writer.drain()
        first = True
        while True:
            header = await _header(reader, first)
            first = False
            (size, _track, _flags, _zero) = _HEADER.unpack(header)
            if not 4 <= size <= MAX_PICTURE:
                raise Unreachable(f"The camera announced a picture of {size} bytes.")
            picture = await reader.readexactly(size)
            if picture[:2] != b"\xff\xd8":
                raise Unreachable("What the camera sent is no JPEG picture.")
            yield picture


async def _header(reader: asyncio.StreamReader, first: bool) -> bytes:
    try:
        return await reader.readexactly(_HEADER.size)
    except asyncio.IncompleteReadError as error:
        if first and not error.partial:
            raise Unreachable(SHUT) from None
        raise
