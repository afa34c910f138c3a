"""RTSP as the cameras of X1, P2, X2 and H2 printers speak it, with pictures as RTP/JPEG.

RFC 2326 with digest authentication, RTP inside the connection, pictures packed as RFC 2435 says.
Real printers send H.264; a client sees the difference in one line of the description.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
import struct
from collections.abc import AsyncIterator, Callable

from app.simulator.picture import CAMERA_SIZE

USER, REALM, PATH = "bblp", "printer", "/streaming/live/1"
MAX_HEAD = 16_384
PAYLOAD = 1_400  # bytes of a picture in a packet
CLOCK = 90_000  # ticks a second
JPEG_TYPE = 26
_FIELD = re.compile(r'(\w+)="?([^",]*)"?')
_DESCRIPTION = (
    "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=Live\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
    f"m=video 0 RTP/AVP {JPEG_TYPE}\r\na=control:track1\r\n"
)


class RtspSession:
    """One client; `pictures` yields JPEG for as long as it may watch."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        code: str,
        pictures: Callable[[asyncio.Task[None]], AsyncIterator[bytes]],
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._code = code
        self._pictures = pictures
        self._nonce = secrets.token_hex(16)
        self._session = secrets.token_hex(8)

    async def run(self) -> None:
        """Answer requests until the client plays or leaves; then show."""
        while True:
            request = await self._read()
            if request is None:
                return
            method, uri, headers = request
            status, extra, body = self._answer(method, uri, headers)
            await self._reply(status, headers, extra, body)
            if method == "TEARDOWN":
                return
            if method == "PLAY" and status == "200 OK":
                await self._play()
                return

    def _answer(
        self, method: str, uri: str, headers: dict[str, str]
    ) -> tuple[str, dict[str, str], str]:
        if method == "OPTIONS":
            public = "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER"
            return "200 OK", {"Public": public}, ""
        if not self._authorised(method, headers.get("authorization", "")):
            challenge = f'Digest realm="{REALM}", nonce="{self._nonce}"'
            return "401 Unauthorized", {"WWW-Authenticate": challenge}, ""
        if PATH not in uri:
            return "404 Not Found", {}, ""
        if method == "DESCRIBE":
            return "200 OK", {"Content-Type": "application/sdp"}, _DESCRIPTION
        if method == "SETUP":
            if "TCP" not in headers.get("transport", ""):
                return "461 Unsupported Transport", {}, ""
            transport = "RTP/AVP/TCP;unicast;interleaved=0-1"
            return "200 OK", {"Transport": transport, "Session": self._session}, ""
        if method in ("PLAY", "TEARDOWN", "GET_PARAMETER"):
            return "200 OK", {"Session": self._session}, ""
        return "501 Not Implemented", {}, ""

    def _authorised(self, method: str, given: str) -> bool:
        fields = dict(_FIELD.findall(given.removeprefix("Digest ")))
        inner = _md5(f"{USER}:{REALM}:{self._code}")
        outer = _md5(f"{method}:{fields.get('uri', '')}")
        right = _md5(f"{inner}:{self._nonce}:{outer}")
        return fields.get("username") == USER and fields.get("response") == right

    async def _read(self) -> tuple[str, str, dict[str, str]] | None:
        head = await self._reader.readuntil(b"\r\n\r\n")
        if len(head) > MAX_HEAD:
            raise ValueError("A request is too long.")
        first, *rest = head.decode(errors="replace").strip().split("\r\n")
        words = first.split()
        if len(words) != 3:
            return None
        headers = {}
        for line in rest:
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        return words[0], words[1], headers

    async def _reply(
        self, status: str, headers: dict[str, str], extra: dict[str, str], body: str
    ) -> None:
        lines = [f"RTSP/1.0 {status}", f"CSeq: {headers.get('cseq', '0')}"]
        lines += [f"{name}: {value}" for name, value in extra.items()]
        lines += [f"Content-Length: {len(body)}", "", body]
        self._writer.write("\r\n".join(lines).encode())
        await self._writer.drain()

    async def _play(self) -> None:
        """Send pictures; what the client says meanwhile (reports, farewells) is passed over."""
        sequence, source = secrets.randbelow(1 << 15), secrets.randbits(32)
        leaving = asyncio.create_task(until_end(self._reader))
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            async for picture in self._pictures(leaving):
                stamp = round((loop.time() - began) * CLOCK) & 0xFFFFFFFF
                packets = bytearray()
                for payload, last in pack(picture):
                    marker = 0x80 if last else 0
                    header = struct.pack(
                        "!BBHII", 0x80, marker | JPEG_TYPE, sequence & 0xFFFF, stamp, source
                    )
                    sequence += 1
                    packets += struct.pack("!cBH", b"$", 0, len(header) + len(payload))
                    packets += header + payload
                self._writer.write(bytes(packets))
                await self._writer.drain()
        finally:
            leaving.cancel()


async def until_end(reader: asyncio.StreamReader) -> None:
    """Pass over what a client says until it leaves."""
    try:
        while await reader.read(4096):
            pass
    except OSError:
        return


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def pack(picture: bytes) -> list[tuple[bytes, bool]]:
    """The RTP payloads of a baseline JPEG with 4:2:0, and whether each is the last."""
    tables, scan = _parts(picture)
    width, height = CAMERA_SIZE
    payloads = []
    for start in range(0, len(scan), PAYLOAD):
        main = struct.pack("!II", start, 1 << 24 | 255 << 16 | width // 8 << 8 | height // 8)
        quantisation = struct.pack("!BBH", 0, 0, len(tables)) + tables if start == 0 else b""
        part = scan[start : start + PAYLOAD]
        payloads.append((main + quantisation + part, start + PAYLOAD >= len(scan)))
    return payloads


def _parts(picture: bytes) -> tuple[bytes, bytes]:
    """The quantisation tables and the compressed scan of a JPEG."""
    tables, at = b"", 2
    while True:
        marker, size = picture[at + 1], int.from_bytes(picture[at + 2 : at + 4], "big")
        body = picture[at + 4 : at + 2 + size]
        at += 2 + size
        if marker == 0xDB:
            for start in range(0, len(body), 65):
                tables += body[start + 1 : start + 65]
        elif marker == 0xDA:
            return tables, picture[at:-2]
