"""uvicorn's WebSocket protocol, with a short way out for messages that many clients get.

ASGI's `send` is a coroutine through every layer, and frames each message anew. For the same few
hundred bytes to hundreds of sockets that is most of the cost, so an application may also hand over
finished frames: `scope["extensions"][FRAMES]` is a function that writes them at once, or says that
it could not.
"""

from __future__ import annotations

import socket
from asyncio import BaseTransport
from collections.abc import Callable
from typing import cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request
from websockets.protocol import OPEN

FRAMES = "spoolgraph.frames"
WriteFrames = Callable[[bytes], bool]
# Bytes the kernel holds of what it could not send yet. A client that reads slowly shall get the
# newest status next, not what megabytes of buffer remember.
UNSENT_BYTES = 65_536
_TEXT = 0x81
_SHORT, _LONG = 126, 65_536


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """Offers `FRAMES` to the application, unless messages are compressed."""

    def connection_made(self, transport: BaseTransport) -> None:
        """Keep what waits in the kernel short."""
        super().connection_made(transport)
        opened = transport.get_extra_info("socket")
        if hasattr(socket, "TCP_NOTSENT_LOWAT") and opened.family != socket.AF_UNIX:
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)

    def handle_connect(self, event: Request) -> None:
        """The application starts after this, and finds the extension in its scope."""
        super().handle_connect(event)
        if self.response.status_code == 101 and not self.conn.extensions:
            extensions = cast(dict[str, object], self.scope["extensions"])
            extensions[FRAMES] = self.write_frames

    def write_frames(self, frames: bytes) -> bool:
        """Write finished frames; False when the client has to take what waits for it first, or
        is not there any more."""
        if self.close_sent or self.disconnected or self.conn.state is not OPEN:
            return False
        if not self.writable.is_set():
            return False
        self.transport.write(frames)
        return True


def text_frame(text: bytes) -> bytes:
    """A whole text message as one frame of a server (RFC 6455, section 5.2)."""
    size = len(text)
    if size < _SHORT:
        return bytes((_TEXT, size)) + text
    if size < _LONG:
        return b"\x81\x7e" + size.to_bytes(2, "big") + text
    return b"\x81\x7f" + size.to_bytes(8, "big") + text


def text_of(frame: bytes) -> str:
    """The message that `text_frame` was made of."""
    start = {126: 4, 127: 10}.get(frame[1], 2)
    return frame[start:].decode()
