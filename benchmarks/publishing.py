"""A publisher that costs next to nothing: MQTT packets made beforehand, written to one socket."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from urllib.parse import urlsplit

from benchmarks.reports import Recording

CHUNK_MESSAGES = 200


def packet(serial: str, payload: bytes) -> bytes:
    """A PUBLISH with QoS 0 to a printer's report topic (MQTT 3.1.1, section 3.3)."""
    topic = f"device/{serial}/report".encode()
    body = len(topic).to_bytes(2, "big") + topic + payload
    return b"\x30" + _length(len(body)) + body


def _length(size: int) -> bytes:
    """The variable length of section 2.2.3."""
    found = bytearray()
    while True:
        size, digit = divmod(size, 128)
        found.append(digit | (0x80 if size else 0))
        if not size:
            return bytes(found)


class Publisher:
    """One connection to a broker that only publishes."""

    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)
        self.sent = 0

    async def __aenter__(self) -> Publisher:
        reader, self._writer = await asyncio.open_connection(self._url.hostname, self._url.port)
        variable = b"\x00\x04MQTT\x04\x02\x00\x00"  # clean session, no keepalive
        name = f"benchmark-{id(self):x}".encode()
        body = variable + len(name).to_bytes(2, "big") + name
        self._writer.write(b"\x10" + _length(len(body)) + body)
        if (await reader.readexactly(4))[3] != 0:
            raise ConnectionError("the broker refused the publisher")
        return self

    async def __aexit__(self, *_error: object) -> None:
        self._writer.close()

    async def write(self, packets: bytes, messages: int = 1) -> None:
        """Send packets as fast as the broker takes them."""
        self._writer.write(packets)
        self.sent += messages
        await self._writer.drain()


async def introduce(publisher: Publisher, recordings: Sequence[Recording]) -> None:
    """Let every printer send its complete report, without haste."""
    for item in recordings:
        await publisher.write(packet(item.serial, item.full))
        await asyncio.sleep(0.002)


def in_turn(recordings: Sequence[Recording]) -> list[tuple[bytes, int]]:
    """Everything that followed, printer after printer and second after second, in chunks."""
    packets = [
        packet(item.serial, payload)
        for second in zip(*(item.following for item in recordings), strict=False)
        for item, payload in zip(recordings, second, strict=True)
    ]
    chunks = []
    for begin in range(0, len(packets), CHUNK_MESSAGES):
        part = packets[begin : begin + CHUNK_MESSAGES]
        chunks.append((b"".join(part), len(part)))
    return chunks
